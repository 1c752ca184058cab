// Text that comes from elsewhere, made safe to show; and names, compared.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace idled {

// `text` with every byte that is not printable ASCII replaced by '?', so that a
// user name, host or message can carry no terminal escape into a log, a table or
// somebody's screen. At most `limit` bytes; a longer text ends in "...".
std::string printable(std::string_view text, std::size_t limit = 256);

// `text`, lines ended by CR LF, with those that are not empty filled with spaces up to the
// last but one of `columns`: on a screen that is full of something else they hide what was
// there. Control characters take no column.
std::string fill_lines(std::string_view text, std::size_t columns);

// The same of a text of several lines, which stay lines: with `indent` before all but the first,
// so that no line of it can pass for one that begins something else.
std::string printable_lines(std::string_view text, std::size_t limit, std::string_view indent = "");

// The candidate that differs from `name` least, if it is near enough to be meant
// (at most a third of its letters, case aside); else empty.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

// RFC 3339 in local time with its offset: 2026-01-31T09:30:00+01:00. Whole seconds.
std::string format_rfc3339(WallTime time);

}  // namespace idled
