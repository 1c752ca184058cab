// Policy text of any kind. What is refused is refused with places within the text; what is
// taken resolves, for anybody at any time, and explain and the shell's TMOUT agree with it.
// A NUL parts a drop-in from the file after it.
#include <algorithm>
#include <array>

#include "fuzz.h"
#include "policy/explain.h"
#include "policy/parse.h"
#include "policy/setting_table.h"

namespace idled::fuzz {
namespace {

using policy::Kind;
using policy::Policy;
using policy::Resolved;
using policy::Subject;
using std::chrono::days;
using std::chrono::sys_seconds;

std::vector<policy::Source> sources_of(std::string_view text) {
  std::vector<policy::Source> sources;
  const std::size_t end = text.find('\0');
  if (end != std::string_view::npos) {
    sources.push_back({"policy.d/10.json", std::string(text.substr(0, end))});
    text.remove_prefix(end + 1);
  }
  sources.push_back({"policy.json", std::string(text)});
  return sources;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.push_back(text);
  return lines;
}

void require_place(const policy::Diagnostic& diagnostic,
                   const std::vector<policy::Source>& sources) {
  const auto source = std::find_if(sources.begin(), sources.end(), [&](const policy::Source& each) {
    return each.name == diagnostic.file;
  });
  require(!diagnostic.message.empty(), "a diagnostic says what is wrong");
  require(source != sources.end(), "a diagnostic names a file", diagnostic.message);
  require(diagnostic.pointer.empty() || diagnostic.pointer.front() == '/',
          "a pointer is one of RFC 6901", diagnostic.pointer);
  if (diagnostic.line == 0) return;
  const std::vector<std::string_view> lines = lines_of(source->text);
  require(diagnostic.line <= lines.size(), "the line is in the text", diagnostic.message);
  require(diagnostic.column >= 1 && diagnostic.column <= lines[diagnostic.line - 1].size() + 1,
          "the column is in the line", diagnostic.message);
  require(diagnostic.caret <= diagnostic.source_line.size(), "the caret is under the line");
}

void require_places(const std::vector<policy::Diagnostic>& diagnostics,
                    const std::vector<policy::Source>& sources) {
  for (const policy::Diagnostic& diagnostic : diagnostics) require_place(diagnostic, sources);
  const std::string text = policy::render(diagnostics);
  const auto is_plain = [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); };
  require(std::all_of(text.begin(), text.end(), is_plain), "rendered diagnostics are ASCII");
}

const std::array<Subject, 5>& subjects() {
  static const std::array<Subject, 5> all{{
      {"alice", 1000, {1000, 27}, "sshd", "192.0.2.7", {"pts/3"}, Kind::kTerminal},
      {"root", 0, {0}, "login", "", {"tty1"}, Kind::kConsole},
      {"bob", 1001, {1001, 5}, "sshd", "2001:db8::1", {}, Kind::kNoTerminal},
      {"carol", 1002, {}, "gdm-password", "", {}, Kind::kGraphical},
      {"d\xff",
       4294967295U,
       {4294967295U},
       "",
       "x.example.com",
       {"pts/1", "pts/2"},
       Kind::kTerminal},
  }};
  return all;
}

// A Thursday, and the hours round a clock change.
std::array<policy::LocalTime, 3> times() {
  constexpr sys_seconds kThursday{days(20'000)};
  static constexpr sys_seconds kChange = kThursday + days(3) + std::chrono::hours(1);
  const policy::OffsetAt zone = [](sys_seconds at) {
    return at < kChange ? seconds(3600) : seconds(7200);
  };
  return {policy::local_time(kThursday + std::chrono::hours(13), zone),
          policy::local_time(kChange - seconds(1), zone),
          policy::local_time(kChange + std::chrono::minutes(90), zone)};
}

bool no_longer(const std::optional<seconds>& a, const std::optional<seconds>& b) {
  return !b || (a && *a <= *b);  // none: never
}

void require_agreement(const Policy& policy, const Subject& subject, const policy::LocalTime& now) {
  const Resolved resolved = policy.resolve(subject, now);
  const policy::Explanation why = policy::explain(policy, subject, now);
  require(why.rules.size() == policy.rule_count(), "every rule is explained");
  for (const policy::SettingExplained& said : why.settings) {
    const auto row =
        std::find_if(policy::setting_table().begin(), policy::setting_table().end(),
                     [&](const policy::SettingRow& each) { return each.name == said.name; });
    require(row != policy::setting_table().end(), "a setting that is explained exists");
    require(row->print(resolved.settings) == said.value, "explain agrees with resolve", said.name);
    if (said.name == "idle")
      require(said.rule == resolved.idle_rule, "explain names the rule of the limit", said.rule);
  }
  (void)policy::render(why);

  require(no_longer(resolved.settings.idle, policy.mildest(subject).idle),
          "no limit is longer than the mildest");
  require(no_longer(policy.shortest_idle(subject, now), resolved.settings.idle),
          "no limit is shorter than the shortest");
  const std::optional<seconds> change = policy.next_change(now);
  require(!change || *change > seconds(0), "the next change is to come");
}

void try_policy(const Policy& unbound) {
  std::map<std::string, gid_t> ids;
  for (const std::string& group : unbound.group_names())
    if (group.size() % 3 != 0) ids[group] = group.size() % 2 == 0 ? 27 : 5;
  for (const Policy& policy : {unbound, unbound.bind_groups(ids)}) {
    (void)policy.unbound_groups({"wheel"});
    for (const Subject& subject : subjects())
      for (const policy::LocalTime& now : times()) require_agreement(policy, subject, now);
  }
}

}  // namespace

void try_one(std::string_view input) {
  const std::vector<policy::Source> sources = sources_of(input);
  const policy::Parsed parsed = policy::parse(sources);
  require(parsed.policy.has_value() == parsed.errors.empty(), "a policy, or errors");
  require(parsed.errors.size() <= policy::kMostErrors, "errors are no flood");
  require_places(parsed.errors, sources);
  require_places(parsed.warnings, sources);
  if (parsed.policy) try_policy(*parsed.policy);
}

}  // namespace idled::fuzz
