#include "idled/core/shared_rules.h"

#include <algorithm>
#include <utility>

namespace idled::core {

bool is_same(const policy::Resolved& a, const policy::Resolved& b) {
  return a.idle_rule == b.idle_rule && a.session_rule == b.session_rule && a.settings == b.settings;
}

SharedRules::Pointer SharedRules::share(policy::Resolved resolved) {
  std::string names = resolved.idle_rule + '\n' + resolved.session_rule;
  const auto [first, last] = known_.equal_range(names);
  for (auto known = first; known != last; ++known)
    if (is_same(*known->second, resolved)) return known->second;
  if (known_.size() >= most_) drop_unused();
  auto added = std::make_shared<const policy::Resolved>(std::move(resolved));
  return known_.emplace(std::move(names), std::move(added))->second;
}

void SharedRules::drop_unused() {
  std::erase_if(known_, [](const auto& known) { return known.second.use_count() == 1; });
  most_ = std::max(kFew, 2 * known_.size());
}

}  // namespace idled::core
