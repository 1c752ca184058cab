#include "idled/service/methods.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <tuple>

#include "base/version.h"
#include "protocol/interfaces.h"

namespace idled::service {
namespace {

class Recorder final : public Handler {
 public:
  void on_register(const Peer&, const protocol::RegisterRequest&, Answer answer) override {
    note("Register", answer);
  }
  void on_release(const Peer&, const protocol::ReleaseRequest&, Answer answer) override {
    note("Release", answer);
  }
  void on_list(const Peer&, const protocol::ListRequest&, bool, Answer answer) override {
    note("List", answer);
  }
  void on_kick(const Peer&, const protocol::KickRequest&, Answer answer) override {
    note("Kick", answer);
  }
  void on_hold(const Peer&, const protocol::HoldRequest&, Answer answer) override {
    note("Hold", answer);
  }
  void on_status(const Peer&, Answer answer) override { note("Status", answer); }
  void on_explain(const Peer&, const protocol::ExplainRequest&, Answer answer) override {
    note("Explain", answer);
  }
  void on_reload(const Peer&, Answer answer) override { note("Reload", answer); }
  void on_metrics(const Peer&, Answer answer) override { note("Metrics", answer); }
  void on_events(const Peer&, const protocol::EventsRequest&, bool, Answer answer) override {
    note("Events", answer);
  }
  [[nodiscard]] bool is_admin(const Peer& peer) const override {
    return peer.uid == 0 || peer.uid == kAdmin;
  }
  std::string called;
  static constexpr uid_t kAdmin = 500;

