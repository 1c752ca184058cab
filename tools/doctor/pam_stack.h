// PAM's session stacks, as libpam puts them together: pam.d(5), and Debian's @include.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/doctor/machine.h"

namespace idled::tools::doctor {

struct PamLine {
  std::string control;  // "optional", "[default=1]"
  std::string module;   // as it is written
  std::vector<std::string> arguments;
  std::string file;
  int number = 0;
  // The substacks that it is in, outermost first, as "/3/1": what ends one goes no further.
  std::string scope;

  [[nodiscard]] bool is(std::string_view name) const;  // "pam_idled.so", in whatever folder
  [[nodiscard]] bool has(std::string_view argument) const;
  // The value of the last NAME=VALUE; none if there is none.
  [[nodiscard]] std::optional<std::string> value_of(std::string_view name) const;
};

struct PamStack {
  std::string service;
  std::string file;            // of the service, or of "other" where it has none
  std::vector<PamLine> lines;  // of the session type, with what they include, in order

  [[nodiscard]] std::vector<const PamLine*> all(std::string_view module) const;
};

// None: neither the service nor "other" has a file.
std::optional<PamStack> session_stack(const Machine& machine, const std::string& service);

// Whether a service has a file of its own.
bool has_pam_file(const Machine& machine, const std::string& service);

// For how many lines a module that succeeds lets PAM go on further down, as `control` has it:
// 0: none is skipped; -1: the rest of its stack is.
int skips_on_success(std::string_view control);

}  // namespace idled::tools::doctor
