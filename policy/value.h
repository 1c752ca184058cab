// The values of settings: from JSON, and to text. A reader returns none where the
// value is refused, with the error in the field's report.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/report.h"
#include "policy/settings.h"
#include "policy/words.h"

namespace idled::policy {

// A duration of at least a second, or "never" (an inner none).
std::optional<std::optional<seconds>> read_limit(const Field& field);
// A duration or a list of them, each at least a second; longest first, distinct.
std::optional<std::vector<seconds>> read_leads(const Field& field);
std::optional<seconds> read_duration(const Field& field);
// A name or a list of them, without folders.
std::optional<Programs> read_programs(const Field& field);
// One line of at most 256 bytes; may be empty.
std::optional<std::string> read_line(const Field& field);
// The index of the word among `words`.
std::optional<std::size_t> read_one_of(const Field& field, std::span<const std::string_view> words);

template <typename Enum>
std::optional<Enum> read_word(const Field& field) {
  const std::optional<std::size_t> index = read_one_of(field, Words<Enum>::kAll);
  if (!index) return std::nullopt;
  return static_cast<Enum>(*index);
}

std::string print_value(const std::optional<seconds>& limit);
std::string print_value(const std::vector<seconds>& leads);
std::string print_value(seconds duration);
std::string print_value(const Programs& programs);
std::string print_value(const std::string& line);

template <typename Enum>
requires std::is_enum_v<Enum> std::string print_value(Enum value) {
  return std::string(word(value));
}

// "a", "b" or "c"
std::string alternatives(std::span<const std::string_view> words);

// Whether a byte is a control character, DEL among them.
bool has_control(std::string_view text);

}  // namespace idled::policy
