#include "base/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace idled {
namespace {

struct Unit {
  char letter;
  const char* name;
  std::int64_t length;  // seconds
};

constexpr std::array<Unit, 4> kUnits{{
    {'d', "day", 86400},
    {'h', "hour", 3600},
    {'m', "minute", 60},
    {'s', "second", 1},
}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Error malformed(std::string_view text) {
  return {"'" + std::string(text) +
          "' is not a duration; write seconds or units, as in 300, 5m or 1h30m"};
}

// Takes the digits at the front of `text`; saturates far above any valid value.
std::int64_t take_number(std::string_view& text) {
  std::int64_t number = 0;
  while (!text.empty() && is_digit(text.front())) {
    number = std::min<std::int64_t>(number * 10 + (text.front() - '0'), 1'000'000'000'000);
    text.remove_prefix(1);
  }
  return number;
}

Result<seconds> checked(std::int64_t total, std::string_view text) {
  if (total > kLongestDuration.count())
    return Error{"'" + std::string(text) + "' is longer than the longest duration, " +
                 format_duration(kLongestDuration)};
  return seconds(total);
}

}  // namespace

Result<seconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  std::int64_t total = 0;
  auto unit = kUnits.begin();
  do {
    if (rest.empty() || !is_digit(rest.front())) return malformed(text);
    const bool first = rest.data() == text.data();
    const std::int64_t number = take_number(rest);
    if (rest.empty()) {
      if (!first) return malformed(text);  // "1h30": minutes or seconds? say it
      return checked(number, text);
    }
    unit =
        std::find_if(unit, kUnits.end(), [&](const Unit& u) { return u.letter == rest.front(); });
    if (unit == kUnits.end()) return malformed(text);
    total += number * unit->length;
    ++unit;
    rest.remove_prefix(1);
  } while (!rest.empty());
  return checked(total, text);
}

std::string format_duration(seconds value) {
  std::int64_t rest = value.count();
  if (rest <= 0) return "0s";
  std::string text;
  for (const Unit& unit : kUnits) {
    if (const std::int64_t number = rest / unit.length; number > 0) {
      text += std::to_string(number);
      text += unit.letter;
      rest %= unit.length;
    }
  }
  return text;
}

std::string format_brief(seconds value) {
  const std::int64_t total = std::max<std::int64_t>(value.count(), 0);
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    if (total < kUnits[i].length) continue;
    char buffer[48];
    std::snprintf(buffer, sizeof buffer, "%lld%c%02lld%c",
                  static_cast<long long>(total / kUnits[i].length), kUnits[i].letter,
                  static_cast<long long>(total % kUnits[i].length / kUnits[i + 1].length),
                  kUnits[i + 1].letter);
    return buffer;
  }
  return std::to_string(total) + "s";
}

std::string format_spoken(seconds value) {
  std::int64_t rest = std::max<std::int64_t>(value.count(), 0);
  std::string text;
  for (const Unit& unit : kUnits) {
    const std::int64_t number = rest / unit.length;
    rest %= unit.length;
    if (number == 0) continue;
    if (!text.empty()) text += ' ';
    text += std::to_string(number) + ' ' + unit.name + (number == 1 ? "" : "s");
  }
  return text.empty() ? "0 seconds" : text;
}

}  // namespace idled
