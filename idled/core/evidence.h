// From what the kernel shows to when the person last typed.
//
// The problem. The kernel moves a terminal's atime when a program reads input,
// but writes it at most once per 8-second block of the wall clock, and writes the
// whole second of the block's *first* read (tty_update_time, drivers/tty/tty_io.c).
// An atime of T therefore says: the last input came in [T, (T | 7) + 1). Whoever
// counts from T logs people out up to 8 s early, so count from the end of the block.
//
// The atime is wall-clock time, and the wall clock can be set. Each atime is
// translated to boot time once, when it is first seen, and its translation is
// kept as long as the atime stands still. An atime that moved between two looks
// was written under the clock setting of the first look or of the second; where
// these differ, the later instant that is possible counts.
//
// Keys that nobody reads move no time. Complete lines among them show as growth
// of the terminal's unread bytes, and count as input of the moment of the look.
//
// The connection is the second witness. It carries every key, but other traffic
// too, so it can only lower what the terminal says: the last input is what both
// allow.
#pragma once

#include <optional>

#include "idled/core/types.h"

namespace idled::core {

inline constexpr seconds kAtimeBlock{8};
// tcpi_last_data_recv counts in jiffies of up to 10 ms (CONFIG_HZ=100).
inline constexpr std::chrono::milliseconds kWireGrain{10};

enum class Witness {
  kTerminal,  // the terminal's atime
  kUnread,    // lines typed that nobody has read
  kWire,      // the connection was quiet for longer than the atime says
};

// What is remembered of a terminal from one look to the next.
struct TerminalMemory {
  ClockReading clocks;  // of the last look
  WallTime atime;
  std::uint32_t unread = 0;
  // No input came after this. At most one block after the look it was learnt at.
  BootTime last_input;
  Witness witness = Witness::kTerminal;
};

// The memory after a look. `before` is none for a terminal seen for the first time.
TerminalMemory remember(const std::optional<TerminalMemory>& before, const TerminalSample& sample,
                        const ClockReading& clocks);

struct LastInput {
  BootTime at;  // may lie up to one block after the look: the block is not over yet
  Witness witness = Witness::kTerminal;
};

// What the terminal remembers, lowered by the connection where it is a witness.
LastInput last_input(const TerminalMemory& memory, std::optional<nanoseconds> wire_quiet,
                     BootTime look);

}  // namespace idled::core
