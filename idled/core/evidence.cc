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
  const BootTime latest = clocks.boot + kAtimeBlock;  // later is not possible: the read has happened
  const BootTime under_new = clocks.to_boot(end);
  if (!before) return std::min(under_new, latest);
  const BootTime under_old = before->clocks.to_boot(end);
  const auto [low, high] = std::minmax(under_old, under_new);
  if (high <= latest) return high;
  if (low <= latest) return low;
  return latest;
}

}  // namespace

TerminalMemory remember(const std::optional<TerminalMemory>& before, const TerminalSample& sample,
                        const ClockReading& clocks) {
  TerminalMemory after;
  after.clocks = clocks;
  after.atime = sample.atime;
  after.unread = sample.unread;
  if (before && before->atime == sample.atime) {
    after.last_input = before->last_input;
    after.witness = before->witness;
  } else {
    after.last_input = translate(sample.atime, before, clocks);
    // A time set back by hand does not make a person younger in memory.
    if (before) after.last_input = std::max(after.last_input, before->last_input);
  }
  if (before && sample.unread > before->unread && clocks.boot > after.last_input) {
    after.last_input = clocks.boot;
    after.witness = Witness::kUnread;
  }
  return after;
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
