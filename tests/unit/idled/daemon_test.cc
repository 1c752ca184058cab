// Requests through the daemon, on a machine of the test's: who sees and ends what,
// and what becomes of trouble.
#include "idled/daemon.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "policy/parse.h"
#include "protocol/frame.h"

#include "tests/unit/idled/fake_host.h"

namespace idled {
namespace {

using core::SessionId;

class DaemonTest : public testing::Test {
 protected:
  static constexpr gid_t kAdmins = 50;

  DaemonTest()
      : daemon_(host_,
                {std::make_shared<const policy::Policy>(policy::Policy::built_in()), "built-in", "",
                 ""},
                kAdmins) {
    log_in(101, "alice", 1000);
    log_in(102, "bob", 1001);
  }

  struct Reply {
    std::optional<protocol::Reply> value;
    service::Answer answer() {
      return service::Answer([this](const protocol::Reply& reply) { value = reply; });
    }
  };

  protocol::Reply log_in(pid_t pid, const std::string& user, uid_t uid,
                         const std::string& logind = "") {
    Reply reply;
    protocol::RegisterRequest request;
    request.user = user;
    request.uid = uid;
    request.service = "sshd";
    request.logind_session = logind;
    daemon_.on_register({pid, 0, 0, {}}, request, reply.answer());
    return reply.value.value();
  }
  std::vector<protocol::SessionInfo> list(const service::Peer& peer) {
    Reply reply;
    daemon_.on_list(peer, {}, false, reply.answer());
    return protocol::decode<protocol::ListReply>(reply.value.value().parameters)->sessions;
  }
  std::string kick(const service::Peer& peer, const protocol::KickRequest& request) {
    Reply reply;
    daemon_.on_kick(peer, request, reply.answer());
    return reply.value ? reply.value->error : "waiting";
  }
  protocol::Reply hold(const service::Peer& peer, const protocol::HoldRequest& request) {
    Reply reply;
    daemon_.on_hold(peer, request, reply.answer());
    return reply.value.value();
  }
  [[nodiscard]] auto records(core::RecordKind kind) const {
    return std::count_if(host_.records.begin(), host_.records.end(),
                         [&](const core::Record& record) { return record.kind == kind; });
  }
  [[nodiscard]] bool has_record(core::RecordKind kind) const { return records(kind) > 0; }
  static protocol::KickRequest at_once(const std::string& session, const std::string& terminal = "",
                                       const std::string& user = "") {
    return {session, terminal, user, "", 0, false};
  }

