#include "idled/core/shared_rules.h"

#include <gtest/gtest.h>

namespace idled::core {
namespace {

policy::Resolved limit_of(seconds limit) {
  policy::Resolved resolved;
  resolved.settings.idle = limit;
  resolved.idle_rule = resolved.session_rule = "the rule";
  return resolved;
}

TEST(SharedRules, AreKeptOnce) {
  SharedRules rules;
  const SharedRules::Pointer one = rules.share(limit_of(seconds(60)));
  EXPECT_EQ(rules.share(limit_of(seconds(60))), one);
  EXPECT_EQ(one->settings.idle, seconds(60));
}

// A rule keeps its name when its limit is changed.
TEST(SharedRules, AreToldApartByWhatTheySayAndByTheirNames) {
  SharedRules rules;
  const SharedRules::Pointer one = rules.share(limit_of(seconds(60)));
  const SharedRules::Pointer two = rules.share(limit_of(seconds(70)));
  policy::Resolved named = limit_of(seconds(60));
  named.idle_rule = "another";
  EXPECT_NE(two, one);
  EXPECT_EQ(two->settings.idle, seconds(70));
  EXPECT_NE(rules.share(named), one);
}

TEST(SharedRules, AreForgottenWhenNobodyHasThem) {
  SharedRules rules;
  const SharedRules::Pointer used = rules.share(limit_of(seconds(1)));
  for (int i = 2; i < 10'000; ++i) rules.share(limit_of(seconds(i)));
  EXPECT_LT(rules.size(), 200U);
  EXPECT_EQ(rules.share(limit_of(seconds(1))), used);
}

}  // namespace
}  // namespace idled::core
