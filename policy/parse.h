// Text to a Policy, or to everything that is wrong with it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/policy.h"

namespace idled::policy {

inline constexpr std::size_t kLargestSource = std::size_t{1} << 20;  // bytes, all sources together
inline constexpr std::size_t kDeepestNesting = 16;
inline constexpr std::size_t kMostErrors = 100;

struct Source {
  std::string name;  // for errors: "/etc/idled/policy.json"
  std::string text;  // JSON (RFC 8259, UTF-8) with // comments
};

struct Parsed {
  std::optional<Policy> policy;  // there exactly if `errors` is empty
  // In order of the sources; at most kMostErrors, the last of which then counts the rest.
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
};

// `sources` in order of precedence: policy.d/*.json in name order, then policy.json.
// No source at all, and an empty object, are the built-in policy. Groups are not
// bound yet: see Policy::bind_groups.
Parsed parse(std::span<const Source> sources);

}  // namespace idled::policy
