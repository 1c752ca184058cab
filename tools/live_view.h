// `list --watch`, drawn: what is known of the sessions and a size in, lines out. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/messages.h"

namespace idled::tools {

// What was last heard of the daemon.
struct LiveView {
  std::vector<protocol::SessionInfo> sessions;  // those to show, in their order
  std::size_t all = 0;                          // how many there are, these among them
  std::string filter;                           // in words; empty: none
  WallTime heard_at{};                          // when the sessions were
  WallTime now{};
  std::string warning;  // that the session that looks on has been warned; empty: it has not
  std::string trouble;  // why they are no longer told; empty: they are
};

struct ScreenSize {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

struct ScreenLine {
  std::string text;
  std::size_t columns = 0;  // escapes take none
};

// A header, the table with bars, and how many sessions there are more than fit: never more
// lines than rows, none longer than there are columns.
std::vector<ScreenLine> render_live(const LiveView& view, ScreenSize size, bool colours);

// The bytes that bring these lines onto a screen of that size, whatever was there, in one write
// and without a moment in which it is empty: home, each line over the one that stood there.
std::string draw(const std::vector<ScreenLine>& lines, ScreenSize size);

}  // namespace idled::tools
