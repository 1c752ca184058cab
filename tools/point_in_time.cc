#include "tools/point_in_time.h"

#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>

#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using policy::local_seconds;
using policy::LocalTime;
using policy::sys_seconds;
using std::chrono::days;
using std::chrono::local_days;

// Two digits, or as many as `length`, at the front of `rest`.
std::optional<unsigned> take_number(std::string_view& rest, std::size_t length) {
  unsigned number = 0;
  if (rest.size() < length) return std::nullopt;
  const char* const end = rest.data() + length;
  const auto [stop, error] = std::from_chars(rest.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  rest.remove_prefix(length);
  return number;
}

bool take(std::string_view& rest, char wanted) {
  if (!rest.starts_with(wanted)) return false;
  rest.remove_prefix(1);
  return true;
}

// "2026-01-31"
std::optional<local_days> take_date(std::string_view& rest) {
  const auto year = take_number(rest, 4);
  if (!year || !take(rest, '-')) return std::nullopt;
  const auto month = take_number(rest, 2);
  if (!month || !take(rest, '-')) return std::nullopt;
  const auto day = take_number(rest, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return local_days(date);
}

// "Mon", "monday": the next one, today if it is one.
std::optional<local_days> take_weekday(std::string_view& rest, local_days today) {
  constexpr std::array<std::string_view, 7> kNames = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};
  std::string word;
  while (!rest.empty() && std::isalpha(static_cast<unsigned char>(rest.front())) != 0) {
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(rest.front())));
    rest.remove_prefix(1);
  }
  for (unsigned i = 0; i < kNames.size(); ++i)
    if (word.size() >= 3 && kNames[i].starts_with(word))
      return today + (std::chrono::weekday(i) - std::chrono::weekday(today));
  return std::nullopt;
}

// "18:00", "18:00:30"
std::optional<seconds> take_time(std::string_view& rest) {
  const auto hour = take_number(rest, 2);
  if (!hour || *hour > 23 || !take(rest, ':')) return std::nullopt;
  const auto minute = take_number(rest, 2);
  if (!minute || *minute > 59) return std::nullopt;
  unsigned second = 0;
  if (take(rest, ':')) {
    const auto number = take_number(rest, 2);
    if (!number || *number > 59) return std::nullopt;
    second = *number;
  }
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(second);
}

std::optional<local_seconds> read_local(std::string_view rest, local_days today) {
  local_days day = today;
  const bool has_weekday = !rest.empty() && std::isalpha(static_cast<unsigned char>(rest[0])) != 0;
  const bool has_date = rest.size() > 4 && rest[4] == '-';
  if (has_weekday || has_date) {
    const auto taken = has_date ? take_date(rest) : take_weekday(rest, today);
    if (!taken || (!take(rest, ' ') && !take(rest, 'T'))) return std::nullopt;
    day = *taken;
  }
  const std::optional<seconds> time = take_time(rest);
  if (!time || !rest.empty()) return std::nullopt;
  return day + *time;
}

}  // namespace

Result<sys_seconds> parse_point_in_time(std::string_view text, const LocalTime& now,
                                        const policy::OffsetAt& offset_at) {
  if (const auto instant = parse_rfc3339(text)) return *instant;
  const auto today = std::chrono::floor<days>(now.shown());
  const std::optional<local_seconds> local = read_local(text, today);
  if (!local)
    return Error{"'" + std::string(text) +
                 "' is not a time; write it as in 18:00, 'Mon 18:00' or '2026-01-31 18:00'"};
  // The offset of now is near enough to find the clock change next to it.
  const sys_seconds near(local->time_since_epoch() - now.offset);
  return policy::local_time(near, offset_at).reading(*local);
}

}  // namespace idled::tools
