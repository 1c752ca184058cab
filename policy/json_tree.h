// JSON as a tree that knows where each of its parts stands.
//
// nlohmann's own document forgets positions and keeps the last of duplicate keys,
// so the tree is built from its SAX events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace idled::policy {

struct Member;

struct Node {
  enum class Type { kNull, kBoolean, kInteger, kReal, kString, kList, kObject };

  Type type = Type::kNull;
  std::size_t begin = 0;        // bytes from the start of the text
  std::int64_t integer = 0;     // kInteger; one beyond its range is saturated
  std::string text;             // kString
  std::vector<Node> items;      // kList
  std::vector<Member> members;  // kObject: in their order, each key once
};

struct Member {
  std::string key;
  std::size_t begin;  // of the key
  Node value;
};

// "a number", "a list", ...: for "..., not a list".
std::string_view describe(Node::Type type);

struct JsonError {
  std::size_t offset;
  std::string pointer;  // RFC 6901, of the innermost value it lies in
  std::string message;
};

struct JsonTree {
  std::optional<Node> root;  // none after a syntax error
  // Duplicate keys, of which the first is kept, and then at most one error of syntax.
  std::vector<JsonError> errors;
};

// RFC 8259, and comments. Nesting beyond `deepest` is an error of syntax.
JsonTree read_json(std::string_view text, std::size_t deepest);

}  // namespace idled::policy
