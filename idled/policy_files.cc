#include "idled/policy_files.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "idled/system/files.h"
#include "idled/system/groups.h"
#include "policy/diagnostic.h"

namespace idled {
namespace {

namespace fs = std::filesystem;
using policy::Source;

constexpr std::size_t kLargestFile = std::size_t{1}
                                     << 20;  // bytes; the parser refuses larger ones with a reason

struct Sources {
  std::vector<Source> sources;
  std::string name;
  std::string error;
};

std::vector<std::string> drop_ins_of(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code ignored;  // no folder: no drop-ins
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Sources read_sources(const PolicyPaths& paths) {
  Sources read;
  std::vector<std::string> files = drop_ins_of(paths.drop_ins);
  const std::size_t drop_ins = files.size();
  files.push_back(paths.file);
  bool has_file = false;
  for (const std::string& file : files) {
    Result<std::string> text = system::read_file(file, kLargestFile + 1);
    if (text) {
      read.sources.push_back({file, *std::move(text)});
      has_file = has_file || file == paths.file;
    } else if (text.error().code != ENOENT || file != paths.file) {
      read.error += text.error().text + "\n";
    }
  }
  read.name = has_file ? paths.file : "";
  if (drop_ins > 0)
    read.name += (has_file ? " and " : "") + std::to_string(drop_ins) +
                 (drop_ins == 1 ? " drop-in" : " drop-ins");
  if (read.name.empty()) read.name = "built-in";
  return read;
}

LoadedPolicy parse_sources(const Sources& read) {
  LoadedPolicy loaded;
  loaded.source = read.name;
  loaded.errors = read.error;
  loaded.sources = read.sources;
  if (!read.error.empty()) return loaded;
  policy::Parsed parsed = policy::parse(read.sources);
  loaded.errors = policy::render(parsed.errors);
  loaded.warnings = policy::render(parsed.warnings);
  if (!parsed.policy) return loaded;
  const policy::Policy bound =
      parsed.policy->bind_groups(system::look_up_groups(parsed.policy->group_names()));
  loaded.warnings += policy::render(bound.unbound_groups());
  loaded.policy = std::make_shared<const policy::Policy>(bound);
  return loaded;
}

// The last good policy is one file, whatever it was made of.
std::string pack(const std::vector<Source>& sources) {
  nlohmann::json packed = nlohmann::json::array();
  for (const Source& source : sources)
    packed.push_back({{"name", source.name}, {"text", source.text}});
  return packed.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::vector<Source> unpack(const std::string& text) {
  std::vector<Source> sources;
  const nlohmann::json packed = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!packed.is_array()) return sources;
  for (const nlohmann::json& source : packed) {
    if (!source.is_object() || !source.contains("name") || !source.contains("text")) continue;
    if (!source["name"].is_string() || !source["text"].is_string()) continue;
    sources.push_back({source["name"].get<std::string>(), source["text"].get<std::string>()});
  }
  return sources;
}

}  // namespace

LoadedPolicy load_policy(const PolicyPaths& paths) {
  return parse_sources(read_sources(paths));
}

LoadedPolicy load_policy_or_fallback(const PolicyPaths& paths) {
  LoadedPolicy loaded = load_policy(paths);
  if (loaded.policy) return loaded;
  if (const Result<std::string> text = system::read_file(paths.last_good, 16 * kLargestFile)) {
    const std::vector<Source> sources = unpack(*text);
    LoadedPolicy last = parse_sources({sources, "last good", ""});
    if (last.policy && !sources.empty()) {
      last.errors = loaded.errors;
      return last;
    }
  }
  loaded.policy = std::make_shared<const policy::Policy>(policy::Policy::built_in());
  loaded.source = "built-in";
  return loaded;
}

Result<void> keep_last_good(const PolicyPaths& paths, const LoadedPolicy& policy) {
  std::error_code ignored;
  fs::create_directories(fs::path(paths.last_good).parent_path(), ignored);
  return system::replace_file(paths.last_good, pack(policy.sources));
}

}  // namespace idled
