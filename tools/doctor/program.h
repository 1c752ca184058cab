// Runs a program and takes what it prints.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace idled::tools::doctor {

struct Output {
  int status = 0;  // its exit status; 128 + N if signal N ended it
  std::string out;
  std::string err;
};

// `argv[0]` is a path. It gets an environment of PATH and LC_ALL=C alone, and no input. It is
// killed, and that is an error, if it has not ended within `patience`, or prints more than a
// megabyte.
Result<Output> run_program(const std::vector<std::string>& argv, seconds patience);

}  // namespace idled::tools::doctor
