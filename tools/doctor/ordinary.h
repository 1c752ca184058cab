// What the policy on disk gives to a login that no rule speaks of in particular.
#pragma once

#include <optional>

#include "policy/policy.h"
#include "tools/doctor/machine.h"

namespace idled::tools::doctor {

// None: the policy has errors, or may not be read.
inline std::optional<policy::Settings> ordinary_settings(const Machine& machine) {
  const LoadedPolicy loaded = machine.policy();
  if (!loaded.policy) return std::nullopt;
  policy::Subject subject;
  subject.uid = 65534;
  subject.service = "sshd";
  subject.terminals = {"pts/0"};
  return loaded.policy
      ->resolve(subject, policy::local_time(std::chrono::Monday, std::chrono::hours(12)))
      .settings;
}

}  // namespace idled::tools::doctor
