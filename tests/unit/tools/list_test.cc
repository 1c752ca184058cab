#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_daemon.h"

#include "tests/unit/hostile_texts.h"

namespace idled::tools {
namespace {

using protocol::Call;
using protocol::Json;
using protocol::ListReply;
using protocol::Reply;
using protocol::SessionInfo;

SessionInfo session(const std::string& id, std::optional<std::string> logout_at) {
  SessionInfo info;
  info.id = id;
  info.user = "alice";
  info.state = "active";
  info.logout_at = std::move(logout_at);
  info.terminals = {{"pts/" + id, 3, "bash"}};
  return info;
}

Reply chunk(std::vector<SessionInfo> sessions, bool continues) {
  return {"", protocol::encode(ListReply{std::move(sessions)}), continues};
}

std::vector<Reply> two_chunks(const Call&) {
  return {chunk({session("1", {}), session("2", "2026-01-31T09:31:00Z")}, true),
          chunk({session("3", "2026-01-31T09:30:30Z")}, false)};
}

TEST(List, PutsTheChunksTogetherAndSorts) {
  const FakeDaemon daemon(two_chunks);
  const Ran ran = run_idlectl(daemon.socket(), {"list"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out,
            "SESSION  USER   TERMINAL  FROM  IDLE  LIMIT   LEFT  STATE   RULE  IN FRONT\n"
            "3        alice  pts/3     -        -      -    30s  active  -     bash\n"
            "2        alice  pts/2     -        -      -  1m00s  active  -     bash\n"
            "1        alice  pts/1     -        -      -      -  active  -     bash\n");
  EXPECT_EQ(ran.err, "");
}

TEST(List, AsksForAllInSeveralReplies) {
  const FakeDaemon daemon(two_chunks);
  run_idlectl(daemon.socket(), {"list"});
  ASSERT_EQ(daemon.calls().size(), 1U);
  EXPECT_EQ(daemon.calls()[0].method, "io.idled.Sessions.List");
  EXPECT_EQ(daemon.calls()[0].parameters, R"({"user":""})");
  EXPECT_TRUE(daemon.calls()[0].more);
}

// Whatever a daemon answers, and in every field of it.
TEST(List, ShowsNothingThatATerminalWouldObey) {
  for (const std::string& text : testing::hostile_texts()) {
    const FakeDaemon daemon([&](const Call&) {
      SessionInfo info;
      info.id = info.user = info.service = info.kind = info.state = info.rule = text;
      info.opened_at = text;
      info.remote_host = info.logout_at = info.witness = info.hold = text;
      info.terminals = {{text, 3, text}};
      return std::vector<Reply>{chunk({info}, false)};
    });
    for (const bool json : {false, true}) {
      const Ran ran = json ? run_idlectl(daemon.socket(), {"list", "--json"})
                           : run_idlectl(daemon.socket(), {"list"});
      EXPECT_TRUE(testing::is_safe(ran.out, "\n")) << ran.out;
      EXPECT_TRUE(testing::is_safe(ran.err, "\n")) << ran.err;
    }
  }
}

// So, too, an error of the daemon, and what the caller typed.
TEST(List, ShowsNoErrorThatATerminalWouldObey) {
  for (const std::string& text : testing::hostile_texts()) {
    const FakeDaemon daemon([&](const Call&) { return std::vector<Reply>{{text, "{}", false}}; });
    const Ran ran = run_idlectl(daemon.socket(), {"list", "--user", text.c_str()});
    EXPECT_TRUE(testing::is_safe(ran.err, "\n")) << ran.err;
    EXPECT_LT(ran.err.size(), 2000U);
  }
}

TEST(List, AsksForOneUser) {
  const FakeDaemon daemon(two_chunks);
  run_idlectl(daemon.socket(), {"list", "--user", "bob"});
  EXPECT_EQ(daemon.calls().at(0).parameters, R"({"user":"bob"})");
}

TEST(List, FiltersAndSortsTableAndJsonAlike) {
  const FakeDaemon daemon([](const Call&) {
    std::vector<SessionInfo> all{session("1", {}), session("2", {}), session("3", {})};
    all[0].idle_seconds = 100;
    all[1].idle_seconds = 200;
    all[2].idle_seconds = 300;
    all[1].state = "held";
    all[2].state = "warned";
    return std::vector<Reply>{chunk(all, false)};
  });
  const auto ids = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "list");
    const Ran table = run_idlectl(daemon.socket(), arguments);
    arguments.emplace_back("--json");
    const Ran json = run_idlectl(daemon.socket(), arguments);
    std::string from_json;
    for (const Json& one : Json::parse(json.out)) from_json += one["id"].get<std::string>();
    std::string from_table;
    std::istringstream lines(table.out);
    for (std::string line; std::getline(lines, line);)
      if (!line.starts_with("SESSION")) from_table += line.substr(0, 1);
    EXPECT_EQ(from_json, from_table);
    return from_json;
  };
  EXPECT_EQ(ids({"--sort", "idle"}), "321");
  EXPECT_EQ(ids({"--idle-over", "100s"}), "23");
  EXPECT_EQ(ids({"--idle-over", "100", "--sort", "idle"}), "32");
  EXPECT_EQ(ids({"--state", "active"}), "1");
  EXPECT_EQ(ids({"--state", "warned,active"}), "13");
  EXPECT_EQ(ids({"--user", "bob"}), "");  // whatever the daemon answers
}

// What etc/completions reads, and tests/checks/completions hands to it.
TEST(List, ForCompletionIsALineForEachTerminal) {
  const FakeDaemon daemon([](const Call&) {
    std::vector<SessionInfo> all{session("c3", {}), session("12", {})};
    all[0].terminals.push_back({"pts\t/4", 3, "sh"});
    all[1].terminals.clear();
    all[1].user = "";
    return std::vector<Reply>{chunk(all, false)};
  });
  const Ran ran = run_idlectl(daemon.socket(), {"list", "--for-completion"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out,
            "12\t-\tactive\t-\n"
            "c3\talice\tactive\tpts/c3\n"
            "c3\talice\tactive\tpts?/4\n");
}

TEST(List, IsColouredOnlyWhereThatIsWanted) {
  const FakeDaemon daemon([](const Call&) {
    SessionInfo info = session("1", {});
    info.state = "warned";
    return std::vector<Reply>{chunk({info}, false)};
  });
  const auto has_escapes = [&](const std::vector<std::string>& arguments) {
    return run_idlectl(daemon.socket(), arguments).out.find('\x1b') != std::string::npos;
  };
  EXPECT_FALSE(has_escapes({"list"}));
  EXPECT_FALSE(has_escapes({"list", "--color", "auto"}));
  EXPECT_TRUE(has_escapes({"list", "--color=always"}));
  EXPECT_FALSE(has_escapes({"list", "--color=never"}));
  EXPECT_FALSE(has_escapes({"list", "--color=always", "--json"}));
}

TEST(List, FitsTheTerminal) {
  const FakeDaemon daemon(two_chunks);
  const Ran ran = run_idlectl(daemon.socket(), {"list"}, seconds(20), 40);
  EXPECT_LE(ran.out.find('\n'), 40U);
}

TEST(List, JsonIsTheSameSessionsInTheSameOrder) {
  const FakeDaemon daemon(two_chunks);
  const Ran ran = run_idlectl(daemon.socket(), {"list", "--json"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out.back(), '\n');
  const Json array = Json::parse(ran.out);
  ASSERT_EQ(array.size(), 3U);
  EXPECT_EQ(array[0]["id"], "3");
  EXPECT_EQ(array[2]["id"], "1");
  EXPECT_EQ(array[2]["logout_at"], nullptr);
  EXPECT_EQ(array[0]["terminals"][0]["foreground"], "bash");
}

TEST(List, NoSessionsAreAHeaderAndASentenceBesides) {
  const FakeDaemon daemon([](const Call&) { return std::vector{chunk({}, false)}; });
  const Ran table = run_idlectl(daemon.socket(), {"list"});
  EXPECT_EQ(table.code, ExitCode::kDone);
  EXPECT_EQ(table.out, "SESSION  USER  TERMINAL  FROM  IDLE  LIMIT  LEFT  STATE  RULE  IN FRONT\n");
  EXPECT_EQ(table.err, "No sessions.\n");
  const Ran json = run_idlectl(daemon.socket(), {"list", "--json"});
  EXPECT_EQ(json.out, "[]\n");
  EXPECT_EQ(json.err, "");
}

TEST(List, AListCutShortIsNoList) {
  const FakeDaemon daemon([](const Call&) {
    return std::vector{chunk({session("1", {})}, true), error("org.varlink.service.Whatever")};
  });
  const Ran ran = run_idlectl(daemon.socket(), {"list", "--json"});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "idlectl: idled answers with the error org.varlink.service.Whatever\n");
}

TEST(List, AnAnswerThatCannotBeReadIsAFailure) {
  const FakeDaemon daemon([](const Call&) { return std::vector{reply(R"({"sessions":"none"})")}; });
  const Ran ran = run_idlectl(daemon.socket(), {"list"});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(ran.err, "idlectl: idled's answer cannot be read: 'sessions' is wrong\n");
}

}  // namespace
}  // namespace idled::tools
