// Patterns as the shell has them, glob(7): '*', '?', '[a-z]', '[!a-z]'.
//
// Not fnmatch(3): that depends on the locale, and takes exponential time on
// "*a*a*a*b". No escape character: names in this field hold no wildcards, but
// "DOMAIN\user" exists. '*' matches '/' too, and the empty text.
#pragma once

#include <cstddef>
#include <string_view>

namespace idled::policy {

// Whether `text` is a pattern at all, rather than a plain name.
bool has_wildcard(std::string_view text);

// How many bytes at the end of a pattern stand for themselves: a text that does not end in them
// cannot match.
std::size_t plain_tail(std::string_view pattern);

// False for a '[' without its ']', and for a range that runs backwards.
bool is_valid_glob(std::string_view pattern);

// Bytes are compared as they are. The pattern must be valid. Time is at most the
// product of both lengths.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace idled::policy
