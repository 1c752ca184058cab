// Whole files, read and replaced.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace idled {

// A whole file of at most `limit` bytes, that need not tell its size (as in /proc).
// The error's code is the errno; EFBIG if it is larger.
Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t{1} << 20);
// A file of /proc that the kernel makes anew, whole, for each read: /proc/PID/stat, fdinfo. Its
// first 4096 bytes, which are all of these.
Result<std::string> read_record(const std::string& path);

// The same of a file that others must not have a say in: a regular one, owned by root or the
// caller, that neither others nor a group but root's may write. It says what to change.
// `may_be_link`: whether a symbolic link is followed; what it leads to must be so, too.
Result<std::string> read_trusted_file(const std::string& path, std::size_t limit,
                                      bool may_be_link = false);

// Why others could put something into a folder, or into a file, as a sentence; empty: they
// cannot. A sticky folder, as /tmp, lets nobody replace what is another's.
std::string who_else_writes(const struct stat& status);

// Written beside and renamed, so that a reader sees the old file or the new one, whole.
Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode = 0600);

}  // namespace idled
