#include "policy/json_scan.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "policy/source_text.h"

namespace idled::policy {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != npos;
}

std::size_t or_end(std::size_t found, std::string_view text) {
  return std::min(found, text.size());
}

bool is_number_part(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// The end of the comment that begins at `at`; `at` if none does.
std::size_t comment_end(std::string_view text, std::size_t at) {
  const std::string_view opening = text.substr(at, 2);
  if (opening == "//") return or_end(text.find_first_of("\r\n", at), text);
  if (opening != "/*") return at;
  const std::size_t close = text.find("*/", at + 2);
  return close == npos ? text.size() : close + 2;
}

std::size_t string_end(std::string_view text, std::size_t at) {
  while (++at < text.size() && text[at] != '"')
    if (text[at] == '\\') ++at;
  return or_end(at + 1, text);
}

// "... - unexpected '}'; expected string literal" without what comes before.
std::string_view complaint(std::string_view what) {
  const std::size_t dash = what.find(" - ");
  if (dash != npos) what.remove_prefix(dash + 3);
  return what.substr(0, what.find("; last read: "));
}

// Whether a number ends at `last_end`, and goes on with what cannot be part of it.
bool goes_on(std::string_view text, std::size_t begin, std::size_t last_end) {
  return begin == last_end && begin > 0 && is_number_part(text[begin - 1]) &&
         (is_number_part(text[begin]) ||
          std::isalpha(static_cast<unsigned char>(text[begin])) != 0);
}

// A word, or a number that is none. The parser takes 5m for a 5 and an m: here it is
// one again.
SyntaxTrouble in_word(std::string_view text, std::size_t begin, std::size_t last_end) {
  if (goes_on(text, begin, last_end))
    while (begin > 0 && is_number_part(text[begin - 1])) --begin;
  const std::size_t end = or_end(text.find_first_of(" \t\r\n,:]}[{\"", begin + 1), text);
  const std::string_view word = text.substr(begin, end - begin);
  if (word.front() == '\'') return {begin, "strings stand in double quotes"};
  return {begin, in_quotes(word) + " is no JSON value; strings stand in double quotes"};
}

SyntaxTrouble in_string(std::size_t begin, std::size_t last, std::string_view said) {
  if (contains(said, "missing closing quote") || contains(said, "U+000A") ||
      contains(said, "U+000D"))
    return {begin, "this string lacks its closing quote"};
  return {last, std::string(said)};
}

std::string misplaced(std::string_view wanted) {
  if (wanted == "'}'" || wanted == "']'") return "a comma is missing before this";
  if (wanted == "':'") return "a colon is missing before this";
  if (wanted == "string literal") return "a key in double quotes is expected here";
  if (wanted == "end of input") return "the document ends before this";
  return "a value is expected here";
}

// Whether nothing but a comma (and comments) stands between `last_end` and `begin`.
std::optional<std::size_t> comma_between(std::string_view text, std::size_t last_end,
                                         std::size_t begin) {
  const std::size_t comma = text.find(',', last_end);
  if (comma >= begin || skip_filler(text, comma) != begin) return std::nullopt;
  return comma;
}

}  // namespace

std::size_t skip_filler(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (contains(" \t\r\n,:", text.substr(at, 1))) {
      ++at;
    } else if (const std::size_t end = comment_end(text, at); end != at) {
      at = end;
    } else {
      break;
    }
  }
  return at;
}

std::size_t token_end(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  if (text[at] == '"') return string_end(text, at);
  if (contains("{}[]", text.substr(at, 1))) return at + 1;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };  // true, false, null
  const bool word = is_letter(text[at]);
  std::size_t end = at + (text[at] == '-' ? 1 : 0);
  if (text.substr(end, 1) == "0" && !contains(".eE", text.substr(end + 1, 1))) return end + 1;
  while (end < text.size() && (word ? is_letter(text[end]) : is_number_part(text[end]))) ++end;
  return end;
}

SyntaxTrouble explain_syntax(std::string_view text, std::size_t last_end, std::size_t read,
                             std::string_view what) {
  const std::size_t last = std::min(read - std::min<std::size_t>(read, 1), text.size());
  const std::size_t begin = skip_filler(text, last_end);
  const std::string_view said = complaint(what);
  if (contains(said, "missing closing '*/'"))
    return {or_end(text.rfind("/*"), text), "this comment is not closed"};
  if (begin >= text.size()) {
    if (last_end == 0) return {0, "there is nothing here; an empty policy is {}"};
    return {last_end - 1, "the text ends here, in the middle of an object or a list"};
  }
  if (contains(said, "out_of_range")) return {begin, "this number is out of range"};
  if (contains(said, "invalid string")) return in_string(begin, last, said);
  if (contains(said, "invalid comment")) return {begin, "a comment begins with //"};
  const std::size_t expected = said.find("expected ", said.find(';'));
  if (!contains(said, "unexpected ") || expected == npos || goes_on(text, begin, last_end))
    return in_word(text, begin, last_end);
  const std::string_view wanted = said.substr(expected + 9);
  if (begin > last) return {last, misplaced(wanted)};  // a comma or colon too many
  if (text[begin] == '}' || text[begin] == ']')
    if (const auto comma = comma_between(text, last_end, begin))
      return {*comma, "no comma stands before '" + std::string(1, text[begin]) + "'"};
  return {begin, misplaced(wanted)};
}

}  // namespace idled::policy
