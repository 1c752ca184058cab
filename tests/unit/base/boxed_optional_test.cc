#include "base/boxed_optional.h"

#include <gtest/gtest.h>

#include <string>

namespace idled {
namespace {

using Boxed = BoxedOptional<std::string>;

TEST(BoxedOptional, IsEmptyUntilItIsGivenAValue) {
  Boxed boxed;
  EXPECT_FALSE(boxed);
  boxed = std::string("a");
  ASSERT_TRUE(boxed.has_value());
  EXPECT_EQ(*boxed, "a");
  EXPECT_EQ(boxed->size(), 1U);
  boxed.reset();
  EXPECT_FALSE(boxed);
}

TEST(BoxedOptional, IsAValue) {
  const Boxed one(std::string("a"));
  Boxed copy = one;
  *copy = "b";
  EXPECT_EQ(*one, "a");
  copy = one;
  EXPECT_EQ(*copy, "a");
  copy = Boxed();
  EXPECT_FALSE(copy);
  EXPECT_TRUE(one);
  EXPECT_EQ(sizeof one, sizeof(void*));
}

}  // namespace
}  // namespace idled
