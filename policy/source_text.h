// One source of a policy, and the places in it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"

namespace idled::policy {

// The way to a value, as a chain on the stack of its reader; it becomes text only
// where something is wrong.
struct Path {
  const Path* up = nullptr;
  std::string_view key;
  std::size_t index = kNoIndex;  // in a list; then `key` is empty

  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
  [[nodiscard]] Path member(std::string_view name) const { return {this, name, kNoIndex}; }
  [[nodiscard]] Path item(std::size_t at) const { return {this, {}, at}; }
  // RFC 6901.
  [[nodiscard]] std::string pointer() const;
};

class SourceText {
 public:
  SourceText(std::string name, std::string text);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  // From 1. `offset` is in bytes, at most the text's size.
  [[nodiscard]] std::size_t line_of(std::size_t offset) const;

  // What is wrong at `offset`.
  [[nodiscard]] Diagnostic diagnose(Severity severity, std::size_t offset, std::string pointer,
                                    std::string message, std::string suggestion = {}) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
};

// `text` as messages quote it: "TEXT", plain ASCII, cut if it is long.
std::string in_quotes(std::string_view text);

}  // namespace idled::policy
