// What applies to logins, kept once for all to whom the same applies: of a thousand people under
// one rule the settings are in memory, and in the processor's cache, once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "policy/policy.h"

namespace idled::core {

bool is_same(const policy::Resolved& a, const policy::Resolved& b);

class SharedRules {
 public:
  using Pointer = std::shared_ptr<const policy::Resolved>;

  // The one that is the same, if there is one in use.
  Pointer share(policy::Resolved resolved);
  // How many there are; some of them perhaps in use no more.
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  static constexpr std::size_t kFew = 64;
  void drop_unused();

  std::unordered_multimap<std::string, Pointer> known_;  // by the names of their rules
  std::size_t most_ = kFew;                              // then it is time to look which are in use
};

}  // namespace idled::core
