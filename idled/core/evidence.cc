#include "idled/core/evidence.h"

#include <algorithm>

namespace idled::core {
namespace {

WallTime block_end(WallTime atime) {
  const auto second = std::chrono::floor<seconds>(atime).time_since_epoch().count();
  return WallTime(seconds((second | 7) + 1));
}

// The instant that the end of the atime's block stands for, under each setting of
// the wall clock that may have been in force when it was written.
BootTime translate(WallTime atime, const std::optional<TerminalMemory>& before,
                   const ClockReading& clocks) {
  const WallTime end = block_end(atime);
  const BootTime latest =
      clocks.boot + kAtimeBlock;  // later is not possible: the read has happened
  const BootTime under_new = clocks.to_boot(end);
  if (!before) return std::min(under_new, latest);
  const BootTime under_old = before->clocks.to_boot(end);
  const auto [low, high] = std::minmax(under_old, under_new);
  if (high <= latest) return high;
  if (low <= latest) return low;
  return latest;
}

// The ctime says that the times may have been set by hand since they were last trusted.
bool is_doubtful(const std::optional<TerminalMemory>& before, const TerminalSample& sample,
                 WallTime opened_at) {
  if (before) return before->doubted || sample.ctime != before->ctime;
  return sample.ctime > opened_at + kOpening;
}

void note_ctime(TerminalMemory& memory, WallTime ctime, BootTime at) {
  if (ctime == memory.ctime) return;
  memory.ctime = ctime;
  memory.ctime_settles = at;
  if (memory.armed) ++memory.forgeries;
}

void raise(TerminalMemory& memory, BootTime at, Witness witness) {
  if (at <= memory.last_input) return;
  memory.last_input = at;
  memory.witness = witness;
}

}  // namespace

TerminalMemory remember(const std::optional<TerminalMemory>& before, const TerminalSample& sample,
                        const ClockReading& clocks, WallTime opened_at) {
  TerminalMemory after = before.value_or(TerminalMemory{});
  const bool moved = !before || before->atime != sample.atime;
  after.doubted = is_doubtful(before, sample, opened_at);
  // A watch may be lost: another terminal of the same name, a daemon started anew.
  after.armed = after.armed && sample.watched;
  if (!after.armed && moved) {
    BootTime read = translate(sample.atime, before, clocks);
    const bool set_by_hand = after.doubted || !before;  // of a new terminal nobody knows
    if (set_by_hand) read = std::max(read, std::min(clocks.to_boot(sample.ctime), clocks.boot));
    // Not past this look where the time is in doubt: what comes later, the watch tells.
    if (after.doubted) read = std::min(read, clocks.boot);
    raise(after, read, after.doubted ? Witness::kDoubtful : Witness::kTerminal);
  }
  note_ctime(after, sample.ctime, clocks.boot);
  after.armed = after.doubted && sample.watched;
  if (sample.unread > (before ? before->unread : 0)) raise(after, clocks.boot, Witness::kUnread);
  after.clocks = clocks;
  after.atime = sample.atime;
  after.unread = sample.unread;
  return after;
}

TerminalMemory remember_read(TerminalMemory memory, WallTime ctime, BootTime at) {
  if (!memory.armed) return memory;  // a look tells as much
  const bool settled = ctime == memory.ctime && at - memory.ctime_settles >= kSettling;
  if (settled || at - memory.read <= kTyping) raise(memory, at, Witness::kRead);
  if (settled) {
    memory.read = at;
  } else {
    note_ctime(memory, ctime, at);
    memory.ctime_settles = at;
  }
  return memory;
}

TerminalMemory remember_change(TerminalMemory memory, WallTime ctime, BootTime at) {
  if (memory.armed) note_ctime(memory, ctime, at);
  return memory;
}

LastInput last_input(const TerminalMemory& memory, std::optional<nanoseconds> wire_quiet,
                     BootTime look) {
  if (wire_quiet) {
    const BootTime heard = look - *wire_quiet + kWireGrain;
    if (heard < memory.last_input) return {heard, Witness::kWire};
  }
  return {memory.last_input, memory.witness};
}

}  // namespace idled::core
