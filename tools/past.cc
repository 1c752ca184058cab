#include "tools/past.h"

#include "base/duration.h"
#include "policy_io/zone.h"
#include "tools/point_in_time.h"
#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using std::chrono::sys_seconds;

// "2026-01-31"
std::string date_of(std::chrono::local_days day) {
  const std::chrono::year_month_day date(day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

bool is_date(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-';
}

}  // namespace

Result<WallTime> parse_past(std::string_view text, WallTime now) {
  if (const Result<seconds> ago = parse_duration(text)) return now - *ago;
  const auto local = local_time_at(std::chrono::floor<seconds>(now));
  const auto today = std::chrono::floor<std::chrono::days>(local.shown());
  std::string time(text);
  if (text == "today" || text == "yesterday")
    time = date_of(text == "today" ? today : today - std::chrono::days(1));
  if (is_date(time)) time += " 00:00";
  const auto instant = parse_point_in_time(time, local, offset_at);
  if (!instant)
    return Error{"'" + std::string(text) +
                 "' is no time gone by; write it as in 10m, today, yesterday, 2026-01-31, "
                 "'2026-01-31 18:00' or 18:00"};
  return WallTime(*instant);
}

}  // namespace idled::tools
