#include <array>
#include <cctype>
#include <string>

#include "policy/time_window.h"

namespace idled::policy {
namespace {

constexpr unsigned kEveryDay = 0x7f;
constexpr minutes kDay = std::chrono::hours(24);
constexpr minutes kWeek = 7 * kDay;
constexpr std::array<std::string_view, 7> kDayNames = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Recursive descent over the grammar in the header, without the recursion. The
// first error stays; all that comes after it is of no interest.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), rest_(text) {}

  Result<TimeWindow> parse() {
    TimeWindow window{kEveryDay, minutes(0), kDay};
    skip_space();
    const bool has_days = at_letter();
    if (has_days) window.weekdays = take_days();
    if (!failed() && (at_digit() || !has_days)) take_hours(window);
    if (!failed() && !rest_.empty()) fail_at_rest();
    if (failed()) return Error{std::move(error_)};
    return window;
  }

 private:
  [[nodiscard]] bool failed() const { return !error_.empty(); }
  [[nodiscard]] bool at_letter() const { return !rest_.empty() && is_letter(rest_.front()); }
  [[nodiscard]] bool at_digit() const { return !rest_.empty() && is_digit(rest_.front()); }

  void fail(std::string message) {
    if (!failed()) error_ = std::move(message);
  }
  void fail_at_rest() {
    fail("'" + std::string(text_) + "' is not a time; write it as in 'Mon-Fri 08:00-18:00'");
  }

  void skip_space() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }

  // Takes the characters at the front that `wanted` wants, and the space after them.
  template <typename Predicate>
  std::string_view take_while(Predicate wanted) {
    std::size_t length = 0;
    while (length < rest_.size() && wanted(rest_[length])) ++length;
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    skip_space();
    return taken;
  }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }

  unsigned take_day() {
    const std::string_view word = take_while(is_letter);
    std::string lower(word);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (unsigned day = 0; day < kDayNames.size(); ++day)
      if (lower.size() >= 3 && kDayNames[day].substr(0, lower.size()) == lower) return day;
    if (word.empty()) {
      fail_at_rest();
    } else {
      fail("'" + std::string(word) + "' is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun");
    }
    return 0;
  }

  unsigned take_days() {
    unsigned mask = 0;
    do {
      unsigned day = take_day();
      mask |= 1U << day;
      if (!take('-')) continue;
      for (const unsigned last = take_day(); day != last;) {
        day = (day + 1) % 7;
        mask |= 1U << day;
      }
    } while (!failed() && take(','));
    return mask;
  }

  minutes take_time() {
    const std::string_view word = take_while([](char c) { return is_digit(c) || c == ':'; });
    const std::size_t colon = word.find(':');
    const bool shaped = (colon == 1 || colon == 2) && word.size() == colon + 3 &&
                        is_digit(word[colon + 1]) && is_digit(word[colon + 2]);
    if (!shaped) {
      fail(word.empty() ? "'" + std::string(text_) + "' lacks a time; write it as in '08:00-18:00'"
                        : "'" + std::string(word) + "' is not a time of day; write it as in 08:00");
      return {};
    }
    int hour = 0;
    for (const char digit : word.substr(0, colon)) hour = hour * 10 + (digit - '0');
    const int minute = (word[colon + 1] - '0') * 10 + (word[colon + 2] - '0');
    if (hour > 24 || minute > 59 || (hour == 24 && minute > 0))
      fail("'" + std::string(word) + "' is not a time of day; it goes from 00:00 to 24:00");
    return minutes(hour * 60 + minute);
  }

  void take_hours(TimeWindow& window) {
    window.start = take_time();
    if (!failed() && !take('-'))
      return fail("'" + std::string(text_) + "' lacks its end; write it as in '08:00-18:00'");
    if (window.start == kDay) fail("a time begins at 00:00, not at 24:00");
    if (at_letter()) return take_end_of_stretch(window);
    window.length = take_time() - window.start;
    if (window.length == minutes(0))
      fail("'" + std::string(text_) + "' ends where it begins; write 00:00-24:00 for a whole day");
    if (window.length < minutes(0)) window.length += kDay;
  }

  // "Fri 18:00-Mon 08:00", from Mon on.
  void take_end_of_stretch(TimeWindow& window) {
    const unsigned first = window.weekdays;
    if ((first & (first - 1)) != 0)
      return fail("'" + std::string(text_) + "' begins on several days, so it cannot end on one");
    const unsigned day = take_day();
    const minutes end = take_time();
    unsigned begin = 0;
    while (first >> begin != 1) ++begin;
    window.length = ((day + 7 - begin) % 7) * kDay + end - window.start;
    if (window.length == minutes(0) || window.length == kWeek)
      return fail("'" + std::string(text_) + "' ends where it begins");
    if (window.length < minutes(0)) window.length += kWeek;
  }

  std::string_view text_;
  std::string_view rest_;
  std::string error_;
};

}  // namespace

Result<TimeWindow> parse_time_window(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace idled::policy
