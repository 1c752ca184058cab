// What is wrong with the command line, from within a command's callback.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

#include "base/result.h"

namespace idled::tools {

// idlectl ends with exit code 2, and a hint at --help (tools/cli.cc).
[[noreturn]] inline void usage_error(const std::string& text) {
  throw CLI::ParseError(text, CLI::ExitCodes::ValidationError);
}

// The value; a usage error that names the option if there is none.
template <typename T>
T or_usage_error(const char* option, Result<T> value) {
  if (!value) usage_error(std::string(option) + ": " + value.error().text);
  return *std::move(value);
}

}  // namespace idled::tools
