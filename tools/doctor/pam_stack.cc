#include "tools/doctor/pam_stack.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "tools/doctor/lines.h"

namespace idled::tools::doctor {
namespace {

constexpr int kDeepest = 16;  // of includes: PAM's own limit, and the end of a circle
// The administrator's, then the vendor's: Linux-PAM's, and openSUSE's.
constexpr std::array kFolders{"/etc/pam.d/", "/usr/lib/pam.d/", "/usr/etc/pam.d/"};

std::string file_of(const Machine& machine, const std::string& name) {
  if (name.starts_with('/')) return machine.has(name) ? name : "";
  for (const char* folder : kFolders)
    if (machine.has(folder + name)) return folder + name;
  return {};
}

// Words, of which one in brackets may hold spaces.
std::vector<std::string> tokens_of(std::string_view line) {
  std::vector<std::string> tokens;
  while (!(line = trimmed(line)).empty()) {
    const bool is_bracketed = line.front() == '[';
    const std::size_t end = is_bracketed ? line.find(']') : line.find_first_of(" \t");
    const std::size_t size =
        std::min(line.size(), is_bracketed && end != line.npos ? end + 1 : end);
    tokens.emplace_back(line.substr(0, size));
    line.remove_prefix(size);
  }
  return tokens;
}

class Reader {
 public:
  explicit Reader(const Machine& machine) : machine_(machine) {}

  void read(const std::string& file, const std::string& scope, int depth) {
    if (depth > kDeepest) return;
    for (const Line& line : joined_lines_of(machine_.read(file).value_or("")))
      add(tokens_of(line.text.substr(0, line.text.find('#'))), {file, scope, line.number}, depth);
  }

  std::vector<PamLine> take() { return std::move(lines_); }

 private:
  struct At {
    const std::string& file;
    const std::string& scope;
    int number;
  };

  void add(const std::vector<std::string>& words, const At& at, int depth) {
    if (words.size() >= 2 && words[0] == "@include") return follow(words[1], at.scope, depth);
    if (words.size() < 3) return;
    const std::string type = lower(words[0]);
    if (type != "session" && type != "-session") return;
    const std::string control = lower(words[1]);
    if (control == "include") return follow(words[2], at.scope, depth);
    if (control == "substack")
      return follow(words[2], at.scope + "/" + std::to_string(lines_.size()), depth);
    lines_.push_back(
        {control, words[2], {words.begin() + 3, words.end()}, at.file, at.number, at.scope});
  }

  void follow(const std::string& name, const std::string& scope, int depth) {
    if (const std::string file = file_of(machine_, name); !file.empty())
      read(file, scope, depth + 1);
  }

  const Machine& machine_;
  std::vector<PamLine> lines_;
};

std::vector<PamLine> lines_in(const Machine& machine, const std::string& file) {
  Reader reader(machine);
  if (!file.empty()) reader.read(file, "", 0);
  return reader.take();
}

// "[success=ok default=1]" as {"success", "ok"}, {"default", "1"}; the value for a success.
std::string action_on_success(std::string_view control) {
  std::string by_default = "ignore";
  control.remove_prefix(1);
  control.remove_suffix(control.ends_with(']') ? 1 : 0);
  for (const std::string& pair : words_of(control)) {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) continue;
    if (pair.starts_with("success=")) return pair.substr(equals + 1);
    if (pair.starts_with("default=")) by_default = pair.substr(equals + 1);
  }
  return by_default;
}

}  // namespace

bool PamLine::is(std::string_view name) const {
  const std::size_t slash = module.rfind('/');
  return std::string_view(module).substr(slash == module.npos ? 0 : slash + 1) == name;
}

bool PamLine::has(std::string_view argument) const {
  return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

std::optional<std::string> PamLine::value_of(std::string_view name) const {
  for (auto it = arguments.rbegin(); it != arguments.rend(); ++it)
    if (it->starts_with(name) && it->size() > name.size() && (*it)[name.size()] == '=')
      return it->substr(name.size() + 1);
  return std::nullopt;
}

std::vector<const PamLine*> PamStack::all(std::string_view module) const {
  std::vector<const PamLine*> found;
  for (const PamLine& line : lines)
    if (line.is(module)) found.push_back(&line);
  return found;
}

bool has_pam_file(const Machine& machine, const std::string& service) {
  return !file_of(machine, service).empty();
}

// A service without a session line gets those of "other", as one without a file does.
std::optional<PamStack> session_stack(const Machine& machine, const std::string& service) {
  const std::string other = file_of(machine, "other");
  std::string file = file_of(machine, service);
  std::vector<PamLine> lines = lines_in(machine, file);
  if (lines.empty()) lines = lines_in(machine, other);
  if (file.empty()) file = other;
  if (file.empty()) return std::nullopt;
  return PamStack{service, std::move(file), std::move(lines)};
}

int skips_on_success(std::string_view control) {
  if (control == "sufficient") return -1;
  if (!control.starts_with('[')) return 0;
  const std::string action = action_on_success(control);
  if (action == "done" || action == "die") return -1;
  int count = 0;
  std::from_chars(action.data(), action.data() + action.size(), count);
  return std::max(count, 0);
}

}  // namespace idled::tools::doctor