 private:
  void note(const char* name, const Answer& answer) {
    called = name;
    answer.done();
  }
};

protocol::Reply call(Handler& handler, uid_t uid, const std::string& method,
                     const std::string& parameters = "{}", bool more = false) {
  std::optional<protocol::Reply> reply;
  dispatch(handler, {100, uid, uid, {}}, {method, parameters, more, false},
           Answer([&](const protocol::Reply& r) { reply = r; }));
  EXPECT_TRUE(reply) << method << " got no answer";
  return reply.value_or(protocol::Reply{});
}

TEST(Methods, OnlyRootRegisters) {
  for (const auto name : {protocol::kRegister, protocol::kRelease}) {
    Recorder handler;
    EXPECT_EQ(call(handler, 1000, std::string(name)).error, protocol::kPermissionDenied);
    EXPECT_EQ(handler.called, "");
    EXPECT_EQ(call(handler, 0, std::string(name)).error, "");
    EXPECT_NE(handler.called, "");
  }
}

TEST(Methods, EverybodyMayAskForTheirOwn) {
  for (const auto name : {protocol::kList, protocol::kKick, protocol::kHold, protocol::kStatus,
                          protocol::kExplain, protocol::kEvents}) {
    Recorder handler;
    EXPECT_EQ(call(handler, 1000, std::string(name)).error, "") << name;
  }
}

TEST(Methods, OnlyAdministratorsReloadAndCount) {
  for (const auto name : {protocol::kReload, protocol::kMetrics}) {
    Recorder handler;
    EXPECT_EQ(call(handler, 1000, std::string(name)).error, protocol::kPermissionDenied);
    EXPECT_EQ(handler.called, "");
    for (const uid_t uid : {uid_t{0}, Recorder::kAdmin})
      EXPECT_EQ(call(handler, uid, std::string(name)).error, "");
    EXPECT_NE(handler.called, "");
  }
}

// Who may call what, once more and by hand: a method that is added here is added knowingly.
TEST(Methods, TheTableIsComplete) {
  const std::map<std::string_view, Access> wanted{
      {protocol::kGetInfo, Access::kAnyone}, {protocol::kGetInterfaceDescription, Access::kAnyone},
      {protocol::kRegister, Access::kRoot},  {protocol::kRelease, Access::kRoot},
      {protocol::kList, Access::kAnyone},    {protocol::kKick, Access::kAnyone},
      {protocol::kStatus, Access::kAnyone},  {protocol::kExplain, Access::kAnyone},
      {protocol::kHold, Access::kAnyone},    {protocol::kReload, Access::kAdmin},
      {protocol::kEvents, Access::kAnyone},  {protocol::kMetrics, Access::kAdmin}};
  std::map<std::string_view, Access> found;
  for (const Method& method : methods())
    EXPECT_TRUE(found.emplace(method.name, method.access).second);
  EXPECT_EQ(found, wanted);
}

// Whatever the parameters are: who may not call gets one answer, and no handler runs.
TEST(Methods, ARefusalDependsOnNothingButTheCaller) {
  const std::string huge(60'000, 'x');
  for (const Method& method : methods()) {
    if (method.access == Access::kAnyone) continue;
    for (const std::string& parameters :
         {std::string("{}"), std::string(R"({"user":7,"uid":"x","session":[]})"),
          R"({"user":")" + huge + R"("})", std::string(R"({"uid":1e999})"),
          std::string("{\"user\":\"\xff\xfe\"}")}) {
      Recorder handler;
      const protocol::Reply reply = call(handler, 1000, std::string(method.name), parameters);
      EXPECT_EQ(reply.error, protocol::kPermissionDenied) << method.name;
      EXPECT_EQ(reply.parameters, "{}");
      EXPECT_EQ(handler.called, "");
    }
  }
}

TEST(Methods, NamesAreExact) {
  const std::string list(protocol::kList);
  for (const std::string& name :
       {std::string(), std::string("List"), list + " ", list + std::string(1, '\0'), list + "x",
        list.substr(0, list.size() - 1), std::string("io.idled.sessions.List"),
        std::string("io.idled.Sessions."), std::string("..."), std::string(5000, '.')}) {
    Recorder handler;
    const std::string error = call(handler, 0, name).error;
    EXPECT_TRUE(error == protocol::kMethodNotFound || error == protocol::kInterfaceNotFound)
        << name;
    EXPECT_EQ(handler.called, "");
  }
}

TEST(Methods, WrongParametersAreNamedAndNotUsed) {
  for (const auto& [method, parameters, wrong] :
       {std::tuple{protocol::kKick, R"({"delay_seconds":1e3})", "delay_seconds"},
        {protocol::kKick, R"({"delay_seconds":99999999999999999999999})", "delay_seconds"},
        {protocol::kKick, R"({"delay_seconds":18446744073709551615})", "delay_seconds"},
        {protocol::kKick, R"({"wait":1})", "wait"},
        {protocol::kKick, R"({"session":{"session":"p1"}})", "session"},
        {protocol::kList, R"({"user":["root"]})", "user"},
        {protocol::kExplain, R"({"terminal":false})", "terminal"},
        {protocol::kRegister, R"({"uid":-1})", "uid"},
        {protocol::kRegister, R"({"uid":4294967296})", "uid"},
        {protocol::kRegister, R"({"gids":[1,"2"]})", "gids"}}) {
    Recorder handler;
    const protocol::Reply reply = call(handler, 0, std::string(method), parameters);
    EXPECT_EQ(reply.error, protocol::kInvalidParameter) << method << parameters;
    EXPECT_EQ(protocol::error_parameter_of(reply.parameters, "parameter"), wrong);
    EXPECT_EQ(handler.called, "");
  }
}

// Parameters that would not decode are not looked at before the caller may call.
TEST(Methods, RightsComeBeforeParameters) {
  Recorder handler;
  EXPECT_EQ(call(handler, 1000, std::string(protocol::kRegister), R"({"user": 7})").error,
            protocol::kPermissionDenied);
  const protocol::Reply reply =
      call(handler, 0, std::string(protocol::kRegister), R"({"user": 7})");
  EXPECT_EQ(reply.error, protocol::kInvalidParameter);
  EXPECT_EQ(protocol::error_parameter_of(reply.parameters, "parameter"), "user");
}

TEST(Methods, TheServiceSaysWhatItIs) {
  Recorder handler;
  const protocol::Reply reply = call(handler, 1000, std::string(protocol::kGetInfo));
  EXPECT_EQ(reply.error, "");
  const auto info = protocol::decode<protocol::GetInfoReply>(reply.parameters);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->vendor, "idled");
  EXPECT_EQ(info->version, kVersion);
  EXPECT_EQ(info->interfaces,
            (std::vector<std::string>{"org.varlink.service", "io.idled.Sessions"}));
  EXPECT_EQ(handler.called, "");
}

TEST(Methods, TheServiceTellsItsInterfaces) {
  Recorder handler;
  const auto describe = [&](const std::string& parameters) {
    return call(handler, 1000, std::string(protocol::kGetInterfaceDescription), parameters);
  };
  for (const auto name : protocol::kInterfaces) {
    const protocol::Reply reply = describe(protocol::error_parameter("interface", name));
    EXPECT_EQ(reply.error, "") << name;
    EXPECT_EQ(protocol::error_parameter_of(reply.parameters, "description"),
              protocol::interface_text(name));
  }
  const protocol::Reply unknown = describe(R"({"interface":"io.idled.Secrets"})");
  EXPECT_EQ(unknown.error, protocol::kInterfaceNotFound);
  EXPECT_EQ(protocol::error_parameter_of(unknown.parameters, "interface"), "io.idled.Secrets");
  EXPECT_EQ(describe("{}").error, protocol::kInterfaceNotFound);
  EXPECT_EQ(describe(R"({"interface":7})").error, protocol::kInvalidParameter);
}

TEST(Methods, WhoFollowsTakesSeveralReplies) {
  Recorder handler;
  const std::string events(protocol::kEvents);
  EXPECT_EQ(call(handler, 1000, events, R"({"follow":true})").error, protocol::kExpectedMore);
  EXPECT_EQ(handler.called, "");
  EXPECT_EQ(call(handler, 1000, events, R"({"follow":true})", true).error, "");
  EXPECT_EQ(handler.called, "Events");
}

TEST(Methods, UnknownOnesAreNamed) {
  Recorder handler;
  const protocol::Reply method = call(handler, 0, "io.idled.Sessions.Reboot");
  EXPECT_EQ(method.error, protocol::kMethodNotFound);
  EXPECT_EQ(protocol::error_parameter_of(method.parameters, "method"), "io.idled.Sessions.Reboot");
  EXPECT_EQ(call(handler, 0, "org.varlink.service.Reboot").error, protocol::kMethodNotFound);
  const protocol::Reply interface = call(handler, 0, "io.systemd.Manager.List");
  EXPECT_EQ(interface.error, protocol::kInterfaceNotFound);
  EXPECT_EQ(protocol::error_parameter_of(interface.parameters, "interface"), "io.systemd.Manager");
}

}  // namespace
}  // namespace idled::service
