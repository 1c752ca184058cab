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
// of the terminal's unread bytes, and count as input of the moment of the look; so do
// those that the first look finds. (Growth since the last look in the same mode, canonical or not:
// the same bytes are another number in each.)
//
// The times can be set by the terminal's owner, but not without moving its ctime. A
// ctime that stands still since the last look vouches for the atime. When it has moved
// (touch, but chmod and mesg too: no accusation yet), reads of that terminal are watched
// from then on (inotify, IN_ACCESS), and its atime is not asked any more: what lies in
// the doubtful past counts once, up to the moment the watch began. `touch -a` looks like
// a read to inotify, but moves the ctime, which has the grain of a jiffy. A read therefore
// counts only if the ctime is one that had settled before: a look at least kSettling after
// it was first seen found it unmoved, with nothing left untold; whatever comes with the
// same ctime after that look can be no change of times. (The Enter after `mesg n` comes
// with a change of its own; it counts by the keys before it, kTyping.) A settled ctime vouches
// for the atime, too, which tells of reads that no watch does: those by another name, /dev/tty.
//
// Up to Linux 6.4 a read through /dev/tty (emacs -nw, sudo with use_pty) moves the times of that
// node and not the terminal's. The node is everybody's: its atime says when the last such read was,
// and not by whom. So it counts for each terminal where it may have been; the connection says that
// it was not, where it is quiet. It was not, either, where the same is in front as at an earlier
// look, no key was read by the terminal's own name since, and it has not run at all, or is one
// process that does not hold the node open. And where nothing in front holds it now, what did has
// ended, and the shell has prompted since: the last output is the most that it counts for. (Neither
// goes for what takes lines, ICANON: it may open the node for a moment, and print nothing then.)
//
// A time set back may hide input as late as the setting itself, so the ctime is the least
// that a doubtful time counts for.
//
// The connection is the second witness. It carries every key, but other traffic
// too, so it can only lower what the terminal says: the last input is what both
// allow.
//
// A policy may say that output counts too. The mtime tells it in the same 8-second
// blocks; its forgery is no concern, for whose output counts may print. What we write
// ourselves is none: see forgive_own_output. Or that a working job counts: two samples of
// what it has used differ.
#pragma once

#include <optional>

#include "base/boxed_optional.h"
#include "idled/core/types.h"

namespace idled::core {

inline constexpr seconds kAtimeBlock{8};
// tcpi_last_data_recv counts in jiffies of up to 10 ms (CONFIG_HZ=100).
inline constexpr std::chrono::milliseconds kWireGrain{10};

// ctime has the grain of a jiffy, of up to 10 ms: two changes within one look like one.
constexpr std::chrono::milliseconds kSettling{20};
// The ctime of a terminal seen for the first time is no news if it is of the login's
// opening: sshd gives the terminal to its user, and profiles say `mesg n`.
constexpr seconds kOpening{10};

// A read that comes with a change of times counts so soon after one that was beyond doubt.
constexpr seconds kTyping{2};

enum class Witness {
  kTerminal,  // the terminal's atime
  kDoubtful,  // the atime of a terminal whose times were changed: counts once
  kRead,      // a read seen as it happened
  kUnread,    // lines typed that nobody has read
  kWire,      // the connection was quiet for longer than the terminal says
  kOutput,    // the terminal's mtime; only where the policy says that output counts
  kJob,       // the job in front works; only where the policy says that it counts
  kClosed,    // another terminal of the login has closed: what was typed there is not known
  kTraffic,   // bytes of the connection, either way, of a login without a terminal
};

// What is remembered of a terminal from one look to the next.
struct TerminalMemory {
  ClockReading clocks;  // of the last look
  WallTime atime;
  // What lay unread at the last look, and at the last one in the other mode: the kernel counts
  // differently in each, and whoever is in front may go from one to the other and back.
  std::uint32_t unread = 0;
  std::uint32_t unread_in_other = 0;
  bool canonical = false;  // the mode of the last look
  // No input came after this. At most one block after the look it was learnt at.
  BootTime last_input;
  Witness witness = Witness::kTerminal;

  WallTime mtime;
  BootTime last_output{};    // no output came after this
  BoxedOptional<Work> work;  // none: not asked for, or seen for the first time
  BootTime last_work{};      // the job did not work after this

  WallTime ctime;
  BootTime ctime_seen{};          // when `ctime` was first seen
  bool settled = false;           // and a look has found it unmoved since
  bool doubted = false;           // the ctime has moved: its reads should be watched
  bool armed = false;             // and are, so that the atime is not asked any more
  BoxedOptional<DevTty> dev_tty;  // as of the last look that asked what is in front
  std::uint32_t forgeries = 0;    // how often the ctime has moved since
  BootTime read{};                // the last read that counted as such
};

// The memory after a look. `before` is null for a terminal seen for the first time;
// `opened_at` is when its login was opened; `reads_told` is Observation::reads_told.
// `earlier`: the clocks at the last look at the login, or at its opening: the wall clock may
// have been set before the first look at this terminal.
TerminalMemory remember(const TerminalMemory* before, const TerminalSample& sample,
                        const ClockReading& clocks, WallTime opened_at, bool reads_told = false,
                        const std::optional<ClockReading>& earlier = std::nullopt);

// Whether the atime of /dev/tty may tell of reads that no look so far has counted.
bool may_show_reads(const TerminalMemory* before, WallTime dev_tty_atime,
                    const ClockReading& clocks);

// The memory after a read was told, with the terminal's ctime as it was right after.
TerminalMemory remember_read(TerminalMemory memory, WallTime ctime, BootTime at);
// And after a change of its times or mode was: the ctime to compare later reads with.
TerminalMemory remember_change(TerminalMemory memory, WallTime ctime, BootTime at);
// And after output was told as it happened.
TerminalMemory remember_output(TerminalMemory memory, BootTime at);
// And after we wrote to it ourselves, which left its mtime at this.
TerminalMemory forgive_own_output(TerminalMemory memory, WallTime mtime);

// When a look would settle the ctime; none if it is settled, or nobody asks.
std::optional<BootTime> settles_at(const TerminalMemory& memory);

// The last input, or what else the policy takes for activity.
struct LastInput {
  BootTime at;  // may lie up to one block after the look: the block is not over yet
  Witness witness = Witness::kTerminal;
};

// What the terminal remembers, lowered by the connection where it is a witness.
LastInput last_input(const TerminalMemory& memory, const std::optional<WireQuiet>& wire,
                     BootTime look);
// And raised by what else counts.
LastInput last_activity(const TerminalMemory& memory, const std::optional<WireQuiet>& wire,
                        BootTime look, policy::Activity counts);
// Of a login without a terminal, where its traffic counts (`no_terminal` "network").
LastInput last_traffic(const WireQuiet& wire, BootTime look);

}  // namespace idled::core
