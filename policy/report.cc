#include "policy/report.h"

#include <algorithm>

#include "base/text.h"

namespace idled::policy {
namespace {

// "idel" for "idle": two edits to nearest(), but one slip of the fingers.
bool is_swap(std::string_view name, std::string_view candidate) {
  if (name.size() != candidate.size()) return false;
  const auto [at, other] = std::mismatch(name.begin(), name.end(), candidate.begin());
  if (name.end() - at < 2) return false;
  return at[0] == other[1] && at[1] == other[0] && std::equal(at + 2, name.end(), other + 2);
}

}  // namespace

void Report::add(Diagnostic error) {
  if (is_full()) return count_error();
  errors_.push_back(std::move(error));
}

std::vector<Diagnostic> Report::take_errors() {
  if (left_out_ > 0) {
    Diagnostic last;
    last.file = errors_.back().file;
    last.message = std::to_string(left_out_) + (left_out_ == 1 ? " more error" : " more errors");
    errors_.push_back(std::move(last));
  }
  return std::move(errors_);
}

void Field::error_at(std::size_t offset, const Path& where, std::string message,
                     std::string suggestion) const {
  if (report.is_full()) return report.count_error();
  report.add(source.diagnose(Severity::kError, offset, where.pointer(), std::move(message),
                             std::move(suggestion)));
}

void Field::wrong_type(std::string_view wanted) const {
  error(in_quotes(name) + " takes " + std::string(wanted) + ", not " +
        std::string(describe(node.type)));
}

std::string suggest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongest = 64;  // what is longer is no slip of the finger
  if (name.size() > kLongest) return {};
  for (const std::string_view candidate : candidates)
    if (is_swap(name, candidate)) return std::string(candidate);
  return std::string(nearest(name, candidates));
}

}  // namespace idled::policy
