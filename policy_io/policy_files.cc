#include "policy_io/policy_files.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "policy/diagnostic.h"

namespace idled {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using policy::Source;

// Bytes; the parser refuses larger ones with a reason.
constexpr std::size_t kLargestFile = std::size_t{1} << 20;

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

std::string name_of(const std::string& file, std::size_t drop_ins) {
  std::string name = file;
  if (drop_ins > 0)
    name += (file.empty() ? "" : " and ") + std::to_string(drop_ins) +
            (drop_ins == 1 ? " drop-in" : " drop-ins");
  return name.empty() ? "built-in" : name;
}

// A link may be followed: it is in a folder that is root's.
Result<std::string> read_trusted(const std::string& file) {
  const std::string folder = fs::path(file).parent_path();
  struct stat status {};
  if (::stat(folder.empty() ? "." : folder.c_str(), &status) == 0)
    if (const std::string who = who_else_writes(status); !who.empty())
      return Error{"its folder " + folder + " " + who, EPERM};
  return read_trusted_file(file, kLargestFile + 1, /*may_be_link=*/true);
}

Sources read_sources(const PolicyPaths& paths) {
  Sources read;
  std::vector<std::string> files = drop_ins_of(paths.drop_ins);
  const std::size_t drop_ins = files.size();
  files.push_back(paths.file);
  bool has_file = false;
  for (const std::string& file : files) {
    const bool may_be_missing = file == paths.file && !paths.file_must_exist;
    Result<std::string> text =
        paths.must_be_trusted ? read_trusted(file) : read_file(file, kLargestFile + 1);
    if (text) {
      read.sources.push_back({file, *std::move(text)});
      has_file = has_file || file == paths.file;
    } else if (text.error().code != ENOENT || !may_be_missing) {
      read.error += file + ": error: " + text.error().text + "\n";
    }
  }
  read.name = name_of(has_file || paths.file_must_exist ? paths.file : "", drop_ins);
  return read;
}

LoadedPolicy parse_sources(Sources read) {
  LoadedPolicy loaded;
  loaded.source = std::move(read.name);
  loaded.errors = std::move(read.error);
  loaded.sources = std::move(read.sources);
  if (!loaded.errors.empty()) return loaded;
  policy::Parsed parsed = policy::parse(loaded.sources);
  loaded.errors = policy::render(parsed.errors);
  loaded.warnings = policy::render(parsed.warnings);
  if (parsed.policy)
    loaded.policy = std::make_shared<const policy::Policy>(*std::move(parsed.policy));
  return loaded;
}

// The last good policy is one file, whatever it was made of.
std::string pack(const LoadedPolicy& policy, const GroupIds& groups) {
  json sources = json::array();
  for (const Source& source : policy.sources)
    sources.push_back({{"name", source.name}, {"text", source.text}});
  const json packed = {{"sources", sources}, {"groups", groups}};
  return packed.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::vector<Source> unpack_sources(const json& packed) {
  std::vector<Source> sources;
  if (!packed.is_array()) return sources;
  for (const json& source : packed) {
    if (!source.is_object() || !source.contains("name") || !source.contains("text")) continue;
    if (!source["name"].is_string() || !source["text"].is_string()) continue;
    sources.push_back({source["name"].get<std::string>(), source["text"].get<std::string>()});
  }
  return sources;
}

GroupIds unpack_groups(const json& packed) {
  GroupIds groups;
  if (!packed.is_object()) return groups;
  for (const auto& [name, id] : packed.items())
    if (id.is_number_unsigned() && id.get<std::uint64_t>() < UINT32_MAX)
      groups[name] = id.get<gid_t>();
  return groups;
}

}  // namespace

PolicyPaths only_file(const std::string& file, bool must_be_trusted) {
  PolicyPaths paths;
  paths.file = file;
  paths.drop_ins.clear();
  paths.file_must_exist = true;
  paths.must_be_trusted = must_be_trusted;
  return paths;
}

LoadedPolicy read_policy(const PolicyPaths& paths) {
  return parse_sources(read_sources(paths));
}

LoadedPolicy bind_groups(LoadedPolicy policy, const GroupIds& ids,
                         const std::set<std::string>& unanswered) {
  if (!policy.policy) return policy;
  const policy::Policy bound = policy.policy->bind_groups(ids);
  policy.warnings += policy::render(bound.unbound_groups(unanswered));
  policy.policy = std::make_shared<const policy::Policy>(bound);
  return policy;
}

LoadedPolicy load_policy(const PolicyPaths& paths) {
  LoadedPolicy read = read_policy(paths);
  if (!read.policy) return read;
  const GroupAnswers answers = look_up_groups(read.policy->group_names());
  return bind_groups(std::move(read), answers.ids, answers.unanswered);
}

LastGood read_last_good(const PolicyPaths& paths) {
  LastGood last;
  const Result<std::string> text = read_trusted_file(paths.last_good, 16 * kLargestFile);
  if (!text) return last;
  const json packed = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  // A list is what version 0.1 wrote: sources alone.
  const bool is_object = packed.is_object();
  std::vector<Source> sources =
      unpack_sources(is_object ? packed.value("sources", json()) : packed);
  if (is_object) last.groups = unpack_groups(packed.value("groups", json()));
  if (sources.empty()) return last;
  LoadedPolicy policy = parse_sources({std::move(sources), "last good", ""});
  if (policy.policy) last.policy = std::move(policy);
  return last;
}

LoadedPolicy with_fallback(LoadedPolicy files, const LastGood& last) {
  if (files.policy) return files;
  LoadedPolicy instead;
  if (last.policy) {
    instead = *last.policy;
  } else {
    instead.policy = std::make_shared<const policy::Policy>(policy::Policy::built_in());
    instead.source = "built-in";
  }
  instead.errors = std::move(files.errors);
  return instead;
}

Result<void> keep_last_good(const PolicyPaths& paths, const LoadedPolicy& policy,
                            const GroupIds& groups) {
  std::error_code ignored;
  fs::create_directories(fs::path(paths.last_good).parent_path(), ignored);
  return replace_file(paths.last_good, pack(policy, groups));
}

}  // namespace idled
