// Who is told what of the daemon's events, and when.
#include "idled/event_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "idled/system/journal.h"
#include "protocol/event_kinds.h"

namespace idled {
namespace {

using core::RecordKind;
using service::Peer;

// A caller, and what it has been told.
struct Caller {
  std::vector<protocol::Event> events;
  std::string error;
  int replies = 0;
  bool is_over = false;
  std::optional<std::size_t> unread = 0;

  service::Answer answer() {
    return service::Answer(
        [this](const protocol::Reply& reply) {
          ++replies;
          error = reply.error;
          is_over = !reply.continues;
          if (auto told = protocol::decode<protocol::EventsReply>(reply.parameters))
            events.insert(events.end(), told->events.begin(), told->events.end());
        },
        [this] { return unread; });
  }
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> messages;
    for (const protocol::Event& event : events) messages.push_back(event.message);
    return messages;
  }
};

class EventLogTest : public testing::Test {
 protected:
  static constexpr WallTime kNow{seconds(1769851800)};
  using Messages = std::vector<std::string>;

  EventLogTest() : log_([](const Peer& peer) { return peer.uid == 0; }) {}

  void add(const std::string& message, const std::string& uid = "",
           const std::string& user = "alice") {
    core::Record record{RecordKind::kWarned, core::Severity::kInfo, message, {}};
    if (!uid.empty()) record.fields = {{"IDLED_UID", uid}, {"IDLED_USER", user}};
    log_.add(record, kNow);
  }
  void follow(Caller& caller, const Peer& peer, const protocol::EventsRequest& request,
              bool more = true) {
    log_.follow(peer, request, more, caller.answer());
    tell();
  }
  void tell() {
    for (int slices = 0; !log_.tell(); ++slices) ASSERT_LT(slices, 10'000) << "it never ends";
  }

  EventLog log_;
  const Peer root_{1, 0, 0, {}};
  const Peer alice_{2, 1000, 1000, {}};
  const protocol::EventsRequest past_{"", true, false};
  const protocol::EventsRequest both_{"", true, true};
  const protocol::EventsRequest new_{"", false, true};
};

TEST(Event, HasTheFieldsOfItsRecord) {
  const core::Record record{RecordKind::kLogout,
                            core::Severity::kNotice,
                            "Logging out session c3",
                            {{"IDLED_SESSION", "c3"},
                             {"IDLED_UID", "1000"},
                             {"IDLED_HOST", ""},
                             {"IDLED_TERMINALS", "pts/3 pts/4"},
                             {"IDLED_LIMIT_SECONDS", "3x"},
                             {"IDLED_CAUSE", "idle"},
                             {"IDLED_RULE", "\x1b[2J"}}};
  const protocol::Event event = KeptEvent(record, WallTime(seconds(0))).event();
  EXPECT_EQ(event.kind, "logout");
  EXPECT_EQ(event.message, "Logging out session c3");
  EXPECT_EQ(event.session, "c3");
  EXPECT_EQ(event.uid, 1000);
  EXPECT_EQ(event.remote_host, std::nullopt);
  EXPECT_EQ(event.terminals, (std::vector<std::string>{"pts/3", "pts/4"}));
  EXPECT_EQ(event.limit_seconds, std::nullopt) << "it is no number";
  EXPECT_EQ(event.cause, "idle");
  EXPECT_EQ(event.rule, "?[2J");
}

TEST(Event, EveryKindHasANameAndAMessageIdOfItsOwn) {
  std::set<std::string_view> ids;
  std::vector<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(RecordKind::kTrouble); ++i) {
    EXPECT_TRUE(ids.insert(system::message_id(static_cast<RecordKind>(i))).second);
    names.push_back(system::event_name(static_cast<RecordKind>(i)));
  }
  EXPECT_TRUE(std::equal(names.begin(), names.end(), protocol::kEventKinds.begin(),
                         protocol::kEventKinds.end()));
}

TEST_F(EventLogTest, ThePastIsToldAtOnceAndWhatFollowsAsItComes) {
  add("one", "1000");
  Caller caller;
  follow(caller, root_, both_);
  EXPECT_EQ(caller.messages(), Messages{"one"});
  EXPECT_FALSE(caller.is_over);
  add("two", "1000");
  add("three", "1000");
  tell();
  EXPECT_EQ(caller.messages(), (Messages{"one", "two", "three"}));
  EXPECT_EQ(caller.replies, 2);
  tell();
  EXPECT_EQ(caller.replies, 2) << "there is nothing to tell";
}

TEST_F(EventLogTest, WhoFollowsWithoutThePastIsGreetedWithNothing) {
  add("one", "1000");
  Caller caller;
  follow(caller, root_, new_);
  EXPECT_EQ(caller.replies, 1) << "so that it knows that it follows";
  EXPECT_EQ(caller.messages(), Messages{});
  add("two", "1000");
  tell();
  EXPECT_EQ(caller.messages(), Messages{"two"});
}

TEST_F(EventLogTest, ThePastAloneIsOneAnswer) {
  for (int i = 0; i < 200; ++i) add(std::to_string(i), "1000");
  Caller whole, parts;
  follow(whole, root_, past_, /*more=*/false);
  EXPECT_EQ(whole.replies, 1);
  EXPECT_TRUE(whole.is_over);
  EXPECT_EQ(whole.events.size(), 200U);
  follow(parts, root_, past_);
  EXPECT_GT(parts.replies, 2);
  EXPECT_TRUE(parts.is_over);
  EXPECT_EQ(parts.messages(), whole.messages());
  EXPECT_FALSE(log_.has_followers());
}

TEST_F(EventLogTest, UsersAreToldOfTheirOwnLoginsAlone) {
  add("alice's", "1000");
  add("bob's", "1001", "bob");
  add("the daemon's");
  Caller alice, root, of_bob;
  follow(alice, alice_, both_);
  follow(root, root_, both_);
  follow(of_bob, root_, {"bob", true, true});
  add("bob's again", "1001", "bob");
  tell();
  EXPECT_EQ(alice.messages(), Messages{"alice's"});
  EXPECT_EQ(root.messages(), (Messages{"alice's", "bob's", "the daemon's", "bob's again"}));
  EXPECT_EQ(of_bob.messages(), (Messages{"bob's", "bob's again"}));
}

// A name is not a login: two users may have one name, and one of them is another.
TEST_F(EventLogTest, AUsersNameOpensNothing) {
  add("another's", "1001", "alice");
  Caller caller;
  follow(caller, alice_, {"alice", true, true});
  EXPECT_EQ(caller.messages(), Messages{});
}

TEST_F(EventLogTest, ItKeepsTheLastThousand) {
  for (std::size_t i = 0; i < EventLog::kKept + 5; ++i) add(std::to_string(i), "1000");
  Caller caller;
  follow(caller, root_, past_);
  ASSERT_EQ(caller.events.size(), EventLog::kKept);
  EXPECT_EQ(caller.events.front().message, "5");
}

TEST_F(EventLogTest, AGapIsTold) {
  Caller caller;
  follow(caller, root_, new_);
  for (std::size_t i = 0; i < EventLog::kKept + 5; ++i) add(std::to_string(i), "1000");
  tell();
  ASSERT_EQ(caller.events.size(), EventLog::kKept + 1);
  EXPECT_EQ(caller.events[0].kind, protocol::kMissed);
  EXPECT_EQ(caller.events[1].message, "5");
  EXPECT_FALSE(caller.is_over);
}

TEST_F(EventLogTest, WhoReadsSlowlyIsToldWhenTheyHaveRead) {
  Caller slow, other;
  follow(slow, root_, new_);
  follow(other, root_, new_);
  slow.unread = EventLog::kMostUnread + 1;
  add("one", "1000");
  tell();
  EXPECT_EQ(slow.messages(), Messages{});
  EXPECT_EQ(other.messages(), Messages{"one"}) << "that is no other's business";
  slow.unread = EventLog::kMostUnread;
  tell();
  EXPECT_EQ(slow.messages(), Messages{"one"});
}

TEST_F(EventLogTest, WhoDoesNotReadUntilEventsAreLostIsToldSoAndNoMore) {
  Caller slow;
  follow(slow, root_, new_);
  slow.unread = EventLog::kMostUnread + 1;
  for (std::size_t i = 0; i < EventLog::kKept; ++i) add("kept", "1000");
  tell();
  EXPECT_FALSE(slow.is_over);
  add("one too many", "1000");
  tell();
  EXPECT_EQ(slow.error, protocol::kTooSlow);
  EXPECT_TRUE(slow.is_over);
  EXPECT_FALSE(log_.has_followers());
}

TEST_F(EventLogTest, WhoHasGoneIsForgotten) {
  Caller caller;
  follow(caller, root_, new_);
  caller.unread.reset();
  log_.forget_gone();
  EXPECT_FALSE(log_.has_followers());
}

// It is while it is told that a caller may turn out to have gone, and another to be here.
TEST_F(EventLogTest, ACallerMayGoWhileItIsTold) {
  Caller caller, other;
  log_.follow(root_, new_, true,
              service::Answer(
                  [&](const protocol::Reply&) {
                    caller.unread.reset();
                    log_.forget_gone();
                  },
                  [&] { return caller.unread; }));
  follow(other, root_, new_);
  add("one", "1000");
  tell();
  EXPECT_EQ(other.messages(), Messages{"one"});
}

}  // namespace
}  // namespace idled
