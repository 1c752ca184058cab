#include "idled/system/audit.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <future>
#include <mutex>
#include <string>
#include <vector>

namespace idled::system {
namespace {

using core::Record;
using core::RecordKind;
using Fields = std::vector<std::pair<std::string, std::string>>;

Record logout(Fields fields, RecordKind kind = RecordKind::kLogout) {
  return {kind, core::Severity::kNotice, "Logging out", std::move(fields)};
}

const Fields kAlice{{"IDLED_SESSION", "7"},
                    {"IDLED_USER", "alice"},
                    {"IDLED_UID", "1001"},
                    {"IDLED_HOST", "192.0.2.7"},
                    {"IDLED_TERMINALS", "pts/3 pts/4"},
                    {"IDLED_RULE", "defaults"},
                    {"IDLED_CAUSE", "idle"}};

TEST(AuditMessage, SaysWhoWhereFromWhereAndWhy) {
  const auto message = audit_message(logout(kAlice), 12);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text, R"(op=logout cause=idle rule="defaults" acct="alice" id=1001 ses=12)");
  EXPECT_EQ(message->host, "192.0.2.7");
  EXPECT_EQ(message->address, "192.0.2.7");
  EXPECT_EQ(message->terminal, "pts/3,pts/4");
  EXPECT_TRUE(message->success);
}

TEST(AuditMessage, NamesWhoeverKicked) {
  Fields fields = kAlice;
  fields.back().second = "kick";
  fields.emplace_back("IDLED_BY", "root");
  EXPECT_EQ(audit_message(logout(fields), {})->text,
            R"(op=logout cause=kick rule="defaults" by="root" acct="alice" id=1001)");
}

TEST(AuditMessage, OfALoginThatOutlivesSigkillSaysThatItFailed) {
  const auto message = audit_message(logout(kAlice, RecordKind::kStuck), {});
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->success);
}

TEST(AuditMessage, IsOfForcedLogoutsAlone) {
  for (int i = 0; i <= static_cast<int>(RecordKind::kTrouble); ++i) {
    const auto kind = static_cast<RecordKind>(i);
    EXPECT_EQ(audit_message(logout(kAlice, kind), {}).has_value(),
              kind == RecordKind::kLogout || kind == RecordKind::kStuck)
        << i;
  }
}

TEST(AuditMessage, LeavesNoValueToBeTakenForAField) {
  const Fields hostile{{"IDLED_USER", "eve\" res=failed"}, {"IDLED_UID", "1002"},
                       {"IDLED_HOST", "a res=failed"},     {"IDLED_TERMINALS", ""},
                       {"IDLED_RULE", "by day"},           {"IDLED_CAUSE", "idle"}};
  const auto message = audit_message(logout(hostile), {});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text,
            "op=logout cause=idle rule=627920646179 acct=65766522207265733D6661696C6564 id=1002");
  EXPECT_EQ(message->host, "?");
  EXPECT_EQ(message->address, "?");
  EXPECT_EQ(message->terminal, "?");
}

TEST(AuditMessage, OfAHostNameKnowsNoAddressAndAsksNobody) {
  Fields fields = kAlice;
  fields[3].second = "client.example.org";
  const auto message = audit_message(logout(fields), {});
  EXPECT_EQ(message->host, "client.example.org");
  EXPECT_EQ(message->address, "?");
  fields[3].second = "2001:db8::7";
  EXPECT_EQ(audit_message(logout(fields), {})->address, "2001:db8::7");
}

// --- the thread -------------------------------------------------------------------

bool is_readable(int fd, int milliseconds) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, milliseconds) == 1;
}

constexpr int kLongEnough = 20'000;  // ms

std::unique_ptr<AuditLog> log_to(AuditLog::Send send) {
  Result<std::unique_ptr<AuditLog>> log = AuditLog::open(std::move(send));
  EXPECT_TRUE(log);
  return *std::move(log);
}

AuditMessage message(std::string text) {
  return {std::move(text), "?", "?", "?", true};
}

TEST(AuditLog, WritesAllInTheirOrderBeforeItEnds) {
  std::vector<std::string> written;
  {
    const auto log = log_to([&](const AuditMessage& message) {
      written.push_back(message.text);
      return 0;
    });
    for (const char* text : {"a", "b", "c"}) log->write(message(text));
  }
  EXPECT_EQ(written, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(AuditLog, FailureIsToldOnce) {
  std::promise<void> third;
  std::atomic<int> sent = 0;
  const auto log = log_to([&](const AuditMessage&) {
    if (++sent == 3) third.set_value();
    return sent == 1 ? EPERM : ECONNREFUSED;
  });
  EXPECT_FALSE(is_readable(log->failure_fd(), 0));
  log->write(message("a"));
  ASSERT_TRUE(is_readable(log->failure_fd(), kLongEnough));
  EXPECT_EQ(log->take_failure(), EPERM);
  log->write(message("b"));
  log->write(message("c"));
  third.get_future().wait();
  EXPECT_FALSE(is_readable(log->failure_fd(), 0));
  EXPECT_EQ(log->take_failure(), 0);
}

// What the thread is in when the kernel makes it wait.
class StuckAuditLog : public testing::Test {
 protected:
  ~StuckAuditLog() override { release_.set_value(); }
  std::promise<void> release_;
  std::shared_future<void> released_{release_.get_future()};
};

TEST_F(StuckAuditLog, KeepsNobodyWaitingAndSaysThatRecordsAreLost) {
  const auto log = log_to([released = released_](const AuditMessage&) {
    released.wait();
    return 0;
  });
  for (int i = 0; i < 2000; ++i) log->write(message("a"));
  ASSERT_TRUE(is_readable(log->failure_fd(), 0));
  EXPECT_EQ(log->take_failure(), ENOBUFS);
}

TEST_F(StuckAuditLog, IsLeftToItself) {
  const auto began = std::chrono::steady_clock::now();
  {
    const auto log = log_to([released = released_](const AuditMessage&) {
      released.wait();
      return 0;
    });
    log->write(message("a"));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15));
}

}  // namespace
}  // namespace idled::system
