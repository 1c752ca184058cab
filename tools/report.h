// What the records of a time add up to: evidence that the policy was enforced, and of when
// nothing enforced it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "protocol/messages.h"

namespace idled::tools {

using std::chrono::sys_seconds;

// Logouts, or what mode report would have logged out.
struct LogoutCounts {
  std::int64_t total = 0;
  std::map<std::string, std::int64_t> by_cause;
  std::map<std::string, std::int64_t> by_rule;  // without kicks, which no rule is behind
  std::map<std::string, std::int64_t> by_user;
};

// A time in which no daemon ran, or nothing shows that one did.
struct Gap {
  sys_seconds from;
  sys_seconds until;
  bool is_recorded;  // the daemon has said that it stops; else it may have run for a part of it
};

struct Report {
  sys_seconds since;
  sys_seconds until;
  std::int64_t records = 0;
  LogoutCounts logouts;
  LogoutCounts reported;
  std::map<std::string, std::int64_t> events;  // by kind
  std::vector<protocol::Event> policies;       // policy-loaded and policy-refused
  std::vector<Gap> gaps;
};

// Takes the records of the time, the oldest first.
class ReportBuilder {
 public:
  ReportBuilder(sys_seconds since, sys_seconds until);
  void add(const protocol::Event& event);
  [[nodiscard]] Report finish() const;

 private:
  void started(sys_seconds at);

  Report report_;
  bool runs_ = false;     // as far as the records say
  bool stopped_ = false;  // and that it stopped, they say
  sys_seconds last_;      // record; that of the stop, where it has stopped
};

// As a person reads it, in local time, and as one JSON object. Printable ASCII.
std::string report_text(const Report& report);
std::string report_json(const Report& report);

}  // namespace idled::tools
