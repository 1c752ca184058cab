#include "policy/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace idled::policy {
namespace {

struct Case {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

TEST(Glob, Matches) {
  constexpr Case kCases[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"*", "", true},
      {"*", "pts/3", true},
      {"?*", "", false},
      {"?*", "a", true},
      {"**", "", true},
      {"*a", "aaab", false},
      {"*ab", "aab", true},
      {"*ab?", "aabc", true},
      {"*a[b]", "aab", true},
      {"a*a", "a", false},
      {"a*a", "aa", true},
      {"a*b*c", "abbbc", true},
      {"a*b*c", "acb", false},
      {"*.example.com", "a.b.example.com", true},
      {"*.example.com", "example.com", false},
      {"tty?", "tty1", true},
      {"tty?", "tty12", false},
      {"tty?", "tty", false},
      {"tty[1-6]", "tty6", true},
      {"tty[1-6]", "tty7", false},
      {"tty[!1-6]", "tty7", true},
      {"tty[!1-6]", "tty1", false},
      {"[abc-]x", "-x", true},
      {"[abc-]x", "dx", false},
      {"[]]", "]", true},
      {"[!]]", "]", false},
      {"[!]]", "a", true},
      {"*[0-9]", "pts/12", true},
      {"*[0-9]", "pts/", false},
      {"a]", "a]", true},
      {"a]b", "a]b", true},
      {"*[ab].c", "xa.c", true},
      {"*[ab].c", "xc.c", false},
      {"[ab]*.c", ".c", false},
      {"DOM\\*", "DOM\\alice", true},
      {"Alice", "alice", false},
      {"[a-\xff]", "\xe9", true},
  };
  for (const Case& each : kCases)
    EXPECT_EQ(glob_matches(each.pattern, each.text), each.matches)
        << each.pattern << " on " << each.text;
}

TEST(Glob, IsValid) {
  for (const char* good : {"", "abc", "*", "[a]", "[!a]", "[]]", "[!]]", "[a-z0-9_]", "a]", "[-]"})
    EXPECT_TRUE(is_valid_glob(good)) << good;
  for (const char* bad : {"[", "a[", "[!", "[]", "[!]", "[z-a]", "[a][", "x[b-a]*"})
    EXPECT_FALSE(is_valid_glob(bad)) << bad;
}

TEST(Glob, KnowsAWildcard) {
  EXPECT_TRUE(has_wildcard("a*"));
  EXPECT_TRUE(has_wildcard("?"));
  EXPECT_TRUE(has_wildcard("[a]"));
  EXPECT_FALSE(has_wildcard("pts/3"));
}

TEST(Glob, KnowsWhatAMatchMustEndIn) {
  EXPECT_EQ(plain_tail("*.example.com"), 12U);
  EXPECT_EQ(plain_tail("host-?"), 0U);
  EXPECT_EQ(plain_tail("tty[a-z]"), 0U);
  EXPECT_EQ(plain_tail("[ab].c"), 2U);
  EXPECT_EQ(plain_tail("plain"), 5U);
}

// A matcher that recurses takes longer than the age of the universe for this.
TEST(Glob, TakesNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "?b", std::string(250, 'a') + "c"));
  EXPECT_FALSE(glob_matches(pattern + "[b]", std::string(250, 'a')));
}

}  // namespace
}  // namespace idled::policy
