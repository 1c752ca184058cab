#include "protocol/messages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace idled::protocol {
namespace {

// --- the envelope -----------------------------------------------------------

TEST(Envelope, CallGoesThereAndBack) {
  const Result<Call> call = decode_call(encode_call({"a.b.C", R"({"x":1})", true, false}));
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, "a.b.C");
  EXPECT_EQ(call->parameters, R"({"x":1})");
  EXPECT_TRUE(call->more);
  EXPECT_FALSE(call->oneway);
}

TEST(Envelope, ReplyGoesThereAndBack) {
  const Result<Reply> reply = decode_reply(encode_reply({"a.b.Failed", R"({"id":"c3"})", true}));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->error, "a.b.Failed");
  EXPECT_EQ(reply->parameters, R"({"id":"c3"})");
  EXPECT_TRUE(reply->continues);
}

TEST(Envelope, MissingPartsHaveTheirDefaults) {
  const Result<Call> call = decode_call(R"({"method":"m","more":null,"parameters":null,"new":[]})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->parameters, "{}");
  EXPECT_FALSE(call->more);
  const Result<Reply> reply = decode_reply("{}");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->error, "");
  EXPECT_EQ(reply->parameters, "{}");
  EXPECT_FALSE(reply->continues);
}

TEST(Envelope, EmptyParametersAreWrittenAsAnObject) {
  EXPECT_EQ(encode_call({"m", "", false, false}), R"({"method":"m","parameters":{}})");
  EXPECT_EQ(encode_reply({}), R"({"parameters":{}})");
}

TEST(Envelope, RefusesWhatIsNoCall) {
  for (const char* text : {"", "[]", "null", "{", "{\"method\":1}", "{}", "{\"method\":\"m\"}x",
                           "{\"method\":\"m\",\"parameters\":[]}", "\xff"})
    EXPECT_FALSE(decode_call(text)) << text;
}

// Were it taken for "no error", a refusal would look like success.
TEST(Envelope, RefusesAReplyWhoseErrorCannotBeRead) {
  for (const char* text : {R"({"error":5})", R"({"error":{}})", R"({"error":""})"})
    EXPECT_FALSE(decode_reply(text)) << text;
  EXPECT_TRUE(decode_reply(R"({"error":null})"));
}

std::string nested(int depth) {
  return R"({"method":"m","parameters":{"x":)" + std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']') + "}}";
}

TEST(Envelope, RefusesABombOfBrackets) {
  EXPECT_TRUE(decode_call(nested(30)));
  EXPECT_FALSE(decode_call(nested(31)));
  EXPECT_FALSE(decode_call(nested(1'000'000)));
  EXPECT_FALSE(decode_call(R"({"method":"m","x":)" + std::string(1'000'000, '[')));
}

TEST(Envelope, BracketsInsideStringsDoNotNest) {
  const std::string brackets = R"("\"\\)" + std::string(100, '[') + "\"";
  EXPECT_TRUE(decode_call(R"({"method":"m","parameters":{"x":)" + brackets + "}}"));
}

TEST(Envelope, ErrorParameterGoesThereAndBack) {
  EXPECT_EQ(error_parameter("id", "c\"3"), R"({"id":"c\"3"})");
  EXPECT_EQ(error_parameter_of(R"({"id":"c\"3"})", "id"), "c\"3");
  EXPECT_EQ(error_parameter_of(R"({"id":3})", "id"), "");
  EXPECT_EQ(error_parameter_of("{}", "id"), "");
  EXPECT_EQ(error_parameter_of("rubbish", "id"), "");
}

// --- the methods ------------------------------------------------------------

RegisterRequest some_login() {
  return {"alice", 1000,  {1000, 27}, "sshd", "ssh", "192.0.2.7", "192.0.2.7 5000 192.0.2.1 22",
          "c3",    "tty", "user"};
}

TEST(Messages, RegisterGoesThereAndBack) {
  const auto request = decode<RegisterRequest>(encode(some_login()));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user, "alice");
  EXPECT_EQ(request->uid, 1000U);
  EXPECT_EQ(request->gids, (std::vector<std::uint32_t>{1000, 27}));
  EXPECT_EQ(request->service, "sshd");
  EXPECT_EQ(request->tty, "ssh");
  EXPECT_EQ(request->remote_host, "192.0.2.7");
  EXPECT_EQ(request->ssh_connection, "192.0.2.7 5000 192.0.2.1 22");
  EXPECT_EQ(request->logind_session, "c3");
}

