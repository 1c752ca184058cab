#include "idled/core/session_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace idled::core {
namespace {

std::unique_ptr<Session> session_of(const std::string& id) {
  SessionData data;
  data.login.id.value = id;
  return std::make_unique<Session>(std::move(data));
}

std::map<std::string, const Session*> all_in(const SessionTable& table) {
  std::map<std::string, const Session*> all;
  table.for_each([&](const Session& session) { all[session.login.id.value] = &session; });
  return all;
}

TEST(SessionTable, FindsNothingInNothing) {
  SessionTable table;
  EXPECT_EQ(table.find("c1"), nullptr);
  table.erase("c1");
  EXPECT_EQ(table.size(), 0U);
}

// Few ids, so that they come and go often; small and large, so that it grows and has runs of
// slots that are taken, over its end too.
TEST(SessionTable, KnowsWhoIsThereAndWhoIsNot) {
  for (const unsigned ids : {12U, 100U, 1000U}) {
    SessionTable table;
    std::map<std::string, const Session*> expected;
    std::mt19937 random(ids);
    for (int i = 0; i < 20'000; ++i) {
      const std::string id = "c" + std::to_string(random() % ids);
      const auto known = expected.find(id);
      ASSERT_EQ(table.find(id), known == expected.end() ? nullptr : known->second);
      if (known == expected.end()) {
        expected[id] = &table.insert(session_of(id));
      } else {
        table.erase(id);
        expected.erase(known);
      }
      ASSERT_EQ(table.size(), expected.size());
    }
    EXPECT_EQ(all_in(table), expected);
    for (const auto& [id, session] : expected) EXPECT_EQ(table.find(id), session);
  }
}

}  // namespace
}  // namespace idled::core
