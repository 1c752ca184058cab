// policy_bench: what it takes to find out which of so many rules apply to a login.
//
// Rules of the kinds that sites have, each named for what it asks; none of them matches, so that
// all have to be looked at. `mixed` has a fifth of each. `login` is all that the daemon asks of
// the policy when a login is opened.
#include <benchmark/benchmark.h>

#include <array>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "policy/parse.h"

namespace idled::bench {
namespace {

using namespace std::chrono_literals;

struct Kind {
  const char* name;
  std::string_view match;  // with every # made the rule's number
};
constexpr std::array kKinds{
    Kind{"users", R"("user": "user#")"},
    Kind{"user globs", R"("user": "svc-#-*")"},
    Kind{"groups", R"("group": ["g#", "!h#"])"},
    Kind{"hosts", R"("host": "*.rack#.example.com")"},
    Kind{"users by day", R"("user": ["!x", "user#"], "time": "Mon-Fri 08:00-18:00")"},
};
constexpr std::size_t kMixed = kKinds.size();

std::string numbered(std::string_view text, const std::string& number) {
  std::string result;
  for (const char c : text) result += c == '#' ? number : std::string(1, c);
  return result;
}

policy::Policy policy_of(std::size_t kind, std::size_t rules) {
  std::string text = "{\"rules\": [";
  for (std::size_t i = 0; i < rules; ++i) {
    const Kind& asks = kKinds[kind == kMixed ? i % kKinds.size() : kind];
    const std::string number = std::to_string(i);
    text += numbered(R"({"name": "rule #", "idle": "10m", "match": {)", number) +
            numbered(asks.match, number) + (i + 1 < rules ? "}}," : "}}");
  }
  const policy::Source source{"policy.json", text + "]}"};
  const policy::Parsed parsed = policy::parse(std::span(&source, 1));
  if (!parsed.policy) throw std::logic_error(policy::render(parsed.errors));
  std::map<std::string, gid_t> ids;
  for (const std::string& name : parsed.policy->group_names())
    ids.emplace(name, static_cast<gid_t>(5000 + ids.size()));
  return parsed.policy->bind_groups(ids);
}

policy::Subject alice() {
  return {"alice",
          1000,
          {1000, 27, 100},
          "sshd",
          "desk.example.com",
          {"pts/3"},
          policy::Kind::kTerminal};
}

policy::LocalTime monday_noon() {
  return policy::local_time(std::chrono::Monday, 12h);
}

void resolve(benchmark::State& state, std::size_t kind) {
  const policy::Policy policy = policy_of(kind, static_cast<std::size_t>(state.range(0)));
  const policy::Subject subject = alice();
  const policy::LocalTime now = monday_noon();
  if (policy.resolve(subject, now).idle_rule != "built-in")
    throw std::logic_error("a rule matches");
  for (auto _ : state) benchmark::DoNotOptimize(policy.resolve(subject, now));
}

void open_login(benchmark::State& state) {
  const policy::Policy policy = policy_of(kMixed, static_cast<std::size_t>(state.range(0)));
  const policy::Subject subject = alice();
  const policy::LocalTime now = monday_noon();
  for (auto _ : state) {
    benchmark::DoNotOptimize(policy.resolve(subject, now));
    benchmark::DoNotOptimize(policy.shortest_idle(subject, now));
    benchmark::DoNotOptimize(policy.next_change(now));
    benchmark::DoNotOptimize(policy.mildest(subject));
  }
}

void enter(benchmark::internal::Benchmark* one) {
  one->Arg(100)->Arg(1000)->Arg(5000)->Unit(benchmark::kMicrosecond);
}

}  // namespace
}  // namespace idled::bench

int main(int argc, char** argv) {
  using namespace idled::bench;
  for (std::size_t kind = 0; kind <= kMixed; ++kind) {
    const std::string name = kind == kMixed ? "mixed" : kKinds[kind].name;
    const auto run = [kind](benchmark::State& state) { resolve(state, kind); };
    enter(benchmark::RegisterBenchmark(("resolve/" + name).c_str(), run));
  }
  enter(benchmark::RegisterBenchmark("login", &open_login));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
