#include "tools/rfc3339.h"

#include <algorithm>

namespace idled::tools {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes text from the front, piece by piece; once one piece is wrong, all is.
class Scanner {
 public:
  explicit Scanner(std::string_view rest) : rest_(rest) {}

  // A number of exactly `digits` digits, from `least` to `most`.
  int number(std::size_t digits, int least, int most) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = take();
      wrong_ = wrong_ || !is_digit(c);
      value = value * 10 + (is_digit(c) ? c - '0' : 0);
    }
    wrong_ = wrong_ || value < least || value > most;
    return value;
  }

  // One of `characters`.
  char one_of(std::string_view characters) {
    const char c = take();
    wrong_ = wrong_ || characters.find(c) == std::string_view::npos;
    return c;
  }

  void skip_fraction() {
    if (rest_.empty() || rest_.front() != '.') return;
    take();
    number(1, 0, 9);
    while (!rest_.empty() && is_digit(rest_.front())) take();
  }

  [[nodiscard]] bool is_done() const { return !wrong_ && rest_.empty(); }

 private:
  char take() {
    if (rest_.empty()) {
      wrong_ = true;
      return ' ';
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  bool wrong_ = false;
};

}  // namespace

std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Scanner scan(text);
  const year y(scan.number(4, 0, 9999));
  scan.one_of("-");
  const month m(static_cast<unsigned>(scan.number(2, 1, 12)));
  scan.one_of("-");
  const day d(static_cast<unsigned>(scan.number(2, 1, 31)));
  scan.one_of("Tt ");
  const hours hour(scan.number(2, 0, 23));
  scan.one_of(":");
  const minutes minute(scan.number(2, 0, 59));
  scan.one_of(":");
  const seconds second(scan.number(2, 0, 60));  // 60: a leap second
  scan.skip_fraction();

  minutes offset(0);
  if (const char sign = scan.one_of("Zz+-"); sign == '+' || sign == '-') {
    offset = hours(scan.number(2, 0, 23));
    scan.one_of(":");
    offset += minutes(scan.number(2, 0, 59));
    if (sign == '-') offset = -offset;
  }
  if (!scan.is_done() || !(y / m / d).ok()) return std::nullopt;
  return sys_days(y / m / d) + hour + minute + second - offset;
}

}  // namespace idled::tools
