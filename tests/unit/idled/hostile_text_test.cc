// Whatever somebody is called, it reaches the log and terminals as plain text.
#include <gtest/gtest.h>

#include <functional>

#include "idled/core/records.h"
#include "idled/daemon.h"
#include "idled/system/journal.h"
#include "protocol/messages.h"

#include "tests/unit/hostile_texts.h"
#include "tests/unit/idled/fake_host.h"

namespace idled {
namespace {

using testing::hostile_texts;
using testing::is_safe;

TEST(HostileText, CannotForgeALineOfTheLog) {
  for (const std::string& text : hostile_texts()) {
    const core::Record record{core::RecordKind::kOpened,
                              core::Severity::kInfo,
                              "Opened " + text + "\nsecond line",
                              {{"IDLED_USER", text}}};
    const std::string line = system::log_line(record);
    EXPECT_TRUE(is_safe(line, "\n")) << line;
    EXPECT_LT(line.size(), 20'000U);
    for (std::size_t at = 0; (at = line.find('\n', at)) != std::string::npos; ++at)
      EXPECT_EQ(line.substr(at + 1, 4), "    ") << "not a line of its own";
    for (const std::string& entry : system::journal_entries(record)) {
      EXPECT_TRUE(is_safe(entry, entry.starts_with("MESSAGE=") ? "\n" : "")) << entry;
      EXPECT_LT(entry.size(), 20'000U);
    }
  }
}

// As user, service, host, message and program, through the daemon.
TEST(HostileText, ReachesNoTerminalAndNoRecordRaw) {
  for (const std::string& text : hostile_texts()) {
    FakeHost host;
    Daemon daemon(host,
                  {std::make_shared<const policy::Policy>(policy::Policy::built_in()), "x", "", ""},
                  std::nullopt);
    const service::Answer ignored([](const protocol::Reply& reply) {
      EXPECT_TRUE(protocol::decode_reply(protocol::encode_reply(reply)));
    });
    protocol::RegisterRequest request;
    request.user = request.service = request.tty = request.remote_host = text;
    request.ssh_connection = request.logind_session = text;
    request.uid = 1000;
    daemon.on_register({101, 0, 0, {}}, request, ignored);
    ASSERT_EQ(daemon.engine().size(), 1U);
    daemon.on_kick({1, 1000, 1000, {}}, {"", "", text, text, 0, false}, ignored);
    for (int i = 0; i < 5 && daemon.next(); ++i) {
      host.boot = *daemon.next();
      daemon.deliver(core::TimerExpired{});
    }
    EXPECT_NE(host.shown.find("Logged out by"), std::string::npos);
    EXPECT_TRUE(is_safe(host.shown, "\r\n\a")) << host.shown;
    for (const core::Record& record : host.records) {
      EXPECT_TRUE(is_safe(record.message)) << record.message;
      for (const auto& [name, value] : record.fields) EXPECT_TRUE(is_safe(value)) << name;
    }
  }
}

TEST(HostileText, IsAsciiInJson) {
  for (const std::string& text : hostile_texts()) {
    protocol::SessionInfo info;
    info.user = info.id = info.service = info.rule = text;
    info.remote_host = info.hold = text;
    info.terminals.push_back({text, 1, text, false});
    EXPECT_TRUE(is_safe(protocol::to_json_array({info}), "\n"));
    protocol::StatusReply status;
    status.policy_source = text;
    status.policy_error = text;
    EXPECT_TRUE(is_safe(protocol::to_json_text(status), "\n"));
  }
}

}  // namespace
}  // namespace idled
