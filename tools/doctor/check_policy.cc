// The policy: what its files say, whether that is in force, and whether it ends anybody.
#include <algorithm>

#include "tools/doctor/checks.h"
#include "tools/doctor/lines.h"
#include "tools/doctor/ordinary.h"
#include "tools/rfc3339.h"

namespace idled::tools::doctor {
namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::size_t count_of(const std::string& diagnostics, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = diagnostics.find(word, at)) != diagnostics.npos; ++at) ++count;
  return count;
}

std::vector<std::string> policy_files(const Machine& machine) {
  std::vector<std::string> files = machine.match("/etc/idled/policy.d/*.json");
  if (machine.has("/etc/idled/policy.json")) files.emplace_back("/etc/idled/policy.json");
  return files;
}

// Whether every file of it may be read: a user's doctor cannot judge what it cannot read.
bool is_readable(const Machine& machine) {
  const auto files = policy_files(machine);
  return std::all_of(files.begin(), files.end(), [&](const std::string& file) {
    return machine.read(file) || !machine.denied().contains(file);
  });
}

Finding broken(const LoadedPolicy& policy) {
  const std::size_t more = count_of(policy.errors, ": error: ");
  return wrong("policy.broken", "The policy on disk has errors: " + first_line(policy.errors),
               (more > 1 ? "That is the first of " + std::to_string(more) + ". " : std::string()) +
                   "The daemon keeps the last good policy, or the built-in one: five minutes for "
                   "everybody.",
               "idlectl check");
}

}  // namespace

Findings check_policy_files(const Machine& machine) {
  if (!is_readable(machine)) return {};
  const LoadedPolicy policy = machine.policy();
  if (!policy.policy) return {broken(policy)};
  Findings findings;
  if (!policy.warnings.empty())
    findings.push_back(doubtful(
        "policy.warning", "The policy may not say what is meant: " + first_line(policy.warnings),
        "The daemon takes it as it is.", "idlectl check"));
  findings.push_back(good("policy.valid", "The policy has no errors (" + policy.source + ")"));
  return findings;
}

namespace {

// By ctime: a file that is moved into place keeps its mtime. The second in which the policy was
// loaded is given to it.
std::string file_newer_than(const Machine& machine, std::chrono::sys_seconds loaded_at) {
  for (const std::string& file : policy_files(machine))
    if (const auto status = machine.status(file))
      if (status->st_ctim.tv_sec > loaded_at.time_since_epoch().count()) return file;
  return {};
}

// `idled --policy FILE`.
bool is_elsewhere(const protocol::StatusReply& status) {
  return status.policy_source.starts_with('/') &&
         !status.policy_source.starts_with("/etc/idled/policy.json");
}

std::string why_stale(const Machine& machine, const protocol::StatusReply& status) {
  const auto loaded_at = parse_rfc3339(status.policy_loaded_at);
  if (loaded_at)
    if (const std::string file = file_newer_than(machine, *loaded_at); !file.empty())
      return file + " has changed since the policy was loaded (" + status.policy_loaded_at + ").";
  const std::string on_disk = machine.policy().source;
  if (on_disk.empty() || on_disk == status.policy_source || status.policy_source == "last good")
    return {};
  return "In force is " + status.policy_source + "; on disk is " + on_disk + ".";
}

}  // namespace

Findings check_policy_in_force(const Machine& machine) {
  const DaemonAnswer* daemon = machine.daemon();
  if (!daemon) return {};
  const protocol::StatusReply& status = daemon->status;
  if (status.policy_error)
    return {wrong("policy.not-in-force",
                  "The policy on disk is not in force: " + first_line(*status.policy_error),
                  "In force is: " + status.policy_source + ".", "idlectl check && idlectl reload")};
  if (is_elsewhere(status))
    return {note("policy.elsewhere", "The policy in force is " + status.policy_source,
                 "The daemon was started with --policy: the files in /etc/idled do not count.")};
  // One with errors is told of already, and could not be loaded.
  if (!is_readable(machine) || !machine.policy().policy) return {};
  if (const std::string why = why_stale(machine, status); !why.empty())
    return {doubtful("policy.not-loaded", "The policy on disk has not been loaded", why,
                     "idlectl reload")};
  return {good("policy.in-force", "The policy on disk is in force")};
}

Findings check_policy_effect(const Machine& machine) {
  const auto settings = ordinary_settings(machine);
  if (!settings) return {};
  Findings findings;
  if (settings->mode == policy::Mode::kReport)
    findings.push_back(
        doubtful("policy.report", "The policy ends nobody: \"mode\" is \"report\"",
                 "What would be done is said in the journal, for a trial.",
                 write_in(where_given(machine, "mode"), R"("mode": "enforce")", "idlectl reload")));
  if (!settings->idle)
    findings.push_back(
        doubtful("policy.no-limit", "Who matches no rule has no limit: \"idle\" is \"never\"",
                 "Only the rules that give another one end anybody.",
                 write_in(where_given(machine, "idle"), R"("idle": "5m")", "idlectl reload")));
  return findings;
}

}  // namespace idled::tools::doctor
