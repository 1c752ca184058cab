#include "tools/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "fake_daemon.h"

namespace idled::tools {
namespace {

using protocol::Event;
using std::chrono::minutes;

const sys_seconds kStart{seconds(1769850000)};  // 2026-01-31T09:00:00Z
const sys_seconds kEnd = kStart + minutes(60);

Event at(int minute, const std::string& kind) {
  Event event;
  event.at = format_rfc3339(kStart + minutes(minute));
  event.kind = kind;
  event.message = "A sentence.\nAnd more.";
  return event;
}

Event logout(int minute, const std::string& cause, const std::string& user,
             const std::string& kind = "logout") {
  Event event = at(minute, kind);
  event.cause = cause;
  event.user = user;
  event.rule = user == "alice" ? "ops" : "defaults";
  return event;
}

Report report_of(const std::vector<Event>& events) {
  ReportBuilder builder(kStart, kEnd);
  for (const Event& event : events) builder.add(event);
  return builder.finish();
}

// "0-5 10-60?": minutes; a question mark where nothing is recorded of it.
std::string gaps_of(const std::vector<Event>& events) {
  std::string text;
  for (const Gap& gap : report_of(events).gaps)
    text += (text.empty() ? "" : " ") + std::to_string((gap.from - kStart) / minutes(1)) + "-" +
            std::to_string((gap.until - kStart) / minutes(1)) + (gap.is_recorded ? "" : "?");
  return text;
}

class ReportTest : public testing::Test {
 protected:
  ReportTest() { setenv("TZ", "UTC", 1); }
};

TEST_F(ReportTest, LogoutsAddUpByCauseRuleAndUser) {
  const Report report =
      report_of({logout(1, "idle", "alice"), logout(2, "idle", "bob"), logout(3, "cap", "alice"),
                 logout(4, "kick", "bob"), logout(5, "idle", "carol", "would-log-out")});
  EXPECT_EQ(report.records, 5);
  EXPECT_EQ(report.logouts.total, 4);
  using Counts = std::map<std::string, std::int64_t>;
  EXPECT_EQ(report.logouts.by_cause, (Counts{{"cap", 1}, {"idle", 2}, {"kick", 1}}));
  EXPECT_EQ(report.logouts.by_rule, (Counts{{"defaults", 1}, {"ops", 2}}))
      << "a kick is nobody's rule";
  EXPECT_EQ(report.logouts.by_user, (Counts{{"alice", 2}, {"bob", 2}}));
  EXPECT_EQ(report.reported.total, 1);
  EXPECT_EQ(report.reported.by_user, (Counts{{"carol", 1}}));
}

TEST_F(ReportTest, GapsAreWhereNothingShowsThatADaemonRan) {
  EXPECT_EQ(gaps_of({at(10, "warned")}), "") << "it ran, or it could not have said so";
  EXPECT_EQ(gaps_of({at(10, "stopped"), at(15, "started")}), "10-15");
  EXPECT_EQ(gaps_of({at(10, "stopped"), at(10, "started")}), "");
  EXPECT_EQ(gaps_of({at(10, "stopped")}), "10-60");
  EXPECT_EQ(gaps_of({at(10, "started")}), "0-10?");
  EXPECT_EQ(gaps_of({at(10, "warned"), at(30, "started")}), "10-30?") << "it was killed";
  EXPECT_EQ(gaps_of({}), "0-60?");
  EXPECT_EQ(gaps_of({at(5, "started"), at(10, "stopped"), at(15, "started"), at(50, "stopped")}),
            "0-5? 10-15 50-60");
}

TEST_F(ReportTest, TextSaysItAll) {
  Event loaded = at(20, "policy-loaded");
  loaded.message = "Policy in force: /etc/idled/policy.json\nwarning";
  const std::string text = report_text(
      report_of({at(5, "started"), logout(6, "idle", "bob"), logout(7, "idle", "alice"),
                 logout(8, "idle", "alice"), at(9, "warned"), at(9, "cancelled"), loaded}));
  EXPECT_EQ(text,
            "From 2026-01-31 09:00:00 until 2026-01-31 10:00:00, by 7 records of idled\n"
            "\n"
            "Logouts: 3\n"
            "  by cause: idle 3\n"
            "  by rule:  ops 2, defaults 1\n"
            "  by user:  alice 2, bob 1\n"
            "Logins: 0\n"
            "Warnings: 1\n"
            "Called off by input: 1\n"
            "Not ended, whatever was done: 0\n"
            "Logins that could not be watched: 0\n"
            "\n"
            "Policy changes:\n"
            "  2026-01-31 09:20:00 Policy in force: /etc/idled/policy.json\n"
            "\n"
            "Times in which nothing was enforced:\n"
            "  2026-01-31 09:00:00 until 2026-01-31 09:05:00 (5m): nothing shows that it ran, or "
            "that it stopped\n");
}

TEST_F(ReportTest, JsonHasTheSame) {
  const auto object = protocol::Json::parse(
      report_json(report_of({at(1, "warned"), logout(6, "idle", "al\x1bice"), at(50, "stopped")})));
  EXPECT_EQ(object["logouts"]["total"], 1);
  EXPECT_EQ(object["logouts"]["by_user"].size(), 1U);
  EXPECT_EQ(object["events"]["warned"], 1);
  EXPECT_EQ(object["gaps"][0]["from"], "2026-01-31T09:50:00+00:00");
  EXPECT_EQ(object["gaps"][0]["is_recorded"], true);
}

TEST_F(ReportTest, TheCommandReadsTheJournalOfThatTime) {
  std::optional<Period> asked;
  const ReadJournal journal = [&](const Period& period, const std::string& file,
                                  const TakeEvent& take) -> Result<void> {
    asked = period;
    EXPECT_EQ(file, "x.journal");
    take(logout(6, "idle", "bob"));
    return {};
  };
  const Ran ran =
      run_idlectl("/nonexistent",
                  {"report", "--since", "1h", "--until", "2026-01-31 09:15", "--file", "x.journal"},
                  seconds(1), 0, journal);
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
  EXPECT_NE(ran.out.find("Logouts: 1\n"), std::string::npos) << ran.out;
  EXPECT_EQ(asked->since, kNow - minutes(60));
  EXPECT_EQ(asked->until, WallTime(kStart) + minutes(15));
}

TEST_F(ReportTest, NoRecordsAreNoEvidence) {
  const ReadJournal empty = [](const Period&, const std::string&, const TakeEvent&) {
    return Result<void>();
  };
  const Ran ran = run_idlectl("/nonexistent", {"report", "--since", "1h"}, seconds(1), 0, empty);
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_NE(ran.err.find("no evidence"), std::string::npos);
  const ReadJournal broken = [](const Period&, const std::string&,
                                const TakeEvent&) -> Result<void> {
    return Error{"reading the journal: Bad message", EBADMSG};
  };
  EXPECT_EQ(run_idlectl("/nonexistent", {"report", "--since", "1h"}, seconds(1), 0, broken).code,
            ExitCode::kFailed);
}

TEST_F(ReportTest, ItTakesATimeThatMakesSense) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"report"},
                                                    {"report", "--since", "soon"},
                                                    {"report", "--since", "1h", "--until", "2h"}})
    EXPECT_EQ(run_idlectl("/nonexistent", arguments).code, ExitCode::kUsage);
}

}  // namespace
}  // namespace idled::tools
