#include "protocol/json_text.h"

#include <algorithm>

#include <algorithm>

namespace idled::protocol {
namespace {

// How deep the brackets outside strings nest. Looked at before parsing, so that
// a bomb of brackets never becomes a tree.
int nesting(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest;
}

}  // namespace

Result<nlohmann::json> parse_object(std::string_view text) {
  if (nesting(text) > kMaxNesting)
    return Error{"nested deeper than " + std::to_string(kMaxNesting)};
  nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return Error{"not a JSON object"};
  return value;
}

std::string to_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace idled::protocol
