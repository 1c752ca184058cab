// engine_bench: what the engine takes, for a day of so many people (working_day.h).
//
// `look_ns` is the mean of the steps that were told of a look at a login, which is where the
// engine decides. `all_ns` is the time of all steps of the day, logins, timers, warnings and
// logouts too, by the number of looks. Each step is timed by itself: the reading of the clock is
// in it.
#include <benchmark/benchmark.h>

#include "working_day.h"

namespace idled::bench {
namespace {

double mean_ns(const Cost& cost) {
  return static_cast<double>(cost.time.count()) / static_cast<double>(cost.steps);
}

void pass_a_day(benchmark::State& state) {
  Tally tally;
  for (auto _ : state) {
    WorkingDay day(static_cast<std::size_t>(state.range(0)));
    day.pass();
    tally = day.tally();
    state.SetIterationTime(std::chrono::duration<double>(tally.all().time).count());
  }
  const Cost all = tally.all();
  const auto looks = static_cast<double>(tally.looks());
  state.counters["all_ns"] = static_cast<double>(all.time.count()) / looks;
  state.counters["look_ns"] = mean_ns(tally.of<core::Observed>());
  state.counters["login_ns"] = mean_ns(tally.of<core::LoginOpened>());
  state.counters["allocations"] = static_cast<double>(all.allocations) / looks;
  state.counters["steps"] = static_cast<double>(all.steps);
  state.counters["looks"] = looks;
  state.counters["logins"] = static_cast<double>(tally.of<core::LoginOpened>().steps);
  state.counters["at_once"] = static_cast<double>(tally.most_at_once);
  state.counters["warnings"] = static_cast<double>(tally.warnings);
  state.counters["cancelled"] = static_cast<double>(tally.cancelled);
  state.counters["logouts"] = static_cast<double>(tally.logouts);
}

BENCHMARK(pass_a_day)
    ->Name("day")
    ->RangeMultiplier(10)
    ->Range(1000, 1'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace idled::bench

BENCHMARK_MAIN();
