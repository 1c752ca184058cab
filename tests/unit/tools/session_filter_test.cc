#include "tools/session_filter.h"

#include <gtest/gtest.h>

namespace idled::tools {
namespace {

using protocol::SessionInfo;

SessionInfo with_id(const std::string& id, std::optional<std::string> logout_at = {}) {
  SessionInfo session;
  session.id = id;
  session.logout_at = std::move(logout_at);
  return session;
}

SessionInfo of(const std::string& user, std::optional<std::int64_t> idle_seconds,
               const std::string& state = "active") {
  SessionInfo session = with_id(user);
  session.user = user;
  session.idle_seconds = idle_seconds;
  session.state = state;
  return session;
}

// --- filter -----------------------------------------------------------------

TEST(Filter, WithoutWishesTakesAll) {
  EXPECT_TRUE(SessionFilter().takes(of("alice", {})));
  EXPECT_EQ(SessionFilter().in_words(), "");
}

TEST(Filter, TakesTheUserAlone) {
  const SessionFilter filter{"alice", {}, {}};
  EXPECT_TRUE(filter.takes(of("alice", 3)));
  EXPECT_FALSE(filter.takes(of("alic", 3)));
}

TEST(Filter, IdleOverIsMoreThanThat) {
  const SessionFilter filter{"", {}, seconds(180)};
  EXPECT_FALSE(filter.takes(of("a", 180)));
  EXPECT_TRUE(filter.takes(of("a", 181)));
}

TEST(Filter, WhatIsNotKnownToBeIdleIsNot) {
  const SessionFilter filter{"", {}, seconds(0)};
  EXPECT_FALSE(filter.takes(of("a", {})));
  EXPECT_TRUE(filter.takes(of("a", 1)));
}

TEST(Filter, TakesAnyOfTheStates) {
  const SessionFilter filter{"", {"warned", "held"}, {}};
  EXPECT_TRUE(filter.takes(of("a", 1, "warned")));
  EXPECT_TRUE(filter.takes(of("a", 1, "held")));
  EXPECT_FALSE(filter.takes(of("a", 1, "active")));
}

TEST(Filter, AllWishesMustBeMet) {
  const SessionFilter filter{"alice", {"warned"}, seconds(60)};
  EXPECT_TRUE(filter.takes(of("alice", 61, "warned")));
  EXPECT_FALSE(filter.takes(of("bob", 61, "warned")));
  EXPECT_FALSE(filter.takes(of("alice", 60, "warned")));
  EXPECT_FALSE(filter.takes(of("alice", 61, "active")));
}

TEST(Filter, InWordsIsSafeToShow) {
  const SessionFilter filter{"al\x1bice", {"warned", "held"}, seconds(180)};
  EXPECT_EQ(filter.in_words(), "user al?ice, idle over 3m, warned or held");
}

// --- words ------------------------------------------------------------------

TEST(States, AreAListOfThoseThatThereAre) {
  EXPECT_EQ(*parse_states("warned"), std::vector<std::string>{"warned"});
  EXPECT_EQ(*parse_states("active,warned,held,waiting,ending,exempt"),
            std::vector<std::string>(kStates.begin(), kStates.end()));
}

TEST(States, ThatThereAreNotAreRefusedWithWhatWasMeant) {
  EXPECT_EQ(parse_states("active,warnd").error().text,
            "there is no state 'warnd'; did you mean 'warned'?");
  const std::string all = "'; there are active, warned, held, waiting, ending, exempt";
  EXPECT_EQ(parse_states("gone").error().text, "there is no state 'gone" + all);
  EXPECT_EQ(parse_states("").error().text, "there is no state '" + all);
  EXPECT_EQ(parse_states("held,").error().text, "there is no state '" + all);
  EXPECT_EQ(parse_states("held, active").error().text,
            "there is no state ' active'; did you mean 'active'?");
}

TEST(SortKeys, AreKnown) {
  EXPECT_EQ(*parse_sort_key("logout"), SortKey::kLogout);
  EXPECT_EQ(*parse_sort_key("idle"), SortKey::kIdle);
  EXPECT_EQ(*parse_sort_key("user"), SortKey::kUser);
  EXPECT_EQ(*parse_sort_key("session"), SortKey::kSession);
  EXPECT_EQ(parse_sort_key("users").error().text,
            "there is no order 'users'; did you mean 'user'?");
  EXPECT_EQ(parse_sort_key("tty").error().text,
            "there is no order 'tty'; there are logout, idle, user, session");
}

// --- order ------------------------------------------------------------------

std::string order(std::vector<SessionInfo> sessions, SortKey key = SortKey::kLogout) {
  sort_sessions(sessions, key);
  std::string ids;
  for (const SessionInfo& session : sessions) ids += session.id + " ";
  return ids;
}

TEST(Order, IsByTheTimeLeftAndThoseThatStayComeLast) {
  EXPECT_EQ(order({with_id("never", {}), with_id("later", "2026-01-31T09:30:48Z"),
                   with_id("first", "2026-01-31T10:30:00+02:00"), with_id("odd", "soon")}),
            "first later odd never ");
}

TEST(Order, OfEqualsIsById) {
  for (const SortKey key : {SortKey::kLogout, SortKey::kIdle, SortKey::kUser, SortKey::kSession}) {
    EXPECT_EQ(order({with_id("c10"), with_id("c2"), with_id("7"), with_id("c1")}, key),
              "7 c1 c2 c10 ");
  }
}

TEST(Order, ByIdlenessHasTheLongestFirstAndTheUnknownLast) {
  EXPECT_EQ(order({of("unknown", {}), of("none", 0), of("most", INT64_MAX), of("some", 5)},
                  SortKey::kIdle),
            "most some none unknown ");
}

TEST(Order, ByUserHasThoseOfOneUserByTheTimeLeft) {
  SessionInfo later = with_id("later", "2026-01-31T09:31:00Z");
  SessionInfo sooner = with_id("sooner", "2026-01-31T09:30:00Z");
  later.user = sooner.user = "bob";
  EXPECT_EQ(order({later, sooner, of("carol", 1), of("alice", 1)}, SortKey::kUser),
            "alice sooner later carol ");
}

TEST(Order, BySessionDoesNotLookAtTheTimeLeft) {
  EXPECT_EQ(order({with_id("c2", "2026-01-31T09:30:00Z"), with_id("c1")}, SortKey::kSession),
            "c1 c2 ");
}

}  // namespace
}  // namespace idled::tools
