// What the policy on disk gives to a login that no rule speaks of in particular.
#pragma once

#include <optional>
#include <string>

#include "policy/explain.h"
#include "policy/policy.h"
#include "tools/doctor/machine.h"

namespace idled::tools::doctor {

inline policy::Subject ordinary_login() {
  policy::Subject subject;
  subject.uid = 65534;
  subject.service = "sshd";
  subject.terminals = {"pts/0"};
  return subject;
}

inline policy::LocalTime ordinary_time() {
  return policy::local_time(std::chrono::Monday, std::chrono::hours(12));
}

// None: the policy has errors, or may not be read.
inline std::optional<policy::Settings> ordinary_settings(const Machine& machine) {
  const LoadedPolicy loaded = machine.policy();
  if (!loaded.policy) return std::nullopt;
  return loaded.policy->resolve(ordinary_login(), ordinary_time()).settings;
}

// "FILE, line N", where the setting of that name is given; of several files one wins.
inline std::string where_given(const Machine& machine, const std::string& setting) {
  const LoadedPolicy loaded = machine.policy();
  if (loaded.policy)
    for (const auto& one :
         policy::explain(*loaded.policy, ordinary_login(), ordinary_time()).settings)
      if (one.name == setting && one.line > 0)
        return one.file + ", line " + std::to_string(one.line);
  return "/etc/idled/policy.json, in the defaults";
}

}  // namespace idled::tools::doctor
