#include "tools/doctor/sshd_settings.h"

#include <algorithm>
#include <cctype>

#include "tools/doctor/lines.h"

namespace idled::tools::doctor {
namespace {

constexpr int kDeepest = 16;  // of Include, as sshd has it

// "Keyword value", "Keyword=value", "Keyword \"value\"".
SshdLine parse_line(std::string_view text) {
  const std::size_t end = std::min(text.find_first_of(" \t="), text.size());
  SshdLine line;
  line.keyword = lower(text.substr(0, end));
  std::string_view value = trimmed(text.substr(end));
  if (value.starts_with('=')) value = trimmed(value.substr(1));
  if (value.size() >= 2 && value.front() == '"' && value.find('"', 1) == value.size() - 1)
    value = value.substr(1, value.size() - 2);
  else
    value = trimmed(value.substr(0, value.find(" #")));
  line.value = value;
  return line;
}

class Reader {
 public:
  explicit Reader(const Machine& machine) : machine_(machine) {}

  // A Match in an included file ends with that file.
  void read(const std::string& file, std::string match, int depth) {
    if (depth > kDeepest) return;
    for (const Line& text : lines_of(machine_.read(file).value_or(""))) {
      SshdLine line = parse_line(text.text);
      line.place = place(file, text.number);
      if (line.keyword == "match") {
        match = lower(line.value) == "all" ? "" : line.value;
      } else if (line.keyword == "include") {
        include(line.value, match, depth);
      } else {
        line.match = match;
        lines_.push_back(std::move(line));
      }
    }
  }

  std::vector<SshdLine> take() { return std::move(lines_); }

 private:
  void include(const std::string& patterns, const std::string& match, int depth) {
    for (const std::string& pattern : words_of(patterns)) {
      const std::string path = pattern.starts_with('/') ? pattern : "/etc/ssh/" + pattern;
      for (const std::string& file : machine_.match(path)) read(file, match, depth + 1);
    }
  }

  const Machine& machine_;
  std::vector<SshdLine> lines_;
};

// RHEL's sshd_config is for root's eyes only. Half of what it says is no ground to judge on.
bool is_hidden(const Machine& machine) {
  const auto& denied = machine.denied();
  return std::any_of(denied.begin(), denied.end(), [](const std::string& path) {
    return path.starts_with("/etc/ssh/") || path.starts_with("/usr/etc/ssh/");
  });
}

}  // namespace

std::string SshdSettings::value(const std::string& keyword, const std::string& otherwise) const {
  const std::vector<std::string> all = values(keyword);
  return all.empty() ? otherwise : all.front();
}

std::vector<std::string> SshdSettings::values(const std::string& keyword) const {
  std::vector<std::string> found;
  for (const SshdLine& line : effective_.empty() ? lines_ : effective_)
    if (line.keyword == keyword && line.match.empty()) found.push_back(line.value);
  return found;
}

std::string SshdSettings::place_of(const std::string& keyword) const {
  for (const SshdLine& line : lines_)
    if (line.keyword == keyword && line.match.empty()) return line.place;
  return file_;
}

std::vector<SshdLine> SshdSettings::in_match_blocks() const {
  std::vector<SshdLine> found;
  std::copy_if(lines_.begin(), lines_.end(), std::back_inserter(found),
               [](const SshdLine& line) { return !line.match.empty(); });
  return found;
}

std::optional<SshdSettings> read_sshd_settings(const Machine& machine) {
  SshdSettings settings;
  for (const char* file : {"/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config"})
    if (settings.file_.empty() && machine.has(file)) settings.file_ = file;
  if (settings.file_.empty() && !machine.has("/usr/sbin/sshd")) return std::nullopt;
  if (settings.file_.empty()) settings.file_ = "/etc/ssh/sshd_config";
  Reader reader(machine);
  reader.read(settings.file_, "", 0);
  settings.lines_ = reader.take();
  if (machine.living())
    for (const Line& line : lines_of(machine.living()->sshd_settings))
      settings.effective_.push_back(parse_line(line.text));
  if (settings.effective_.empty() && is_hidden(machine)) return std::nullopt;
  return settings;
}

long parse_sshd_time(const std::string& text) {
  long total = 0;
  long number = -1;
  for (const char letter : text) {
    if (std::isdigit(static_cast<unsigned char>(letter))) {
      number = std::max(number, 0L) * 10 + (letter - '0');
      if (number > 1'000'000'000) return -1;
      continue;
    }
    constexpr std::string_view kUnits = "smhdw";
    constexpr long kSeconds[] = {1, 60, 3600, 86400, 604800};
    const std::size_t unit =
        kUnits.find(static_cast<char>(std::tolower(static_cast<unsigned char>(letter))));
    if (number < 0 || unit == kUnits.npos) return -1;
    total += number * kSeconds[unit];
    number = -1;
  }
  return text.empty() ? -1 : total + std::max(number, 0L);
}

}  // namespace idled::tools::doctor
