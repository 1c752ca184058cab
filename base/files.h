// Whole files, read and replaced.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace idled {

// A whole file of at most `limit` bytes, that need not tell its size (as in /proc).
// The error's code is the errno; EFBIG if it is larger.
Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t{1} << 20);

// Written beside (mode 0600) and renamed, so that a reader sees the old file or the
// new one, whole.
Result<void> replace_file(const std::string& path, std::string_view text);

}  // namespace idled
