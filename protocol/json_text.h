// JSON text to values and back, with the caps of this protocol. Not for users of
// protocol/: they see messages.h.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idled::protocol {

inline constexpr int kMaxNesting = 32;  // of objects and arrays

// A JSON object; anything else, or deeper nesting, is an error.
Result<nlohmann::json> parse_object(std::string_view text);

// Never throws: bytes that are not UTF-8 become U+FFFD.
std::string to_text(const nlohmann::json& value);

}  // namespace idled::protocol
