#include "policy/glob.h"

#include <cstddef>

namespace idled::policy {
namespace {

constexpr std::size_t npos = std::string_view::npos;

// Where the bracket expression that begins at `open` ends; npos if it does not. A
// ']' that comes first stands for itself.
std::size_t closing_bracket(std::string_view pattern, std::size_t open) {
  std::size_t first = open + 1;
  if (first < pattern.size() && pattern[first] == '!') ++first;
  return pattern.find(']', first + 1);
}

// Calls `visit(low, high)` for each range in "[!a-z_]" without its brackets and '!',
// until it says true.
template <typename Visitor>
bool any_range(std::string_view inner, Visitor visit) {
  for (std::size_t i = 0; i < inner.size(); ++i) {
    const bool range = i + 2 < inner.size() && inner[i + 1] == '-';
    const auto low = static_cast<unsigned char>(inner[i]);
    const auto high = static_cast<unsigned char>(range ? inner[i + 2] : inner[i]);
    if (visit(low, high)) return true;
    if (range) i += 2;
  }
  return false;
}

bool bracket_matches(std::string_view inner, char c) {
  const bool negated = inner.front() == '!';
  if (negated) inner.remove_prefix(1);
  const auto byte = static_cast<unsigned char>(c);
  return negated != any_range(inner, [byte](unsigned char low, unsigned char high) {
           return low <= byte && byte <= high;
         });
}

// Where the pattern goes on after its element at `at` has matched `c`; npos if it
// does not match. The element is no '*'.
std::size_t step(std::string_view pattern, std::size_t at, char c) {
  if (pattern[at] == '[') {
    const std::size_t close = closing_bracket(pattern, at);
    return bracket_matches(pattern.substr(at + 1, close - at - 1), c) ? close + 1 : npos;
  }
  return pattern[at] == '?' || pattern[at] == c ? at + 1 : npos;
}

}  // namespace

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?[") != npos;
}

std::size_t plain_tail(std::string_view pattern) {
  // A bracket expression has its ']' after all else that is in it.
  const std::size_t last = pattern.find_last_of("*?]");
  return last == npos ? pattern.size() : pattern.size() - last - 1;
}

bool is_valid_glob(std::string_view pattern) {
  for (std::size_t at = pattern.find('['); at != npos; at = pattern.find('[', at)) {
    const std::size_t close = closing_bracket(pattern, at);
    if (close == npos) return false;
    const auto backwards = [](unsigned char low, unsigned char high) { return low > high; };
    if (any_range(pattern.substr(at + 1, close - at - 1), backwards)) return false;
    at = close + 1;
  }
  return true;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  // Host patterns differ at their ends, "*.example.com".
  const std::size_t tail = plain_tail(pattern);
  if (!text.ends_with(pattern.substr(pattern.size() - tail))) return false;
  pattern.remove_suffix(tail);
  text.remove_suffix(tail);
  std::size_t at = 0;
  std::size_t pos = 0;
  // The last star met, and how much of the text it stands for: on a mismatch only
  // that star need grow, since an earlier one can gain nothing by it.
  std::size_t star = npos;
  std::size_t star_end = 0;
  while (pos < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_end = pos;
      continue;
    }
    const std::size_t next = at < pattern.size() ? step(pattern, at, text[pos]) : npos;
    if (next != npos) {
      at = next;
      ++pos;
    } else if (star != npos) {
      at = star + 1;
      pos = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == npos;
}

}  // namespace idled::policy