  FakeHost host_;
  Daemon daemon_;
  const service::Peer root_{1, 0, 0, {}};
  const service::Peer alice_{2, 1000, 1000, {}};
  const service::Peer admin_{3, 1002, 1002, {7, kAdmins}};
};

TEST_F(DaemonTest, RegisterTellsTheIdAndTheTmout) {
  const auto reply =
      protocol::decode<protocol::RegisterReply>(log_in(103, "carol", 1003, "c7").parameters);
  EXPECT_EQ(reply->session, "c7");
  EXPECT_EQ(reply->tmout, "600");
  // What cannot be a file name is no id.
  const auto odd = protocol::decode<protocol::RegisterReply>(
      log_in(104, "dave", 1004, "../../etc/x").parameters);
  EXPECT_EQ(odd->session, "p104");
}

TEST_F(DaemonTest, AUserSeesOnlyTheirOwn) {
  ASSERT_EQ(list(alice_).size(), 1U);
  EXPECT_EQ(list(alice_)[0].user, "alice");
  EXPECT_EQ(list(root_).size(), 2U);
  EXPECT_EQ(list(admin_).size(), 2U);
}

TEST_F(DaemonTest, ListShowsWhatIsKnown) {
  const protocol::SessionInfo info = list(alice_).at(0);
  EXPECT_EQ(info.id, "p101");
  EXPECT_EQ(info.kind, "terminal");
  EXPECT_EQ(info.state, "active");
  EXPECT_EQ(info.rule, "built-in");
  EXPECT_EQ(info.limit_seconds, 300);
  EXPECT_EQ(info.witness, "terminal");
  ASSERT_EQ(info.terminals.size(), 1U);
  EXPECT_EQ(info.terminals[0].name, "pts/101");
  EXPECT_EQ(info.terminals[0].foreground, "vi");
  EXPECT_GE(info.terminals[0].idle_seconds.value(), 52);
  EXPECT_LE(info.terminals[0].idle_seconds.value(), 60);
  EXPECT_TRUE(info.logout_at);
}

TEST_F(DaemonTest, AUserEndsOnlyTheirOwn) {
  EXPECT_EQ(kick(alice_, at_once("p102")), protocol::kPermissionDenied);
  EXPECT_EQ(kick(alice_, at_once("", "pts/102")), protocol::kPermissionDenied);
  EXPECT_EQ(kick(alice_, at_once("", "", "bob")), protocol::kPermissionDenied);
  EXPECT_EQ(kick(alice_, at_once("nonesuch")), protocol::kPermissionDenied)
      << "or they could ask who is there";
  EXPECT_EQ(kick(alice_, at_once("p101")), "");
}

TEST_F(DaemonTest, AnAdministratorEndsAny) {
  EXPECT_EQ(kick(root_, at_once("nonesuch")), protocol::kNoSuchSession);
  EXPECT_EQ(kick(admin_, at_once("", "/dev/pts/101")), "");
  EXPECT_EQ(kick(root_, at_once("", "", "bob")), "");
}

TEST_F(DaemonTest, KickWaitsUntilTheyAreGone) {
  Reply reply;
  daemon_.on_kick(root_, {"p101", "", "", "", 0, true}, reply.answer());
  EXPECT_FALSE(reply.value);
  for (int i = 0; i < 5 && host_.hung_up.empty(); ++i) {
    host_.boot = daemon_.next().value();
    daemon_.deliver(core::TimerExpired{});
  }
  EXPECT_EQ(host_.hung_up, std::vector<std::string>{"p101"});
  daemon_.deliver(core::LeaderExited{{"p101"}});
  ASSERT_TRUE(reply.value);
  EXPECT_EQ(reply.value->error, "");
  const auto kicked = protocol::decode<protocol::KickReply>(reply.value->parameters);
  ASSERT_EQ(kicked->logins.size(), 1U);
  EXPECT_EQ(kicked->logins[0].user, "alice");
  EXPECT_EQ(kicked->logins[0].terminals, std::vector<std::string>{"pts/101"});
}

// ~/.pam_environment says what its user likes.
TEST_F(DaemonTest, NoVariableMakesALoginOfSshdGraphical) {
  Reply reply;
  protocol::RegisterRequest request;
  request.user = "alice";
  request.uid = 1000;
  request.service = "sshd";
  request.session_type = "x11";
  request.session_class = "greeter";
  daemon_.on_register({103, 0, 0, {}}, request, reply.answer());
  const auto count_graphical = [this] {
    const auto all = list(root_);
    return std::count_if(all.begin(), all.end(),
                         [](const auto& info) { return info.kind == "graphical"; });
  };
  EXPECT_EQ(count_graphical(), 0);
  request.service = "gdm-password";
  daemon_.on_register({104, 0, 0, {}}, request, reply.answer());
  EXPECT_EQ(count_graphical(), 1);
}

// Its leader may be a server's: others' sessions are below it, too.
TEST_F(DaemonTest, WithoutATerminalOrAConnectionOnlyAnAdministratorEndsIt) {
  host_.without_terminal.insert(101);
  EXPECT_EQ(kick(alice_, at_once("p101")), protocol::kPermissionDenied);
  EXPECT_EQ(kick(alice_, at_once("", "", "alice")), protocol::kPermissionDenied);
  EXPECT_EQ(kick(root_, at_once("p101")), "");
}

TEST_F(DaemonTest, KickSaysWhatIsWrongWithIt) {
  EXPECT_EQ(kick(root_, {}), protocol::kInvalidParameter);
  EXPECT_EQ(kick(root_, at_once("p101", "pts/1")), protocol::kInvalidParameter);
  protocol::KickRequest request = at_once("p101");
  request.delay_seconds = -1;
  EXPECT_EQ(kick(root_, request), protocol::kInvalidParameter);
}

TEST_F(DaemonTest, AnAdministratorHoldsAny) {
  for (const service::Peer& peer : {root_, admin_}) {
    const protocol::Reply reply = hold(peer, {"", "/dev/pts/101", 1800, "a build\n", false});
    ASSERT_EQ(reply.error, "");
    const auto held = protocol::decode<protocol::HoldReply>(reply.parameters);
    EXPECT_EQ(held->session, "p101");
    EXPECT_EQ(held->user, "alice");
    EXPECT_TRUE(held->until);
    EXPECT_TRUE(held->logout_at);
    EXPECT_EQ(held->logout_cause, "idle");
    EXPECT_EQ(held->tmout_seconds, 600);
  }
  const protocol::SessionInfo info = list(alice_).at(0);
  EXPECT_EQ(info.state, "held");
  EXPECT_TRUE(info.hold.value().starts_with("held by uid 1002 until ")) << *info.hold;
  EXPECT_TRUE(info.hold->ends_with(": a build?")) << *info.hold;
}

TEST_F(DaemonTest, AUserHoldsOnlyTheirOwnAndAsThePolicySays) {
  EXPECT_EQ(hold(alice_, {"p102", "", 60, "", false}).error, protocol::kPermissionDenied);
  EXPECT_EQ(hold(alice_, {"", "pts/102", 60, "", false}).error, protocol::kPermissionDenied);
  EXPECT_EQ(hold(alice_, {"nonesuch", "", 60, "", false}).error, protocol::kPermissionDenied)
      << "or they could ask who is there";
  EXPECT_EQ(hold(alice_, {"p102", "", 0, "", true}).error, protocol::kPermissionDenied);
  const protocol::Reply reply = hold(alice_, {"p101", "", 60, "", false});
  EXPECT_EQ(reply.error, protocol::kHoldRefused);
  EXPECT_EQ(protocol::decode<protocol::HoldRefusedError>(reply.parameters)->reason, "not-allowed");
}

TEST_F(DaemonTest, HoldSaysWhatIsWrongWithIt) {
  EXPECT_EQ(hold(root_, {"nonesuch", "", 60, "", false}).error, protocol::kNoSuchSession);
  for (const protocol::HoldRequest& request :
       std::vector<protocol::HoldRequest>{{"p101", "pts/101", 60, "", false},
                                          {"", "", 60, "", false},
                                          {"p101", "", 0, "", false},
                                          {"p101", "", -1, "", false},
                                          {"p101", "", 604801, "", false},
                                          {"p101", "", 60, "", true},
                                          {"p101", "", 60, std::string(257, 'x'), false}})
    EXPECT_EQ(hold(root_, request).error, protocol::kInvalidParameter);
}

TEST_F(DaemonTest, ReleaseIsForTheLeaderThatAsks) {
  Reply reply;
  daemon_.on_release({102, 0, 0, {}}, {"p101"}, reply.answer());  // names another's
  EXPECT_TRUE(reply.value);
  ASSERT_EQ(list(root_).size(), 1U);
  EXPECT_EQ(list(root_)[0].id, "p101");
}

TEST_F(DaemonTest, ALeaderOfAnotherNamespaceIsRefusedWithItsReason) {
  const protocol::Reply reply = log_in(666, "eve", 1005);
  EXPECT_EQ(reply.error, protocol::kLeaderRefused);
  EXPECT_NE(reply.parameters.find("another pid namespace"), std::string::npos);
  EXPECT_EQ(list(root_).size(), 2U);
}

TEST_F(DaemonTest, ALeaderThatIsGoneAlreadyLeavesNothing) {
  log_in(404, "eve", 1005);
  EXPECT_EQ(list(root_).size(), 2U);
}

TEST_F(DaemonTest, ALoginThatCannotBeHeldIsToldAndLookedForAgain) {
  int searches = 0;
  daemon_.set_search_later([&] { ++searches; });
  host_.full = true;
  const protocol::Reply reply = log_in(103, "carol", 1003);
  EXPECT_EQ(reply.error, "") << "the login proceeds";
  EXPECT_EQ(searches, 1);
  EXPECT_TRUE(has_record(core::RecordKind::kTrouble));

  EXPECT_EQ(log_in(667, "dave", 1004).error, protocol::kLeaderRefused);
  EXPECT_EQ(searches, 2);
  EXPECT_EQ(log_in(404, "erin", 1005).error, "");
  EXPECT_EQ(searches, 2) << "who is gone is not looked for";
}

TEST_F(DaemonTest, ThatClientsAreTurnedAwayIsToldOnceAMinute) {
  const auto told = [&] { return records(core::RecordKind::kTrouble); };
  for (int i = 0; i < 1000; ++i) daemon_.on_turned_away({"accept: Too many open files", EMFILE});
  EXPECT_EQ(told(), 1);
  host_.boot += std::chrono::minutes(2);
  daemon_.on_turned_away({"accept: Too many open files", EMFILE});
  EXPECT_EQ(told(), 2);
}

TEST_F(DaemonTest, AFullDiskIsToldAndStopsNobody) {
  host_.disk_full = true;
  EXPECT_EQ(log_in(103, "carol", 1003).error, "");
  EXPECT_EQ(list(root_).size(), 3U);
  bool told = false;
  for (const core::Record& record : host_.records)
    told = told || record.message.find("No space left on device") != std::string::npos;
  EXPECT_TRUE(told);
}

// Not by the answer, and not by what is done for it: a look at a login takes time that could
// be measured.
TEST_F(DaemonTest, NobodyLearnsOfAnothersLogins) {
  const auto work_for = [&](const std::function<void(service::Answer)>& ask) {
    Reply reply;
    host_.work.clear();
    ask(reply.answer());
    EXPECT_EQ(reply.value.value().error, protocol::kPermissionDenied);
    EXPECT_EQ(reply.value->parameters, "{}");
    return host_.work;
  };
  const auto kick = [&](const std::string& session, const std::string& terminal,
                        const std::string& user) {
    return work_for([&](service::Answer answer) {
      daemon_.on_kick(alice_, {session, terminal, user, "", 0, false}, std::move(answer));
    });
  };
  const auto explain = [&](const std::string& session, const std::string& terminal) {
    return work_for([&](service::Answer answer) {
      daemon_.on_explain(alice_, {session, terminal}, std::move(answer));
    });
  };
  const auto hold = [&](const std::string& session, const std::string& terminal) {
    return work_for([&](service::Answer answer) {
      protocol::HoldRequest request;
      request.session = session;
      request.terminal = terminal;
      request.seconds = 60;
      daemon_.on_hold(alice_, request, std::move(answer));
    });
  };
  EXPECT_EQ(hold("p102", ""), hold("nonesuch", ""));
  EXPECT_EQ(hold("", "pts/102"), hold("", "pts/9"));
  EXPECT_EQ(kick("p102", "", ""), kick("nonesuch", "", ""));
  EXPECT_EQ(kick("", "pts/102", ""), kick("", "pts/9", ""));
  EXPECT_EQ(kick("", "", "bob"), kick("", "", "nobody"));
  EXPECT_EQ(explain("p102", ""), explain("nonesuch", ""));
  EXPECT_EQ(explain("", "pts/102"), explain("", "pts/9"));
  EXPECT_FALSE(kick("", "pts/102", "").contains("look at p102"));
}

TEST_F(DaemonTest, WhatAUserAsksForCostsTheSameHoweverManyOthersAreThere) {
  const auto work_of_all = [&] {
    host_.work.clear();
    Reply status;
    daemon_.on_status(alice_, status.answer());
    EXPECT_EQ(protocol::decode<protocol::StatusReply>(status.value.value().parameters)->sessions,
              1);
    EXPECT_EQ(list(alice_).size(), 1U);
    EXPECT_EQ(kick(alice_, at_once("", "pts/9")), protocol::kPermissionDenied);
    return host_.work;
  };
  const auto alone = work_of_all();
  for (pid_t pid = 1000; pid < 1100; ++pid) log_in(pid, "carol", 1003);
  EXPECT_EQ(work_of_all(), alone);
}

TEST_F(DaemonTest, ALoginThatEndsIsNobodysAnyMore) {
  daemon_.deliver(core::LeaderExited{{"p101"}});
  EXPECT_TRUE(list(alice_).empty());
  EXPECT_EQ(kick(alice_, at_once("p101")), protocol::kPermissionDenied);
  // The pid comes back, and with it the id, for another user.
  log_in(101, "bob", 1001);
  EXPECT_TRUE(list(alice_).empty());
  EXPECT_EQ(kick(alice_, at_once("p101")), protocol::kPermissionDenied);
  EXPECT_EQ(list({5, 1001, 1001, {}}).size(), 2U);
}

TEST_F(DaemonTest, ALongListIsMadeInSlices) {
  for (pid_t pid = 1000; pid < 1200; ++pid) log_in(pid, "alice", 1000);
  int wakes = 0;
  daemon_.set_wake([&] { ++wakes; });
  Reply reply;
  daemon_.on_list(alice_, {}, false, reply.answer());
  EXPECT_EQ(wakes, 1);
  EXPECT_FALSE(reply.value);
  host_.work.clear();
  int slices = 1;
  for (; daemon_.work(); ++slices) {
    int looks = 0;
    for (const auto& [what, times] : host_.work) looks += what.starts_with("look at ") ? times : 0;
    EXPECT_LE(looks, 16);
    host_.work.clear();
  }
  EXPECT_GE(slices, 201 / 16);
  ASSERT_TRUE(reply.value);
  EXPECT_EQ(protocol::decode<protocol::ListReply>(reply.value->parameters)->sessions.size(), 201U);
}

TEST_F(DaemonTest, AListInSlicesShowsNobodyWhoCameMeanwhile) {
  for (pid_t pid = 1000; pid < 1020; ++pid) log_in(pid, "alice", 1000);
  daemon_.set_wake([] {});
  Reply reply;
  daemon_.on_list(alice_, {}, false, reply.answer());
  daemon_.deliver(core::LeaderExited{{"p1019"}});
  log_in(1019, "bob", 1001);  // the same id
  while (daemon_.work()) {
  }
  const auto shown = protocol::decode<protocol::ListReply>(reply.value.value().parameters);
  EXPECT_EQ(shown->sessions.size(), 20U);
  for (const protocol::SessionInfo& info : shown->sessions) EXPECT_EQ(info.user, "alice");
}

TEST_F(DaemonTest, LongListsTakeTurns) {
  for (pid_t pid = 1000; pid < 1100; ++pid) log_in(pid, "alice", 1000);
  daemon_.set_wake([] {});
  Reply hers;
  Reply his;
  daemon_.on_list(alice_, {}, false, hers.answer());
  daemon_.on_list({5, 1001, 1001, {}}, {}, false, his.answer());
  daemon_.work();
  daemon_.work();
  EXPECT_TRUE(his.value);
  EXPECT_FALSE(hers.value);
}

TEST_F(DaemonTest, ManySessionsComeInManyReplies) {
  for (pid_t pid = 1000; pid < 1200; ++pid) log_in(pid, "alice", 1000);
  std::size_t sessions = 0;
  int parts = 0;
  daemon_.on_list(alice_, {}, true, service::Answer([&](const protocol::Reply& reply) {
                    ++parts;
                    EXPECT_LT(reply.parameters.size(), protocol::kMaxMessage);
                    sessions +=
                        protocol::decode<protocol::ListReply>(reply.parameters)->sessions.size();
                    EXPECT_EQ(reply.continues, sessions < 201);
                  }));
  EXPECT_EQ(sessions, 201U);
  EXPECT_EQ(parts, 4);
}

TEST_F(DaemonTest, ABrokenPolicyChangesNothingAndSaysSo) {
  EXPECT_FALSE(daemon_.take_policy({nullptr, "x", "policy.json:1:1: error: no", ""}));
  Reply reply;
  daemon_.on_status(alice_, reply.answer());
  const auto status = protocol::decode<protocol::StatusReply>(reply.value.value().parameters);
  EXPECT_EQ(status->policy_source, "built-in");
  EXPECT_EQ(status->policy_error, "The policy has errors.") << "its lines are not alice's to know";
  Reply to_admin;
  daemon_.on_status(admin_, to_admin.answer());
  EXPECT_EQ(
      protocol::decode<protocol::StatusReply>(to_admin.value.value().parameters)->policy_error,
      "policy.json:1:1: error: no");
  EXPECT_EQ(host_.records.back().kind, core::RecordKind::kPolicyRefused);
}

LoadedPolicy parsed(const std::string& text) {
  const policy::Source source{"policy.json", text};
  return {std::make_shared<const policy::Policy>(*policy::parse({&source, 1}).policy), "the file",
          "", "a warning"};
}

TEST_F(DaemonTest, ExplainSaysWhatIsInForceForALogin) {
  daemon_.take_policy(parsed(R"({"defaults": {"warn": "30s"}, "rules": [
    {"name": "bob's", "match": {"user": "bob"}, "idle": "1h"},
    {"name": "that terminal", "match": {"terminal": "pts/101", "service": "sshd"}, "idle": "2h"}]})"));
  const auto explain = [&](const service::Peer& peer, const protocol::ExplainRequest& request) {
    Reply reply;
    daemon_.on_explain(peer, request, reply.answer());
    return reply.value.value();
  };
  for (const protocol::ExplainRequest& request :
       {protocol::ExplainRequest{"p101", ""}, protocol::ExplainRequest{"", "pts/101"}}) {
    const auto why = protocol::decode<protocol::ExplainReply>(explain(root_, request).parameters);
    ASSERT_TRUE(why);
    EXPECT_EQ(why->login.id, "p101");
    EXPECT_EQ(why->login.user, "alice");
    EXPECT_EQ(why->login.kind, "terminal");
    EXPECT_EQ(why->login.terminals, std::vector<std::string>{"pts/101"});
    EXPECT_EQ(why->policy, "the file");
    EXPECT_EQ(why->settings.at(0).name, "idle");
    EXPECT_EQ(why->settings.at(0).value, "2h");
    EXPECT_EQ(why->settings.at(0).rule, daemon_.engine().find({"p101"})->rules->idle_rule);
    EXPECT_EQ(why->settings.at(0).line, 3);
    ASSERT_EQ(why->rules.size(), 2U);
    EXPECT_EQ(why->rules[0].mismatches.at(0).was, "alice (1000)");
    EXPECT_EQ(why->rules[1].gives, std::vector<std::string>{"idle"});
    EXPECT_EQ(why->hidden_rules, 0);
  }
  const auto mine =
      protocol::decode<protocol::ExplainReply>(explain(alice_, {"p101", ""}).parameters);
  ASSERT_EQ(mine->rules.size(), 1U) << "bob's rule is not alice's to know";
  EXPECT_EQ(mine->hidden_rules, 1);
  EXPECT_EQ(explain(alice_, {"p102", ""}).error, protocol::kPermissionDenied);
  EXPECT_EQ(explain(alice_, {"nonesuch", ""}).error, protocol::kPermissionDenied);
  EXPECT_EQ(explain(admin_, {"nonesuch", ""}).error, protocol::kNoSuchSession);
  EXPECT_EQ(explain(root_, {"p101", "pts/101"}).error, protocol::kInvalidParameter);
  EXPECT_EQ(explain(root_, {}).error, protocol::kInvalidParameter);
}

TEST_F(DaemonTest, ReloadAnswersWithWhatHasComeOfIt) {
  Reply none;
  daemon_.on_reload(root_, none.answer());
  EXPECT_NE(none.value.value().error, "");
  LoadedPolicy next = parsed(R"({"defaults": {"idle": "2h"}})");
  daemon_.set_reload([&](const Daemon::Told& told) {
    daemon_.take_policy(next);
    told(next);
  });
  Reply good;
  daemon_.on_reload(root_, good.answer());
  const auto reply = protocol::decode<protocol::ReloadReply>(good.value.value().parameters);
  EXPECT_EQ(reply->policy_source, "the file");
  EXPECT_EQ(reply->warnings, "a warning");
  EXPECT_EQ(list(alice_)[0].limit_seconds, 7200);
  next = {nullptr, "the file", "policy.json:1:1: error: no", ""};
  Reply bad;
  daemon_.on_reload(root_, bad.answer());
  EXPECT_EQ(bad.value.value().error, protocol::kPolicyRefused);
  EXPECT_EQ(protocol::decode<protocol::PolicyRefusedError>(bad.value->parameters)->errors,
            "policy.json:1:1: error: no");
  EXPECT_EQ(list(alice_)[0].limit_seconds, 7200);
}

TEST_F(DaemonTest, EventsAreTheRecordsOfWhatTheCallerMaySee) {
  const auto events = [&](const service::Peer& peer) {
    Reply reply;
    daemon_.on_events(peer, {}, false, reply.answer());
    const auto decoded = protocol::decode<protocol::EventsReply>(reply.value.value().parameters);
    std::string told;
    for (const protocol::Event& event : decoded->events)
      told += event.kind + " " + event.user.value_or("-") + "\n";
    return told;
  };
  EXPECT_EQ(events(alice_), "opened alice\n");
  kick(root_, at_once("p101"));
  daemon_.take_policy({nullptr, "the file", "policy.json:1:1: error: no", ""});
  EXPECT_EQ(events(alice_), "opened alice\nkick-requested alice\n");
  for (const service::Peer& peer : {root_, admin_})
    EXPECT_EQ(events(peer), "opened alice\nopened bob\nkick-requested alice\npolicy-refused -\n");
}

// The loop tells when it has time for it, and not in the middle of what an event is about.
TEST_F(DaemonTest, FollowersAreToldInSlices) {
  int woken = 0;
  daemon_.set_wake([&] { ++woken; });
  Reply reply;
  daemon_.on_events(root_, {"", false, true}, true, reply.answer());
  EXPECT_EQ(woken, 1);
  EXPECT_FALSE(reply.value);
  while (daemon_.work()) {
  }
  EXPECT_TRUE(reply.value.value().continues);
  reply.value.reset();
  log_in(103, "carol", 1003);
  log_in(104, "dave", 1004);
  EXPECT_EQ(woken, 2) << "once for both";
  EXPECT_FALSE(reply.value);
  while (daemon_.work()) {
  }
  EXPECT_EQ(protocol::decode<protocol::EventsReply>(reply.value.value().parameters)->events.size(),
            2U);
}

TEST_F(DaemonTest, MetricsCountWhatIsRecorded) {
  const auto metrics = [&] {
    Reply reply;
    daemon_.on_metrics(root_, reply.answer());
    return *protocol::decode<protocol::MetricsReply>(reply.value.value().parameters);
  };
  const auto count = [](const std::vector<protocol::NamedCount>& counts, const std::string& name) {
    for (const protocol::NamedCount& each : counts)
      if (each.name == name) return each.count;
    return std::int64_t{-1};
  };
  EXPECT_EQ(count(metrics().events, "opened"), 2);
  EXPECT_EQ(count(metrics().sessions, "active"), 2);
  EXPECT_EQ(count(metrics().sessions, "held"), 0);
  EXPECT_EQ(count(metrics().logouts, "kick"), 0);
  EXPECT_EQ(metrics().registrations, 2);
  EXPECT_EQ(metrics().registrations_within.back().count, 2);
  kick(root_, at_once("p101"));
  EXPECT_EQ(count(metrics().sessions, "ending"), 1);
  for (int i = 0; i < 5 && host_.hung_up.empty(); ++i) {
    host_.boot = daemon_.next().value();
    daemon_.deliver(core::TimerExpired{});
  }
  EXPECT_EQ(count(metrics().logouts, "kick"), 1);
  EXPECT_EQ(count(metrics().logouts, "idle"), 0);
  EXPECT_EQ(count(metrics().events, "logout"), 1);
  EXPECT_FALSE(metrics().policy_has_errors);
  daemon_.take_policy({nullptr, "the file", "policy.json:1:1: error: no", ""});
  EXPECT_TRUE(metrics().policy_has_errors);
}

TEST(Counters, LatenciesCountInEveryBucketThatHoldsThem) {
  Counters counters;
  counters.count_registration(std::chrono::microseconds(100));
  counters.count_registration(std::chrono::microseconds(101));
  counters.count_registration(seconds(3));
  protocol::MetricsReply reply;
  counters.tell(reply);
  EXPECT_EQ(reply.registrations_within.at(0).microseconds, 100);
  EXPECT_EQ(reply.registrations_within.at(0).count, 1);
  EXPECT_EQ(reply.registrations_within.at(1).count, 2);
  EXPECT_EQ(reply.registrations_within.back().count, 2);
  EXPECT_EQ(reply.registrations, 3);
  EXPECT_EQ(reply.registering_microseconds, 3'000'201);
}

TEST_F(DaemonTest, TheAdminGroupMayBecomeKnownLater) {
  daemon_.set_admins(std::nullopt);
  EXPECT_EQ(list(admin_).size(), 0U);
  daemon_.set_admins(kAdmins);
  EXPECT_EQ(list(admin_).size(), 2U);
}

TEST_F(DaemonTest, ThatNobodyCanBeLookedAtIsToldOnceAMinute) {
  const auto told = [&] {
    return std::count_if(host_.records.begin(), host_.records.end(), [](const auto& record) {
      return record.message.find("cannot be looked at") != std::string::npos;
    });
  };
  host_.full = true;
  EXPECT_EQ(list(root_).size(), 2U) << "they are there all the same";
  EXPECT_EQ(told(), 1);
  host_.boot += seconds(61);
  list(root_);
  EXPECT_EQ(told(), 2);
}

TEST_F(DaemonTest, SearchesOneAtATime) {
  int later = 0;
  daemon_.set_search_later([&] { ++later; });
  daemon_.set_wake([] {});
  host_.work.clear();
  daemon_.find_logins();
  daemon_.find_logins();
  EXPECT_EQ(host_.work["search"], 1);
  EXPECT_EQ(later, 1) << "the other comes later";
  while (daemon_.work()) {
  }
  daemon_.find_logins();
  EXPECT_EQ(host_.work["search"], 2);
}

TEST_F(DaemonTest, ASearchThatRanOutOfDescriptorsIsMadeAgain) {
  int later = 0;
  daemon_.set_search_later([&] { ++later; });
  daemon_.find_logins();
  EXPECT_EQ(later, 0);
  host_.full = true;
  daemon_.find_logins();
  EXPECT_EQ(later, 1);
}

TEST_F(DaemonTest, StartTakesUpWhatItFinds) {
  core::SessionData restored;
  restored.login.id.value = "c1";
  restored.login.user = "old";
  restored.login.leader = {201, 1};
  host_.state.push_back(restored);
  core::Login known = restored.login;
  known.id.value = "p201";
  core::Login found;
  found.id.value = "p202";
  found.user = "missed";
  found.leader = {202, 1};
  found.adopted = true;
  host_.found = {known, found};
  host_.bad_state = {"state of session x ignored: not a JSON object"};
  daemon_.start();
  EXPECT_EQ(daemon_.engine().size(), 4U);
  EXPECT_NE(daemon_.engine().find({"c1"}), nullptr);
  EXPECT_EQ(daemon_.engine().find({"p201"}), nullptr)
      << "found in the state and in /proc: one login";
  EXPECT_NE(daemon_.engine().find({"p202"}), nullptr);
}

}  // namespace
}  // namespace idled
