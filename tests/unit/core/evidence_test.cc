#include "idled/core/evidence.h"

#include <gtest/gtest.h>

#include <random>

namespace idled::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// A wall clock that differs from boot time by a whole number of blocks, so that
// blocks begin at multiples of 8 in both.
constexpr seconds kWallAhead{1'600'000'000};

BootTime boot(double s) {
  return BootTime(nanoseconds(static_cast<std::int64_t>(s * 1e9)));
}
ClockReading clocks(double s, seconds ahead = kWallAhead) {
  return {boot(s), WallTime(boot(s).time_since_epoch() + ahead)};
}
// A terminal last read in the wall-clock second `s` after the start.
TerminalSample read_at(std::int64_t s, seconds ahead = kWallAhead, std::uint32_t unread = 0) {
  TerminalSample sample;
  sample.name = "pts/0";
  sample.atime = WallTime(seconds(s) + ahead);
  sample.unread = unread;
  return sample;
}

// A connection over which data came so long ago; what was sent does not matter to a terminal.
WireQuiet heard(nanoseconds received) {
  return {received, nanoseconds(0)};
}

// A login opened when the terminal's ctime is from: nothing in doubt.
TerminalMemory remember(const std::optional<TerminalMemory>& before, const TerminalSample& sample,
                        const ClockReading& now) {
  return core::remember(before ? &*before : nullptr, sample, now, sample.ctime);
}

TEST(Remember, CountsFromTheEndOfTheBlock) {
  struct Case {
    std::int64_t atime;
    double last_input;
  };
  for (const Case& c : {Case{1000, 1008}, {1001, 1008}, {1007, 1008}, {1008, 1016}})
    EXPECT_EQ(remember(std::nullopt, read_at(c.atime), clocks(1100)).last_input, boot(c.last_input))
        << c.atime;
}

TEST(Remember, AFractionOfASecondDoesNotMoveTheBlock) {
  TerminalSample sample = read_at(1007);
  sample.atime += milliseconds(999);
  EXPECT_EQ(remember(std::nullopt, sample, clocks(1100)).last_input, boot(1008));
}

TEST(Remember, TheBlockMayNotBeOverYet) {
  EXPECT_EQ(remember(std::nullopt, read_at(1000), clocks(1001)).last_input, boot(1008));
}

TEST(Remember, ATimeInTheFutureIsAtMostOneBlockAhead) {
  const TerminalMemory first = remember(std::nullopt, read_at(90'000), clocks(1001));
  EXPECT_EQ(first.last_input, boot(1009));
  // It stands still, so it does not stay young.
  EXPECT_EQ(remember(first, read_at(90'000), clocks(1500)).last_input, boot(1009));
}

TEST(Remember, ATimeSetBackDoesNotAge) {
  const TerminalMemory first = remember(std::nullopt, read_at(1000), clocks(1100));
  EXPECT_EQ(remember(first, read_at(10), clocks(1200)).last_input, boot(1008));
}

TEST(Remember, AStandingTimeSurvivesAnyStepOfTheClock) {
  const TerminalMemory before = remember(std::nullopt, read_at(1000), clocks(1004));
  for (const seconds step : {seconds(hours(1)), seconds(-hours(1)), seconds(-hours(24 * 365))})
    EXPECT_EQ(remember(before, read_at(1000), clocks(1100, kWallAhead + step)).last_input,
              boot(1008))
        << step.count();
}

TEST(Remember, ATimeThatMovedBeforeAStepForwardIsReadUnderTheOldClock) {
  const TerminalMemory before = remember(std::nullopt, read_at(1000), clocks(1004));
  // Read at 1090, clock set an hour ahead at 1095, looked at 1100. Under the new
  // setting the time would be an hour old: a logout that nobody deserved.
  EXPECT_EQ(remember(before, read_at(1090), clocks(1100, kWallAhead + hours(1))).last_input,
            boot(1096));
}

TEST(Remember, ATimeThatMovedBeforeAStepBackIsReadUnderTheOldClock) {
  const TerminalMemory before = remember(std::nullopt, read_at(1000), clocks(1004));
  // Under the new setting it lies an hour ahead, which cannot be.
  EXPECT_EQ(remember(before, read_at(1090), clocks(1100, kWallAhead - hours(1))).last_input,
            boot(1096));
}

TEST(Remember, ATimeThatMovedAfterAStepIsReadUnderTheNewClock) {
  const TerminalMemory before = remember(std::nullopt, read_at(1000), clocks(1004));
  const seconds ahead = kWallAhead - hours(1);
  EXPECT_EQ(remember(before, read_at(1090, ahead), clocks(1100, ahead)).last_input, boot(1096));
}

TEST(Remember, GrowthOfUnreadLinesIsInputNow) {
  const TerminalMemory before = remember(std::nullopt, read_at(1000), clocks(1100));
  const TerminalMemory after = remember(before, read_at(1000, kWallAhead, 1), clocks(1300));
  EXPECT_EQ(after.last_input, boot(1300));
  EXPECT_EQ(after.witness, Witness::kUnread);
  // Once: the same lines lying there later say nothing new.
  EXPECT_EQ(remember(after, read_at(1000, kWallAhead, 1), clocks(1400)).last_input, boot(1300));
}

TEST(Remember, UnreadLinesFoundAtFirstSightCount) {
  EXPECT_EQ(remember(std::nullopt, read_at(1000, kWallAhead, 5), clocks(1300)).last_input,
            boot(1300));
}

// --- times set by hand ---

TerminalSample changed_at(double ctime, std::int64_t atime, bool watched) {
  TerminalSample sample = read_at(atime);
  sample.ctime = WallTime(boot(ctime).time_since_epoch() + kWallAhead);
  sample.watched = watched;
  return sample;
}
constexpr WallTime kLongAgo{};

// A terminal whose ctime has moved, watched since the look at 1300.
TerminalMemory armed() {
  const TerminalMemory before =
      core::remember(nullptr, changed_at(900, 1000, false), clocks(1100), clocks(895).wall);
  const TerminalMemory doubted =
      core::remember(&before, changed_at(1250, 1250, false), clocks(1300), kLongAgo);
  const TerminalMemory armed =
      core::remember(&doubted, changed_at(1250, 1250, true), clocks(1300), kLongAgo, true);
  return core::remember(&armed, changed_at(1250, 1250, true), clocks(1300.02), kLongAgo, true);
}

// A look at an armed terminal whose ctime is the one that is known.
TerminalMemory look(const TerminalMemory& memory, double at, bool reads_told = true) {
  TerminalSample sample = changed_at(0, 0, true);
  sample.ctime = memory.ctime;
  return core::remember(&memory, sample, clocks(at), kLongAgo, reads_told);
}

TEST(Remember, TheCtimeOfTheOpeningIsNoNews) {
  const TerminalMemory memory =
      core::remember(nullptr, changed_at(1003, 1090, false), clocks(1100), clocks(1000).wall);
  EXPECT_FALSE(memory.doubted);
  EXPECT_TRUE(
      core::remember(nullptr, changed_at(1050, 1090, false), clocks(1100), clocks(1000).wall)
          .doubted);
}

TEST(Remember, ADoubtfulTimeCountsOnceAndNotPastTheLook) {
  const TerminalMemory memory = armed();
  EXPECT_TRUE(memory.armed);
  EXPECT_EQ(memory.last_input, boot(1256));
  EXPECT_EQ(memory.witness, Witness::kDoubtful);
  // From now on the atime may be what it likes.
  EXPECT_EQ(
      core::remember(&memory, changed_at(1400, 1400, true), clocks(1401), kLongAgo).last_input,
      boot(1256));
  EXPECT_EQ(
      core::remember(&memory, changed_at(1400, 99'999, true), clocks(1401), kLongAgo).last_input,
      boot(1256));
}

TEST(Remember, ATimeSetToTomorrowCountsUpToTheLook) {
  const TerminalMemory before =
      core::remember(nullptr, changed_at(900, 1000, false), clocks(1100), clocks(895).wall);
  EXPECT_EQ(
      core::remember(&before, changed_at(1250, 90'000, false), clocks(1300), kLongAgo).last_input,
      boot(1300));
}

TEST(Remember, ChmodAloneMakesNobodyYoungerOrOlder) {
  const TerminalMemory before =
      core::remember(nullptr, changed_at(900, 1000, false), clocks(1100), clocks(895).wall);
  EXPECT_EQ(
      core::remember(&before, changed_at(1250, 1000, true), clocks(1300), kLongAgo).last_input,
      boot(1008));
}

// Set back, the clock shows the block of the last key a second time, and the kernel leaves the
// atime as it is.
TEST(Remember, ABlockThatIsShownAgainMayHideKeys) {
  const WallTime key{seconds(1'600'000'002)};  // in the block that ends at 008
  TerminalSample sample;
  sample.name = "pts/0";
  sample.atime = sample.mtime = key;
  const auto look = [&](const std::optional<TerminalMemory>& before, int boot, int wall) {
    return core::remember(before ? &*before : nullptr, sample,
                          {BootTime(seconds(boot)), WallTime(seconds(wall))}, key);
  };
  TerminalMemory memory = look(std::nullopt, 100, 1'600'000'003);
  memory = look(memory, 200, 1'600'000'103);
  EXPECT_EQ(memory.last_input, BootTime(seconds(105)));
  // To within the block, and to before it; looked at within it, or after.
  EXPECT_EQ(look(memory, 201, 1'600'000'004).last_input, BootTime(seconds(205)));
  const TerminalMemory before = look(memory, 201, 1'599'999'990);
  EXPECT_EQ(before.last_input, BootTime(seconds(105))) << "not there yet";
  EXPECT_EQ(look(before, 215, 1'600'000'004).last_input, BootTime(seconds(219)));
  EXPECT_EQ(look(before, 300, 1'600'000'089).last_input, BootTime(seconds(219)));
  // Forward, nothing is shown twice.
  EXPECT_EQ(look(memory, 201, 1'600'003'600).last_input, BootTime(seconds(105)));
}

// Read through /dev/tty, which the watch of the terminal does not see.
TEST(Remember, ASettledCtimeVouchesForTheAtime) {
  const TerminalMemory memory = armed();
  const TerminalMemory read =
      core::remember(&memory, changed_at(1250, 1400, true), clocks(1401), kLongAgo, true);
  EXPECT_EQ(read.last_input, boot(1408));
  EXPECT_EQ(read.witness, Witness::kTerminal);
}

// The kernel counts the bytes of an unfinished line in the one mode, and not in the other.
TEST(Remember, WhoGoesFromModeToModeAndBackTypesNothing) {
  const auto in_mode = [](bool canonical, std::uint32_t unread, std::int64_t read = 1000) {
    TerminalSample sample = read_at(read, kWallAhead, unread);
    sample.canonical = canonical;
    return sample;
  };
  TerminalMemory memory = remember(std::nullopt, in_mode(true, 0), clocks(1100));
  memory = remember(memory, in_mode(false, 4), clocks(1101));
  EXPECT_EQ(memory.last_input, boot(1101)) << "seen for the first time";
  for (int i = 2; i < 20; ++i)
    memory = remember(memory, in_mode(i % 2 == 0, i % 2 == 0 ? 0 : 4), clocks(1100 + i));
  EXPECT_EQ(memory.last_input, boot(1101));
  // Enter, in either.
  EXPECT_EQ(remember(memory, in_mode(true, 1), clocks(1200)).last_input, boot(1200));
  EXPECT_EQ(remember(memory, in_mode(false, 5), clocks(1200)).last_input, boot(1200));
  // What was read lies nowhere.
  memory = remember(memory, in_mode(true, 0, 1190), clocks(1201));
  EXPECT_EQ(remember(memory, in_mode(false, 1, 1190), clocks(1300)).last_input, boot(1300));
}

// --- up to Linux 6.4: what is read through /dev/tty ---

// What is in front of a terminal last read and written in the seconds 1000 and 1001.
struct Front {
  pid_t group = 7;
  int cpu = 5;
  bool held = true;
  bool single = false;
};
TerminalSample beside_dev_tty(std::int64_t read_by_somebody, const Front& front) {
  TerminalSample sample = read_at(1000);
  sample.mtime = sample.atime + seconds(1);
  sample.dev_tty = DevTty{WallTime(seconds(read_by_somebody) + kWallAhead), front.group,
                          milliseconds(front.cpu), front.held, front.single};
  return sample;
}
TerminalMemory seen_first(const TerminalSample& sample) {
  return remember(std::nullopt, sample, clocks(1250));
}
constexpr Front kEmacs{};
constexpr Front kPrompt{.held = false, .single = true};

TEST(RememberDevTty, WhoHoldsItMayHaveReadIt) {
  const TerminalMemory memory = seen_first(beside_dev_tty(1240, kEmacs));
  EXPECT_EQ(memory.last_input, boot(1248));
  EXPECT_EQ(memory.witness, Witness::kTerminal);
  const TerminalMemory later = remember(memory, beside_dev_tty(1290, {.cpu = 6}), clocks(1300));
  EXPECT_EQ(later.last_input, boot(1296)) << "and again, for it has run";
}

TEST(RememberDevTty, TheConnectionSaysThatItWasAnother) {
  const TerminalMemory memory = seen_first(beside_dev_tty(1240, kEmacs));
  EXPECT_EQ(last_input(memory, heard(seconds(200)), boot(1250)).at, boot(1050) + kWireGrain);
}

TEST(RememberDevTty, WhoHasNotRunSinceTheLastLookDidNot) {
  const TerminalMemory memory = seen_first(beside_dev_tty(1240, kEmacs));
  EXPECT_EQ(remember(memory, beside_dev_tty(1290, kEmacs), clocks(1300)).last_input, boot(1248));
  const TerminalMemory unknown = seen_first(beside_dev_tty(1240, {.cpu = 0}));
  EXPECT_EQ(remember(unknown, beside_dev_tty(1290, {.cpu = 0}), clocks(1300)).last_input,
            boot(1296));
}

// Of others' keys and one's own in the same block of the node, the second moves no time.
TEST(RememberDevTty, ABlockThatIsNotOverIsAskedAboutAgain) {
  TerminalMemory memory = remember(std::nullopt, beside_dev_tty(900, kEmacs), clocks(1235));
  memory = remember(memory, beside_dev_tty(1240, kEmacs), clocks(1241));
  EXPECT_EQ(memory.last_input, boot(1008)) << "another's";
  memory = remember(memory, beside_dev_tty(1240, {.cpu = 6}), clocks(1242));
  EXPECT_EQ(memory.last_input, boot(1248));
}

TEST(RememberDevTty, OneProcessWithoutItDidNotHoweverMuchItRuns) {
  const TerminalMemory memory = seen_first(beside_dev_tty(1240, kPrompt));
  const Front busy{.cpu = 9, .held = false, .single = true};
  EXPECT_EQ(remember(memory, beside_dev_tty(1290, busy), clocks(1300)).last_input, boot(1008));
  // Others may have been in front with it, or in its place.
  for (const Front& other : {Front{.cpu = 9, .single = true}, Front{.group = 8}, Front{.group = 0}})
    EXPECT_EQ(remember(memory, beside_dev_tty(1290, other), clocks(1300)).last_input, boot(1296));
}

TEST(RememberDevTty, WhatTakesLinesMayHaveOpenedItForAMoment) {  // getpass(3)
  TerminalSample sample = beside_dev_tty(900, kPrompt);
  sample.canonical = true;
  TerminalMemory memory = seen_first(sample);
  sample.dev_tty->atime += seconds(390);  // at 1290
  sample.dev_tty->cpu += milliseconds(1);
  EXPECT_EQ(remember(memory, sample, clocks(1500)).last_input, boot(1296));
}

TEST(RememberDevTty, WhereNothingHoldsItTheLastOutputIsTheMost) {
  // The program has ended; its keys came before the prompt that the shell printed then.
  TerminalSample sample = beside_dev_tty(1240, {.held = false});
  sample.mtime = WallTime(seconds(1100) + kWallAhead);
  EXPECT_EQ(seen_first(sample).last_input, boot(1104));
  sample.canonical = true;  // a script runs: there may have been no prompt
  EXPECT_EQ(seen_first(sample).last_input, boot(1248));
}

// It hides the prompt of a program that has ended with the key that answered it.
TEST(RememberDevTty, TheBlockOfOurOwnWarningIsAPromptToo) {
  TerminalMemory memory = remember(std::nullopt, beside_dev_tty(900, kEmacs), clocks(1240));
  TerminalSample sample = beside_dev_tty(1242, {.group = 8, .held = false, .single = true});
  sample.mtime = WallTime(seconds(1240) + kWallAhead);
  memory = forgive_own_output(memory, sample.mtime);
  EXPECT_EQ(remember(memory, sample, clocks(1243)).last_input, boot(1248));
}

TEST(RememberDevTty, KeysThatTheShellReadMayHaveStartedAProgramThatIsGone) {
  TerminalMemory memory = seen_first(beside_dev_tty(1240, kPrompt));
  TerminalSample sample = beside_dev_tty(1240, kPrompt);
  sample.atime += seconds(256);  // at 1256
  memory = remember(memory, sample, clocks(1260));
  EXPECT_EQ(memory.last_input, boot(1264));
  sample = beside_dev_tty(1300, {.cpu = 6, .held = false});  // it has had a child
  sample.atime += seconds(256);
  sample.mtime = sample.dev_tty->atime;  // and then it ended
  EXPECT_EQ(remember(memory, sample, clocks(1310)).last_input, boot(1304));
}

TEST(RememberDevTty, WhatIsInFrontAfterKeysMayHoldIt) {
  const TerminalMemory prompt = seen_first(beside_dev_tty(900, kPrompt));
  EXPECT_FALSE(prompt.dev_tty->held);
  TerminalSample sample = beside_dev_tty(900, {.group = 0});  // not asked: nobody reads the node
  sample.atime += seconds(256);
  EXPECT_TRUE(remember(prompt, sample, clocks(1260)).dev_tty->held);
  sample.atime -= seconds(256);
  EXPECT_FALSE(remember(prompt, sample, clocks(1260)).dev_tty->held) << "no keys: as it was";
}

TEST(RememberDevTty, WhereNobodyReadsItNothingChanges) {
  const TerminalMemory memory = seen_first(beside_dev_tty(900, kEmacs));
  EXPECT_EQ(memory.last_input, boot(1008));
  EXPECT_EQ(remember(memory, beside_dev_tty(900, {.group = 8, .cpu = 9}), clocks(1300)).last_input,
            boot(1008));
}

TEST(RememberRead, CountsWhereTheCtimeHasSettled) {
  const TerminalMemory memory = armed();
  EXPECT_EQ(remember_read(memory, memory.ctime, boot(1310)).last_input, boot(1310));
  EXPECT_EQ(remember_read(memory, memory.ctime, boot(1310)).witness, Witness::kRead);
}

TEST(RememberRead, TouchDashALooksLikeAReadAndIsNone) {
  TerminalMemory memory = armed();
  for (double t = 1310; t < 1311; t += 0.001) {  // ctime in steps of 4 ms
    const double ctime = static_cast<double>(static_cast<std::int64_t>(t * 250)) / 250;
    memory = remember_read(memory, changed_at(ctime, 0, true).ctime, boot(t));
    ASSERT_EQ(memory.last_input, boot(1256)) << "forged at " << t;
  }
  EXPECT_GT(memory.forgeries, 200U);
}

TEST(RememberRead, KeysBetweenSlowTouchesCount) {
  TerminalMemory memory = armed();
  memory = remember_read(memory, changed_at(1310, 0, true).ctime, boot(1310));  // touch -a
  EXPECT_EQ(memory.last_input, boot(1256));
  memory = remember_read(memory, memory.ctime, boot(1310.010));  // too soon to tell
  EXPECT_EQ(memory.last_input, boot(1256));
  EXPECT_EQ(settles_at(memory), boot(1310) + kSettling);
  memory = look(memory, 1310.020);
  EXPECT_EQ(settles_at(memory), std::nullopt);
  memory = remember_read(memory, memory.ctime, boot(1310.031));
  EXPECT_EQ(memory.last_input, boot(1310.031));
  memory = remember_read(memory, memory.ctime, boot(1310.032));  // a paste: settled is settled
  EXPECT_EQ(memory.last_input, boot(1310.032));
}

TEST(RememberRead, AChangeThatWasToldIsNoObstacle) {
  TerminalMemory memory = armed();
  memory = remember_change(memory, changed_at(1310, 0, true).ctime, boot(1310));  // mesg n
  EXPECT_EQ(memory.last_input, boot(1256));
  EXPECT_EQ(remember_read(look(memory, 1310.019), memory.ctime, boot(1310.5)).last_input,
            boot(1256));
  EXPECT_EQ(remember_read(look(memory, 1310.020), memory.ctime, boot(1310.020)).last_input,
            boot(1310.020));
}

// However late the daemon hears of it: two `touch -a` within one jiffy, then a pause.
TEST(RememberRead, AForgedReadThatIsToldLateIsNone) {
  TerminalMemory memory = armed();
  memory = remember_read(memory, changed_at(1310, 0, true).ctime, boot(1310.001));
  EXPECT_EQ(remember_read(memory, memory.ctime, boot(1311)).last_input, boot(1256));
  // And a look settles nothing while there is something that it has not been told.
  memory = look(memory, 1311, /*reads_told=*/false);
  EXPECT_EQ(remember_read(memory, memory.ctime, boot(1312)).last_input, boot(1256));
}

TEST(RememberRead, TheEnterAfterMesgCountsByTheKeysBeforeIt) {
  TerminalMemory memory = armed();
  memory = remember_read(memory, memory.ctime, boot(1310));
  memory = remember_read(memory, changed_at(1310.1, 0, true).ctime, boot(1310.1));
  EXPECT_EQ(memory.last_input, boot(1310.1));
  // That lends nothing to what follows: a loop gains two seconds, once.
  for (int i = 2; i < 100; ++i)
    memory = remember_read(memory, changed_at(1310 + i * 0.1, 0, true).ctime, boot(1310 + i * 0.1));
  EXPECT_LE(memory.last_input, boot(1312.001));
}

TEST(Remember, ATimeSetBackCountsFromTheSetting) {
  const TerminalMemory fresh =
      core::remember(nullptr, changed_at(1002, 10, false), clocks(1015), clocks(1000).wall);
  EXPECT_EQ(fresh.last_input, boot(1002));
  const TerminalMemory before =
      core::remember(nullptr, changed_at(900, 1000, false), clocks(1100), clocks(895).wall);
  EXPECT_EQ(core::remember(&before, changed_at(1250, 10, false), clocks(1300), kLongAgo).last_input,
            boot(1250));
}

// As it is first seen: with the clocks of the opening at hand, and set since.
TEST(Remember, ATimeSetBackBeforeTheFirstLookCountsFromTheSetting) {
  const ClockReading opening = clocks(1000);
  const TerminalSample sample = changed_at(1002, 10, false);
  for (const seconds step : {seconds(0), seconds(hours(1)), seconds(-hours(1))})
    EXPECT_EQ(core::remember(nullptr, sample, clocks(1015, kWallAhead + step), opening.wall, false,
                             opening)
                  .last_input,
              boot(1002))
        << step.count();
}

TEST(RememberRead, OfATerminalInNoDoubtSaysNothingNew) {
  const TerminalMemory memory =
      core::remember(nullptr, read_at(1000), clocks(1100), clocks(1100).wall);
  EXPECT_EQ(remember_read(memory, memory.ctime, boot(1200)).last_input, boot(1008));
}

TEST(Remember, ALostWatchMakesTheAtimeCountAgain) {
  TerminalMemory memory = armed();
  memory = core::remember(&memory, changed_at(1250, 1400, false), clocks(1410), kLongAgo);
  EXPECT_FALSE(memory.armed);
  EXPECT_EQ(memory.last_input, boot(1408));
}

TEST(LastInput, TheConnectionOnlyLowers) {
  const TerminalMemory memory = remember(std::nullopt, read_at(1000), clocks(1100));
  const LastInput noisy = last_input(memory, heard(seconds(1)), boot(1100));
  EXPECT_EQ(noisy.at, boot(1008));
  EXPECT_EQ(noisy.witness, Witness::kTerminal);
  const LastInput quiet = last_input(memory, heard(milliseconds(98'000)), boot(1100));
  EXPECT_EQ(quiet.at, boot(1002) + kWireGrain);
  EXPECT_EQ(quiet.witness, Witness::kWire);
}

TEST(LastInput, WithoutAConnectionTheTerminalSpeaks) {
  const TerminalMemory memory = remember(std::nullopt, read_at(1000), clocks(1100));
  EXPECT_EQ(last_input(memory, std::nullopt, boot(1100)).at, boot(1008));
}

// For random typing and random looks: never earlier than the truth, and never more
// than a block later.
TEST(LastInput, IsNeverEarlyAndAtMostABlockLate) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> pause(0.01, 40);
  for (int run = 0; run < 200; ++run) {
    double time = 1000 + pause(random);
    double last_key = time;
    std::int64_t atime = static_cast<std::int64_t>(time);
    std::optional<TerminalMemory> memory;
    for (int i = 0; i < 100; ++i) {
      time += pause(random);
      if (random() % 2 == 0) {
        last_key = time;
        // As tty_update_time does: one change per block, to the whole second.
        if (static_cast<std::int64_t>(time) / 8 != atime / 8)
          atime = static_cast<std::int64_t>(time);
        continue;
      }
      memory = remember(memory, read_at(atime), clocks(time));
      const BootTime at = last_input(*memory, std::nullopt, boot(time)).at;
      ASSERT_GE(at, boot(last_key)) << "early, in run " << run;
      ASSERT_LE(at, boot(last_key) + kAtimeBlock) << "late, in run " << run;
      const nanoseconds quiet = boot(time) - boot(last_key);
      const BootTime exact = last_input(*memory, heard(quiet), boot(time)).at;
      ASSERT_GE(exact, boot(last_key)) << "early with a connection, in run " << run;
      ASSERT_LE(exact, boot(last_key) + kWireGrain) << "late with a connection, in run " << run;
    }
  }
}

}  // namespace
}  // namespace idled::core