TEST(Messages, KickGoesThereAndBack) {
  const auto request = decode<KickRequest>(encode(KickRequest{"a", "b", "c", "d", 120, false}));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->session + request->terminal + request->user + request->message, "abcd");
  EXPECT_EQ(request->delay_seconds, 120);
  EXPECT_FALSE(request->wait);

  const auto reply = decode<KickReply>(encode(KickReply{{"c3"}, {{"c3", "alice", {"pts/3"}}}}));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->sessions, std::vector<std::string>{"c3"});
  ASSERT_EQ(reply->logins.size(), 1U);
  EXPECT_EQ(reply->logins[0].user, "alice");
  EXPECT_EQ(reply->logins[0].terminals, std::vector<std::string>{"pts/3"});
}

TEST(Messages, ListGoesThereAndBackWithAndWithoutItsNulls) {
  SessionInfo full;
  full.id = "c3";
  full.remote_host = "host";
  full.idle_seconds = 0;
  full.terminals = {{"pts/3", 7, "vim"}, {"pts/4", {}, {}}};
  const auto reply = decode<ListReply>(encode(ListReply{{full, SessionInfo{}}}));
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->sessions.size(), 2U);
  EXPECT_EQ(reply->sessions[0].remote_host, "host");
  EXPECT_EQ(reply->sessions[0].idle_seconds, 0);
  ASSERT_EQ(reply->sessions[0].terminals.size(), 2U);
  EXPECT_EQ(reply->sessions[0].terminals[0].foreground, "vim");
  EXPECT_EQ(reply->sessions[0].terminals[1].idle_seconds, std::nullopt);
  EXPECT_EQ(reply->sessions[1].remote_host, std::nullopt);
  EXPECT_EQ(reply->sessions[1].logout_at, std::nullopt);
}

TEST(Messages, StatusAndTheRestGoThereAndBack) {
  const auto status =
      decode<StatusReply>(encode(StatusReply{"1.0", 7, "a", 3, "b", "c", "broken", {"tty"}}));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->version, "1.0");
  EXPECT_EQ(status->pid, 7);
  EXPECT_EQ(status->policy_error, "broken");
  EXPECT_EQ(status->witnesses, std::vector<std::string>{"tty"});
  EXPECT_EQ(decode<RegisterReply>(encode(RegisterReply{"c3", "600"}))->tmout, "600");
  EXPECT_EQ(decode<ReleaseRequest>(encode(ReleaseRequest{"c3"}))->session, "c3");
  EXPECT_EQ(decode<ListRequest>(encode(ListRequest{"bob"}))->user, "bob");
  EXPECT_EQ(decode<StillThereError>(encode(StillThereError{{"c3"}}))->sessions.front(), "c3");
}

// --- lenience ---------------------------------------------------------------

