#include "idled/core/evidence.h"

#include <algorithm>
#include <utility>

namespace idled::core {
namespace {

WallTime block_end(WallTime atime) {
  const auto second = std::chrono::floor<seconds>(atime).time_since_epoch().count();
  return WallTime(seconds((second | 7) + 1));
}

// The instant that the end of the time's block stands for, under each setting of
// the wall clock that may have been in force when it was written.
BootTime translate(WallTime time, const std::optional<ClockReading>& before,
                   const ClockReading& clocks) {
  const WallTime end = block_end(time);
  const BootTime latest =
      clocks.boot + kAtimeBlock;  // later is not possible: the read has happened
  const BootTime under_new = clocks.to_boot(end);
  if (!before) return std::min(under_new, latest);
  const BootTime under_old = before->to_boot(end);
  const auto [low, high] = std::minmax(under_old, under_new);
  if (high <= latest) return high;
  if (low <= latest) return low;
  return latest;
}

// The ctime says that the times may have been set by hand since they were last trusted.
bool is_doubtful(const TerminalMemory* before, const TerminalSample& sample, WallTime opened_at) {
  if (before) return before->doubted || sample.ctime != before->ctime;
  return sample.ctime > opened_at + kOpening;
}

// When a time was last set by hand: of the settings of the clock that are possible, the
// later one that is past.
BootTime changed_at(WallTime ctime, const std::optional<ClockReading>& before,
                    const ClockReading& clocks) {
  const BootTime under_new = clocks.to_boot(ctime);
  if (!before) return std::min(under_new, clocks.boot);
  const BootTime under_old = before->to_boot(ctime);
  const auto [low, high] = std::minmax(under_old, under_new);  // references to both
  return high <= clocks.boot ? high : std::min(low, clocks.boot);
}

// Whether the clock may have shown the atime's block again since the last look: set back, it
// passes there a second time, and reads leave the atime as it is.
bool may_hide_reads(WallTime atime, const ClockReading& before, const ClockReading& clocks) {
  const WallTime end = block_end(atime);
  const bool shows_it = clocks.wall >= end - kAtimeBlock && clocks.wall < end;
  return shows_it || (before.wall < end && clocks.wall >= end);
}

void note_ctime(TerminalMemory& memory, WallTime ctime, BootTime at) {
  if (ctime == memory.ctime) return;
  memory.ctime = ctime;
  memory.ctime_seen = at;
  memory.settled = false;
  if (memory.armed) ++memory.forgeries;
}

void raise(TerminalMemory& memory, BootTime at, Witness witness) {
  if (at <= memory.last_input) return;
  memory.last_input = at;
  memory.witness = witness;
}

void remember_unread(TerminalMemory& memory, bool read, const TerminalSample& sample,
                     BootTime look) {
  if (sample.canonical != memory.canonical) std::swap(memory.unread, memory.unread_in_other);
  memory.canonical = sample.canonical;
  if (sample.unread > memory.unread) raise(memory, look, Witness::kUnread);
  memory.unread = sample.unread;
  if (read) memory.unread_in_other = 0;  // what lay there is gone
}

// What counts beside input.
void remember_others(TerminalMemory& memory, const TerminalMemory* before,
                     const TerminalSample& sample, const ClockReading& clocks,
                     const std::optional<ClockReading>& earlier) {
  if (!before || sample.mtime != before->mtime) {
    memory.last_output = std::max(memory.last_output, translate(sample.mtime, earlier, clocks));
    memory.mtime = sample.mtime;
  }
  if (sample.work && memory.work && *sample.work != *memory.work) memory.last_work = clocks.boot;
  memory.work = sample.work;
}

// Whether what is in front was there before, and has not read /dev/tty since.
bool has_not_read(const DevTty& then, const TerminalSample& sample) {
  const DevTty& now = *sample.dev_tty;
  if (now.group == 0 || then.group != now.group) return false;
  const bool has_not_run = now.cpu != nanoseconds(0) && then.cpu == now.cpu;
  // getpass(3) opens and closes it, in a program that takes lines.
  const auto cannot = [](const DevTty& front) { return front.single && !front.held; };
  return has_not_run || (cannot(then) && cannot(now) && !sample.canonical);
}

void remember_dev_tty(TerminalMemory& memory, const TerminalMemory* before,
                      const TerminalSample& sample, const ClockReading& clocks,
                      const std::optional<ClockReading>& earlier) {
  if (!sample.dev_tty) return;
  const DevTty& now = *sample.dev_tty;
  // With the keys that a shell has read meanwhile another program may have been started, and ended.
  const bool keys = before && before->atime != sample.atime;
  const bool same = !keys && memory.dev_tty && has_not_read(*memory.dev_tty, sample);
  const bool counts = !same && may_show_reads(before, now.atime, clocks);
  if (counts || keys || now.group != 0 || !memory.dev_tty) memory.dev_tty = now;
  if (!counts) return;
  BootTime read = translate(now.atime, earlier, clocks);
  // Where nothing holds it now, what did has ended, and the shell has prompted since: at the last
  // output, or in the block of a later one that was our own.
  if (!now.held && !sample.canonical)
    read = std::min(read, std::max(memory.last_output, translate(sample.mtime, earlier, clocks)));
  raise(memory, read, Witness::kTerminal);
}

}  // namespace

TerminalMemory remember(const TerminalMemory* before, const TerminalSample& sample,
                        const ClockReading& clocks, WallTime opened_at, bool reads_told,
                        const std::optional<ClockReading>& earlier_look) {
  const std::optional<ClockReading> earlier = before ? before->clocks : earlier_look;
  TerminalMemory after = before ? *before : TerminalMemory{};
  const bool moved = !before || before->atime != sample.atime;
  after.doubted = is_doubtful(before, sample, opened_at);
  // A watch may be lost: another terminal of the same name, a daemon started anew.
  after.armed = after.armed && sample.watched;
  if (!after.armed && moved) {
    BootTime read = translate(sample.atime, earlier, clocks);
    const bool set_by_hand = after.doubted || !before;  // of a new terminal nobody knows
    if (set_by_hand) read = std::max(read, changed_at(sample.ctime, earlier, clocks));
    // Not past this look where the time is in doubt: what comes later, the watch tells.
    if (after.doubted) read = std::min(read, clocks.boot);
    raise(after, read, after.doubted ? Witness::kDoubtful : Witness::kTerminal);
  } else if (!after.armed && may_hide_reads(sample.atime, before->clocks, clocks)) {
    const BootTime end = clocks.to_boot(block_end(sample.atime));
    raise(after, std::min(end, after.doubted ? clocks.boot : clocks.boot + kAtimeBlock),
          Witness::kTerminal);
  }
  // Nor does the watch tell all: what is read by another name, /dev/tty, it does not see.
  if (after.armed && moved && before->settled && sample.ctime == before->ctime)
    raise(after, translate(sample.atime, earlier, clocks), Witness::kTerminal);
  note_ctime(after, sample.ctime, clocks.boot);
  after.armed = after.doubted && sample.watched;
  if (!after.armed) after.settled = false;
  if (const auto due = settles_at(after); due && reads_told && clocks.boot >= *due)
    after.settled = true;
  remember_others(after, before, sample, clocks, earlier);
  remember_dev_tty(after, before, sample, clocks, earlier);
  remember_unread(after, moved, sample, clocks.boot);
  after.clocks = clocks;
  after.atime = sample.atime;
  return after;
}

bool may_show_reads(const TerminalMemory* before, WallTime dev_tty_atime,
                    const ClockReading& clocks) {
  return !before || !before->dev_tty || before->dev_tty->atime != dev_tty_atime ||
         may_hide_reads(dev_tty_atime, before->clocks, clocks);
}

TerminalMemory remember_read(TerminalMemory memory, WallTime ctime, BootTime at) {
  if (!memory.armed) return memory;  // a look tells as much
  const bool beyond_doubt = memory.settled && ctime == memory.ctime;
  if (beyond_doubt || at - memory.read <= kTyping) raise(memory, at, Witness::kRead);
  if (beyond_doubt) memory.read = at;
  note_ctime(memory, ctime, at);
  return memory;
}

TerminalMemory remember_change(TerminalMemory memory, WallTime ctime, BootTime at) {
  if (memory.armed) note_ctime(memory, ctime, at);
  return memory;
}

TerminalMemory remember_output(TerminalMemory memory, BootTime at) {
  memory.last_output = std::max(memory.last_output, at);
  return memory;
}

TerminalMemory forgive_own_output(TerminalMemory memory, WallTime mtime) {
  memory.mtime = mtime;
  return memory;
}

std::optional<BootTime> settles_at(const TerminalMemory& memory) {
  if (!memory.armed || memory.settled) return std::nullopt;
  return memory.ctime_seen + kSettling;
}

LastInput last_input(const TerminalMemory& memory, const std::optional<WireQuiet>& wire,
                     BootTime look) {
  if (wire) {
    const BootTime heard = look - wire->received + kWireGrain;
    if (heard < memory.last_input) return {heard, Witness::kWire};
  }
  return {memory.last_input, memory.witness};
}

LastInput last_activity(const TerminalMemory& memory, const std::optional<WireQuiet>& wire,
                        BootTime look, policy::Activity counts) {
  const LastInput input = last_input(memory, wire, look);
  if (counts == policy::Activity::kOutput && memory.last_output > input.at)
    return {memory.last_output, Witness::kOutput};
  if (counts == policy::Activity::kJob && memory.last_work > input.at)
    return {memory.last_work, Witness::kJob};
  return input;
}

LastInput last_traffic(const WireQuiet& wire, BootTime look) {
  return {look - std::min(wire.received, wire.sent) + kWireGrain, Witness::kTraffic};
}

}  // namespace idled::core
