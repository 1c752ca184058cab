#include "idled/snapshot.h"

#include <gtest/gtest.h>

namespace idled {
namespace {

core::SessionData sample() {
  core::SessionData data;
  data.login.id.value = "c3";
  data.login.user = "alice";
  data.login.uid = 1000;
  data.login.gids = {100, 27};
  data.login.service = "sshd";
  data.login.remote_host = "192.0.2.7";
  data.login.ssh_connection = "192.0.2.7 50000 192.0.2.1 22";
  data.login.leader = {4242, 987654321};
  data.login.opened_at = WallTime(seconds(1'700'000'000));
  data.login.adopted = true;
  data.opened = BootTime(seconds(77));
  data.floor = BootTime(seconds(99));
  core::Terminal terminal;
  terminal.name = "pts/3";
  terminal.memory.clocks = {BootTime(seconds(80)), WallTime(seconds(1'700'000'003))};
  terminal.memory.atime = WallTime(seconds(1'700'000'001));
  terminal.memory.unread = 5;
  terminal.memory.last_input = BootTime(seconds(81));
  terminal.memory.witness = core::Witness::kUnread;
  data.terminals.push_back(terminal);
  data.warning = core::Warning{BootTime(seconds(81)), seconds(60), false, {}};
  data.kick = core::Kick{BootTime(seconds(500)), "root", "maintenance"};
  data.cap_floor = BootTime(seconds(98));
  data.cap_warning = core::Warning{{}, seconds(10), true, {}, false};
  data.hold = core::Hold{BootTime(seconds(600)), "alice", true, "a build"};
  data.closed_input = BootTime(seconds(82));
  data.held_from = BootTime(seconds(90));
  data.reported_input = BootTime(seconds(81));
  data.reported_cap = true;
  data.tmout = "600";
  return data;
}

TEST(Snapshot, ComesBackWhole) {
  const core::SessionData data = sample();
  const Result<core::SessionData> back = from_snapshot(to_snapshot(data, "boot-1"), "boot-1");
  ASSERT_TRUE(back) << back.error().text;
  // Everything that is written stands in the text, so equal texts are equal sessions.
  EXPECT_EQ(to_snapshot(*back, "boot-1"), to_snapshot(data, "boot-1"));
  EXPECT_EQ(back->login.leader, data.login.leader);
  EXPECT_EQ(back->terminals.at(0).memory.last_input, data.terminals[0].memory.last_input);
  EXPECT_EQ(back->warning->lead, seconds(60));
  EXPECT_FALSE(back->warning->delivered);
  EXPECT_EQ(back->kick->message, "maintenance");
  EXPECT_EQ(back->cap_floor, BootTime(seconds(98)));
  EXPECT_FALSE(back->cap_warning->shown);
  EXPECT_TRUE(back->warning->shown);
  EXPECT_EQ(back->hold->until, BootTime(seconds(600)));
  EXPECT_TRUE(back->hold->by_admin);
  EXPECT_EQ(back->hold->why, "a build");
  EXPECT_EQ(back->closed_input, BootTime(seconds(82)));
  EXPECT_EQ(back->held_from, BootTime(seconds(90)));
  EXPECT_EQ(back->reported_input, BootTime(seconds(81)));
  EXPECT_TRUE(back->reported_cap);
  EXPECT_EQ(back->tmout, "600");
}

TEST(Snapshot, OfAnotherBootIsRefused) {
  const Result<core::SessionData> back = from_snapshot(to_snapshot(sample(), "boot-1"), "boot-2");
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().text, "written before the machine was started");
}

TEST(Snapshot, OfAbsurdTimesCanBeCalculatedWith) {
  core::SessionData data = sample();
  data.floor = BootTime::max();
  data.terminals[0].memory.last_input = BootTime::max();
  data.terminals[0].memory.atime = WallTime::min();
  const Result<core::SessionData> back = from_snapshot(to_snapshot(data, "b"), "b");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->floor.time_since_epoch(), kFarthest);
  EXPECT_EQ(back->terminals[0].memory.last_input.time_since_epoch(), kFarthest);
  EXPECT_EQ(back->terminals[0].memory.atime.time_since_epoch(), -kFarthest);
}

TEST(Snapshot, OfANewerVersionIsReadAsFarAsItIsKnown) {
  std::string text = to_snapshot(sample(), "b");
  text.insert(1, R"("new_thing":{"deep":[1,2]},)");
  EXPECT_TRUE(from_snapshot(text, "b"));
}

std::string without(std::string_view name, std::string text) {
  const std::string key = "\"" + std::string(name) + "\":";
  for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos;)
    text.replace(at, key.size(), "\"other\":");
  return text;
}

// Read as that of the boot, such a time would end somebody at once.
TEST(Snapshot, ATimeThatIsNotThereEndsNobody) {
  const std::string text = to_snapshot(sample(), "b");
  EXPECT_FALSE(from_snapshot(without("opened", text), "b"));
  EXPECT_FALSE(from_snapshot(without("at", text), "b")->kick);
  EXPECT_FALSE(from_snapshot(without("until", text), "b")->hold);
  EXPECT_FALSE(from_snapshot(without("held_from", text), "b")->held_from);
  EXPECT_FALSE(from_snapshot(without("lead", text), "b")->warning);
  for (const char* time : {"boot", "wall", "atime", "last_input", "ctime"})
    EXPECT_TRUE(from_snapshot(without(time, text), "b")->terminals.empty()) << time;
}

TEST(Snapshot, DamagedTextIsRefusedNotBelieved) {
  const std::string text = to_snapshot(sample(), "b");
  for (std::size_t size = 0; size < text.size(); ++size)
    ASSERT_FALSE(from_snapshot(std::string_view(text).substr(0, size), "b")) << size;
  EXPECT_FALSE(from_snapshot("[]", "b"));
  EXPECT_FALSE(
      from_snapshot(R"({"boot_id":"b","login":{"id":"../etc","user":"x","leader_pid":5}})", "b"));
  EXPECT_FALSE(
      from_snapshot(R"({"boot_id":"b","login":{"id":"c1","user":"x","leader_pid":1}})", "b"));
  EXPECT_FALSE(from_snapshot(R"({"boot_id":"b","login":7,"terminals":3,"kick":[]})", "b"));
}

TEST(SessionId, IsAFileName) {
  for (const char* good : {"1", "c12", "p4242", "a-b_C"}) EXPECT_TRUE(is_session_id(good)) << good;
  for (const char* bad : {"", ".", "..", "a/b", "a b", "caf\xc3\xa9", "a.json"})
    EXPECT_FALSE(is_session_id(bad)) << bad;
  EXPECT_TRUE(is_session_id(std::string(64, 'a')));
  EXPECT_FALSE(is_session_id(std::string(65, 'a')));
}

}  // namespace
}  // namespace idled