TEST(Decoding, IgnoresUnknownFieldsAtEveryLevel) {
  const auto reply = decode<ListReply>(
      R"({"new":{"a":[]},"sessions":[{"id":"c3","new":1,"terminals":[{"name":"pts/3","new":2}]}]})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->sessions.at(0).terminals.at(0).name, "pts/3");
}

TEST(Decoding, MissingAndNullFieldsHaveTheirDefaults) {
  for (const char* text : {"{}", R"({"wait":null,"delay_seconds":null,"message":null})"}) {
    const auto request = decode<KickRequest>(text);
    ASSERT_TRUE(request) << text;
    EXPECT_TRUE(request->wait);
    EXPECT_EQ(request->delay_seconds, 0);
    EXPECT_EQ(request->message, "");
  }
}

template <typename T>
std::string wrong_field(std::string_view text) {
  const Result<T> decoded = decode<T>(text);
  return decoded ? "none" : decoded.error().text;
}

TEST(Decoding, NamesTheFieldOfTheWrongType) {
  EXPECT_EQ(wrong_field<KickRequest>(R"({"session":3})"), "session");
  EXPECT_EQ(wrong_field<KickRequest>(R"({"wait":"yes"})"), "wait");
  EXPECT_EQ(wrong_field<KickRequest>(R"({"delay_seconds":1.5})"), "delay_seconds");
  EXPECT_EQ(wrong_field<RegisterRequest>(R"({"gids":"27"})"), "gids");
  EXPECT_EQ(wrong_field<RegisterRequest>(R"({"gids":[27,"x"]})"), "gids");
  EXPECT_EQ(wrong_field<ListReply>(R"({"sessions":[{"uid":"x"}]})"), "sessions");
  EXPECT_EQ(wrong_field<ListReply>(R"({"sessions":[null]})"), "sessions");
  EXPECT_EQ(wrong_field<StatusReply>(R"({"policy_error":1,"witnesses":1})"), "policy_error");
}

TEST(Decoding, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(wrong_field<RegisterRequest>(R"({"uid":-1})"), "uid");
  EXPECT_EQ(wrong_field<RegisterRequest>(R"({"uid":4294967296})"), "uid");
  EXPECT_EQ(decode<RegisterRequest>(R"({"uid":4294967295})")->uid, 4294967295U);
  EXPECT_EQ(wrong_field<KickRequest>(R"({"delay_seconds":9223372036854775808})"), "delay_seconds");
  EXPECT_EQ(wrong_field<KickRequest>(R"({"delay_seconds":1e400})"), "parameters");
  EXPECT_EQ(decode<KickRequest>(R"({"delay_seconds":-9223372036854775808})")->delay_seconds,
            INT64_MIN);
}

TEST(Decoding, RefusesWhatIsNoObject) {
  for (const char* text : {"", "[]", "\"x\"", "{", "{\"user\":\"\xff\"}"})
    EXPECT_EQ(wrong_field<ListRequest>(text), "parameters") << text;
  EXPECT_EQ(wrong_field<ListRequest>("{\"x\":" + std::string(100'000, '[')), "parameters");
}

// --- writing ----------------------------------------------------------------

TEST(Encoding, BytesThatAreNotUtf8AreReplaced) {
  const std::string text = encode(ListRequest{"a\xff\xfe z"});
  EXPECT_EQ(text, "{\"user\":\"a\xEF\xBF\xBD\xEF\xBF\xBD z\"}");
  EXPECT_EQ(decode<ListRequest>(text)->user, "a\xEF\xBF\xBD\xEF\xBF\xBD z");
  EXPECT_EQ(encode_call({"m\xff", "{}", false, false}),
            "{\"method\":\"m\xEF\xBF\xBD\",\"parameters\":{}}");
}

TEST(Encoding, NoTextCanEndTheFrame) {
  EXPECT_EQ(encode(ListRequest{std::string("a\0b", 3)}).find('\0'), std::string::npos);
}

// What tests, scripts and administrators rely on; see "Contract" in the plan.
TEST(ListJson, HasExactlyTheFieldsOfTheContract) {
  SessionInfo session;
  session.terminals.emplace_back();
  const Json array = Json::parse(to_json_array({session}));
  const auto names = [](const Json& object) {
    std::set<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.insert(key);
    return keys;
  };
  ASSERT_TRUE(array.is_array());
  EXPECT_EQ(
      names(array[0]),
      (std::set<std::string>{"id", "user", "uid", "service", "kind", "remote_host", "leader_pid",
                             "opened_at", "idle_seconds", "limit_seconds", "logout_at",
                             "logout_cause", "state", "rule", "witness", "hold", "terminals"}));
  EXPECT_EQ(names(array[0]["terminals"][0]),
            (std::set<std::string>{"name", "idle_seconds", "foreground", "forged"}));
}

TEST(ListJson, WhatIsNotKnownIsNullAndNotLeftOut) {
  SessionInfo session;
  session.terminals.emplace_back();
  const Json object = Json::parse(to_json_array({session}))[0];
  for (const char* name : {"remote_host", "idle_seconds", "limit_seconds", "logout_at",
                           "logout_cause", "witness", "hold"})
    EXPECT_TRUE(object.at(name).is_null()) << name;
  EXPECT_TRUE(object["terminals"][0].at("idle_seconds").is_null());
  EXPECT_TRUE(object["terminals"][0].at("foreground").is_null());
}

TEST(ListJson, NoSessionsAreAnEmptyArray) {
  EXPECT_EQ(to_json_array({}), "[]");
}

TEST(ListJson, CarriesNoControlCharacterToATerminal) {
  SessionInfo session;
  session.user =
      "\x1b[31m\xc2\x9b"
      "31m\x7f";
  for (const char c : to_json_array({session})) EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\n');
  EXPECT_EQ(Json::parse(to_json_array({session}))[0]["user"], session.user);
}

}  // namespace
}  // namespace idled::protocol
