#include "idled/core/user_index.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <vector>

namespace idled::core {
namespace {

std::set<const Session*> all_of(const UserIndex& index, uid_t user) {
  std::set<const Session*> all;
  index.for_each_of(user, [&](const Session& session) {
    EXPECT_TRUE(all.insert(&session).second) << "visited twice";
  });
  return all;
}

// Few users with a handful of logins each, so that every place in a list is removed from.
TEST(UserIndex, KnowsTheLoginsOfEachUserAndNoOthers) {
  constexpr uid_t kUsers = 5;
  UserIndex index;
  std::vector<std::unique_ptr<Session>> there;
  std::vector<std::set<const Session*>> expected(kUsers);
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    if (there.empty() || (there.size() < 30 && random() % 2 == 0)) {
      SessionData data;
      data.login.uid = static_cast<uid_t>(random() % kUsers);
      there.push_back(std::make_unique<Session>(std::move(data)));
      index.add(*there.back());
      expected[there.back()->login.uid].insert(there.back().get());
    } else {
      std::swap(there[random() % there.size()], there.back());
      index.remove(*there.back());
      expected[there.back()->login.uid].erase(there.back().get());
      there.pop_back();
    }
    for (uid_t user = 0; user < kUsers; ++user)
      ASSERT_EQ(all_of(index, user), expected[user]) << "after " << i;
  }
}

}  // namespace
}  // namespace idled::core
