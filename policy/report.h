// Collects the errors while a policy is read.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/json_tree.h"
#include "policy/source_text.h"

namespace idled::policy {

class Report {
 public:
  explicit Report(std::size_t most_errors) : most_errors_(most_errors) {}

  void add(Diagnostic error);
  // Whether a further error will only be counted: count_error() then saves the work.
  [[nodiscard]] bool is_full() const { return errors_.size() + 1 >= most_errors_; }
  void count_error() { ++left_out_; }
  // The last error says how many more there were, if there were more.
  [[nodiscard]] std::vector<Diagnostic> take_errors();

 private:
  std::size_t most_errors_;
  std::size_t left_out_ = 0;
  std::vector<Diagnostic> errors_;
};

// A value, the key it belongs to, and where to complain about it. Lives on the stack
// of a reader; refers to what outlives it.
struct Field {
  const SourceText& source;
  Report& report;
  std::string_view name;  // of the key, for messages
  const Node& node;
  Path path;

  void error(std::string message, std::string suggestion = {}) const {
    error_at(node.begin, path, std::move(message), std::move(suggestion));
  }
  void error_at(std::size_t offset, const Path& where, std::string message,
                std::string suggestion = {}) const;
  // `"idle" takes WANTED, not a list`
  void wrong_type(std::string_view wanted) const;

  [[nodiscard]] Field member(const Member& child) const {
    return {source, report, child.key, child.value, path.member(child.key)};
  }
  [[nodiscard]] Field item(std::size_t index) const {
    return {source, report, name, node.items[index], path.item(index)};
  }
};

// The candidate that `name` was probably meant to be: near, or with two neighbours
// changed places; empty if there is none.
std::string suggest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace idled::policy
