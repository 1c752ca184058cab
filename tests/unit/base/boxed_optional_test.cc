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

TEST(BoxedOptional, ComparesByWhatIsInIt) {
  const Boxed none;
  const Boxed a(std::string("a"));
  EXPECT_EQ(none, Boxed());
  EXPECT_EQ(a, Boxed(std::string("a")));
  EXPECT_NE(a, none);
  EXPECT_NE(a, Boxed(std::string("b")));
  EXPECT_EQ(a, "a");
  EXPECT_NE(none, "");
  EXPECT_EQ(none, std::optional<std::string>());
  EXPECT_EQ(a, std::optional<std::string>("a"));
  EXPECT_NE(a, std::optional<std::string>());
}

}  // namespace
}  // namespace idled
