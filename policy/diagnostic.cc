#include "policy/diagnostic.h"

#include <algorithm>

#include "base/text.h"

namespace idled::policy {
namespace {

constexpr std::size_t kLongest = 1000;  // bytes of a message

// Byte for byte as long as `line`, so that the caret stays below its place.
std::string shown(std::string line) {
  std::replace(line.begin(), line.end(), '\t', ' ');
  return printable(line, line.size());
}

}  // namespace

std::string render(const Diagnostic& diagnostic) {
  std::string text = printable(diagnostic.file, kLongest) + ':';
  if (diagnostic.line > 0)
    text += std::to_string(diagnostic.line) + ':' + std::to_string(diagnostic.column) + ':';
  text += diagnostic.severity == Severity::kError ? " error: " : " warning: ";
  text += printable(diagnostic.message, kLongest);
  if (!diagnostic.pointer.empty()) text += " [" + printable(diagnostic.pointer) + ']';
  text += '\n';
  if (diagnostic.line == 0) return text;
  text +=
      "    " + shown(diagnostic.source_line) + "\n    " + std::string(diagnostic.caret, ' ') + '^';
  if (!diagnostic.suggestion.empty())
    text += " did you mean \"" + printable(diagnostic.suggestion) + "\"?";
  return text + '\n';
}

std::string render(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += render(diagnostic);
  return text;
}

}  // namespace idled::policy
