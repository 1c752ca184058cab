// What the fuzz targets share: how a broken promise becomes a crash that libFuzzer keeps.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace idled::fuzz {

// Each target defines it: what is done with one input.
void try_one(std::string_view input);

[[noreturn]] inline void fail(std::string_view promise, std::string_view detail = {}) {
  std::fprintf(stderr, "BROKEN: %.*s%s%.*s\n", static_cast<int>(promise.size()), promise.data(),
               detail.empty() ? "" : ": ", static_cast<int>(detail.size()), detail.data());
  std::abort();
}

inline void require(bool holds, std::string_view promise, std::string_view detail = {}) {
  if (!holds) fail(promise, detail);
}

}  // namespace idled::fuzz
