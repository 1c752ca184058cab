#include "policy/source_text.h"

#include <algorithm>

#include "base/text.h"

namespace idled::policy {
namespace {

// How much of a line is shown: a file may be a single line of a megabyte.
constexpr std::size_t kShown = 120;
constexpr std::size_t kShownBefore = 80;

// RFC 6901, 3.
std::string escaped(std::string_view key) {
  std::string text;
  for (const char c : key) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string Path::pointer() const {
  if (up == nullptr) return {};
  return up->pointer() + '/' + (index == kNoIndex ? escaped(key) : std::to_string(index));
}

SourceText::SourceText(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), line_starts_{0} {
  for (std::size_t at = 0; (at = text_.find('\n', at)) != std::string::npos;)
    line_starts_.push_back(++at);
}

std::size_t SourceText::line_of(std::size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return static_cast<std::size_t>(next - line_starts_.begin());
}

Diagnostic SourceText::diagnose(Severity severity, std::size_t offset, std::string pointer,
                                std::string message, std::string suggestion) const {
  const std::size_t line = line_of(offset);
  const std::size_t begin = line_starts_[line - 1];
  const std::size_t column = offset - begin;
  const std::size_t cut = column >= kShown ? column - kShownBefore : 0;
  const std::size_t end = line < line_starts_.size() ? line_starts_[line] - 1 : text_.size();
  std::string shown = text_.substr(begin + cut, std::min(kShown, end - std::min(end, begin + cut)));
  if (shown.ends_with('\r')) shown.pop_back();
  return {.severity = severity,
          .file = name_,
          .line = line,
          .column = column + 1,
          .pointer = std::move(pointer),
          .message = std::move(message),
          .suggestion = std::move(suggestion),
          .source_line = std::move(shown),
          .caret = column - cut};
}

std::string in_quotes(std::string_view text) {
  return '"' + printable(text, 64) + '"';
}

}  // namespace idled::policy
