#include "tools/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/text.h"
#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using protocol::Event;
using Counts = std::map<std::string, std::int64_t>;

void count(LogoutCounts& counts, const Event& event) {
  ++counts.total;
  ++counts.by_cause[event.cause.value_or("unknown")];
  if (event.cause != "kick") ++counts.by_rule[event.rule.value_or("unknown")];
  ++counts.by_user[event.user.value_or("unknown")];
}

std::int64_t count_of(const Report& report, const std::string& kind) {
  const auto it = report.events.find(kind);
  return it == report.events.end() ? 0 : it->second;
}

// "2026-01-31 09:30:00"
std::string shown(const std::string& time) {
  std::string text = printable(time).substr(0, 19);
  if (text.size() > 10) text[10] = ' ';
  return text;
}
std::string shown(sys_seconds time) {
  return shown(format_rfc3339(time));
}

// "alice 6, bob 3": the most first.
std::string shown(const Counts& counts) {
  std::vector<std::pair<std::string, std::int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [name, number] : sorted)
    text += (text.empty() ? "" : ", ") + printable(name) + " " + std::to_string(number);
  return text.empty() ? "-" : text;
}

std::string shown(const std::string& title, const LogoutCounts& counts) {
  std::string text = title + std::to_string(counts.total) + "\n";
  if (counts.total == 0) return text;
  return text + "  by cause: " + shown(counts.by_cause) + "\n  by rule:  " + shown(counts.by_rule) +
         "\n  by user:  " + shown(counts.by_user) + "\n";
}

std::string shown(const Gap& gap) {
  return "  " + shown(gap.from) + " until " + shown(gap.until) + " (" +
         format_duration(gap.until - gap.from) + ")" +
         (gap.is_recorded ? "" : ": nothing shows that it ran, or that it stopped") + "\n";
}

std::string policy_line(const Event& event) {
  const std::string first = event.message.substr(0, event.message.find('\n'));
  return "  " + shown(event.at) + " " + printable(first, 1024) + "\n";
}

nlohmann::json to_json(const LogoutCounts& counts) {
  return {{"total", counts.total},
          {"by_cause", counts.by_cause},
          {"by_rule", counts.by_rule},
          {"by_user", counts.by_user}};
}

}  // namespace

ReportBuilder::ReportBuilder(sys_seconds since, sys_seconds until) : last_(since) {
  report_.since = since;
  report_.until = until;
}

void ReportBuilder::started(sys_seconds at) {
  // Without a record before it, it may or may not have run since the beginning.
  if (at > last_) report_.gaps.push_back({last_, at, stopped_});
}

void ReportBuilder::add(const Event& event) {
  const auto at = parse_rfc3339(event.at);
  if (!at) return;
  ++report_.records;
  ++report_.events[event.kind];
  if (event.kind == "logout") count(report_.logouts, event);
  if (event.kind == "would-log-out") count(report_.reported, event);
  if (event.kind == "policy-loaded" || event.kind == "policy-refused")
    report_.policies.push_back(event);
  if (event.kind == "started") started(*at);
  runs_ = event.kind != "stopped";
  stopped_ = !runs_;
  last_ = *at;
}

Report ReportBuilder::finish() const {
  Report report = report_;
  // As long as it runs it need not say anything: who is not idle makes no record.
  if (!runs_ && report.until > last_) report.gaps.push_back({last_, report.until, stopped_});
  return report;
}

std::string report_text(const Report& report) {
  std::string text = "From " + shown(report.since) + " until " + shown(report.until) + ", by " +
                     std::to_string(report.records) + " records of idled\n\n";
  text += shown("Logouts: ", report.logouts);
  if (report.reported.total > 0) text += shown("Only reported (mode report): ", report.reported);
  const auto line = [&](const char* title, std::int64_t number) {
    text += title + std::to_string(number) + "\n";
  };
  line("Logins: ", count_of(report, "opened") + count_of(report, "adopted"));
  line("Warnings: ", count_of(report, "warned"));
  line("Called off by input: ", count_of(report, "cancelled"));
  line("Not ended, whatever was done: ", count_of(report, "stuck"));
  line("Logins that could not be watched: ", count_of(report, "refused"));
  text += "\nPolicy changes:\n";
  for (const Event& event : report.policies) text += policy_line(event);
  if (report.policies.empty()) text += "  none\n";
  text += "\nTimes in which nothing was enforced:\n";
  for (const Gap& gap : report.gaps) text += shown(gap);
  if (report.gaps.empty()) text += "  none\n";
  return text;
}

std::string report_json(const Report& report) {
  nlohmann::json policies = nlohmann::json::array();
  for (const Event& event : report.policies)
    policies.push_back({{"at", event.at}, {"kind", event.kind}, {"message", event.message}});
  nlohmann::json gaps = nlohmann::json::array();
  for (const Gap& gap : report.gaps)
    gaps.push_back({{"from", format_rfc3339(gap.from)},
                    {"until", format_rfc3339(gap.until)},
                    {"is_recorded", gap.is_recorded}});
  const nlohmann::json object{{"since", format_rfc3339(report.since)},
                              {"until", format_rfc3339(report.until)},
                              {"records", report.records},
                              {"logouts", to_json(report.logouts)},
                              {"reported", to_json(report.reported)},
                              {"events", report.events},
                              {"policies", policies},
                              {"gaps", gaps}};
  return object.dump(2, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}

}  // namespace idled::tools
