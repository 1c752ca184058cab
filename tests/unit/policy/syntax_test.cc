// What is no JSON, and what is in it twice: message and place.
#include "support.h"

namespace idled::policy::test {
namespace {

struct Case {
  std::string_view text;
  std::size_t line;
  std::size_t column;
  std::string_view pointer;
  std::string_view message;
};

void expect_error(const Case& wanted) {
  const Parsed parsed = parse_text(wanted.text);
  EXPECT_FALSE(parsed.policy) << wanted.text;
  ASSERT_EQ(parsed.errors.size(), 1U) << wanted.text << "\n" << render(parsed.errors);
  const Diagnostic& error = parsed.errors.front();
  EXPECT_EQ(error.severity, Severity::kError);
  EXPECT_EQ(error.file, "policy.json");
  EXPECT_EQ(error.line, wanted.line) << wanted.text;
  EXPECT_EQ(error.column, wanted.column) << wanted.text;
  EXPECT_EQ(error.pointer, wanted.pointer) << wanted.text;
  EXPECT_EQ(error.message, wanted.message) << wanted.text;
}

TEST(Syntax, IsRefusedWithItsPlace) {
  constexpr std::string_view kEmpty = "there is nothing here; an empty policy is {}";
  constexpr std::string_view kEnds = "the text ends here, in the middle of an object or a list";
  constexpr std::string_view kValue = "a value is expected here";
  constexpr std::string_view kQuote = "this string lacks its closing quote";
  constexpr Case kCases[] = {
      {"", 1, 1, "", kEmpty},
      {" // nothing\n", 1, 1, "", kEmpty},
      {"{", 1, 1, "", kEnds},
      {"{\"rules\": [\n  {\"name\": \"a\"}\n", 2, 15, "/rules/1", kEnds},
      {"{\"defaults\": {}, // and\n", 1, 15, "/defaults", kEnds},
      {"{\"defaults\": {\"idle\": \"5m\",}}", 1, 27, "/defaults/idle",
       "no comma stands before '}'"},
      {"{\"rules\": [{}, // last\n ]}", 1, 14, "/rules/1", "no comma stands before ']'"},
      {"{\"rules\": [1,,2]}", 1, 14, "/rules/1", kValue},
      {"{\"rules\": ,}", 1, 11, "/rules", kValue},
      {"{\"rules\" []}", 1, 10, "/rules", "a colon is missing before this"},
      {"{\"defaults\": {\"idle\": 5\n  \"warn\": 1}}", 2, 3, "/defaults/idle",
       "a comma is missing before this"},
      {"{\"rules\": [{}\n{}]}", 2, 1, "/rules/1", "a comma is missing before this"},
      {"{,}", 1, 2, "", "a key in double quotes is expected here"},
      {"{1: 2}", 1, 2, "", "a key in double quotes is expected here"},
      {"{'idle': 1}", 1, 2, "", "strings stand in double quotes"},
      {"{idle: 1}", 1, 2, "", "\"idle\" is no JSON value; strings stand in double quotes"},
      {"{\"defaults\": {\"idle\": 5m}}", 1, 23, "/defaults/idle",
       "\"5m\" is no JSON value; strings stand in double quotes"},
      {"{\"defaults\": {\"idle\": 1h30m, \"warn\": 1}}", 1, 23, "/defaults/idle",
       "\"1h30m\" is no JSON value; strings stand in double quotes"},
      {"{\"defaults\": {\"idle\": never}}", 1, 23, "/defaults/idle",
       "\"never\" is no JSON value; strings stand in double quotes"},
      {"{\"a\": 01}", 1, 7, "/a", "\"01\" is no JSON value; strings stand in double quotes"},
      {"{\"a\": -}", 1, 7, "/a", "\"-\" is no JSON value; strings stand in double quotes"},
      {"{\"a\": 1e999}", 1, 7, "/a", "this number is out of range"},
      {"{\"a\": \"5m}", 1, 7, "/a", kQuote},
      {"{\"a\": \"5m,\n\"b\": 1}", 1, 7, "/a", kQuote},
      {"{\"a\": \"\\q\"}", 1, 9, "/a", "invalid string: forbidden character after backslash"},
      {"{\"a\": \"\xff\"}", 1, 8, "/a", "invalid string: ill-formed UTF-8 byte"},
      {"{} {}", 1, 4, "", "the document ends before this"},
      {"{}}", 1, 3, "", "the document ends before this"},
      {"{\"a\": 1 / 2}", 1, 9, "/a", "a comment begins with //"},
      {"[[[[[[[[[[[[[[[[[", 1, 17, "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0",
       "nested deeper than 16 levels"},
      {std::string_view("{\n// \0}", 7), 2, 4, "", "a NUL byte: a policy is text in UTF-8"},
      {"{} /* and", 1, 4, "", "this comment is not closed"},
      {"{ // and\rso on }", 1, 10, "", "\"so\" is no JSON value; strings stand in double quotes"},
      {"\xef\xbb\xbf{\"rules\": [1,,2]}", 1, 17, "/rules/1", kValue},
  };
  for (const Case& each : kCases) expect_error(each);
}

TEST(Syntax, CommentsMayStandAnywhere) {
  const Policy policy = policy_of(R"(// a
{ // b
  /* c */ "defaults" // "rules": 1
  : { "idle" /* " */ : 300 // d
    , // e
    "message": "no // comment" }
} // f)");
  const Settings settings = policy.resolve(alice(), monday_noon()).settings;
  EXPECT_EQ(settings.idle, std::chrono::minutes(5));
  EXPECT_EQ(settings.message, "no // comment");
}

// Places are counted beside the parser: comments, escapes and numbers must not throw
// them off.
TEST(Syntax, PlacesStayRightBehindWhatIsHardToCount) {
  const Parsed parsed = parse_text(
      "{\"defaults\": {\"message\": \"\\\"// \\\\\", /* , \" */ \"idle\":-5// "
      "\"\n,\n\"hold_max\":300"
      "/*:*/,\t\"warn\" : [ 1.5,{} ] , \"mode\":\"enforced\"}}");
  ASSERT_EQ(parsed.errors.size(), 4U) << render(parsed.errors);
  const std::pair<std::size_t, std::size_t> places[] = {{1, 54}, {3, 33}, {3, 37}, {3, 51}};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(parsed.errors[i].line, places[i].first) << render(parsed.errors[i]);
    EXPECT_EQ(parsed.errors[i].column, places[i].second) << render(parsed.errors[i]);
  }
}

TEST(Syntax, EveryDuplicateKeyIsRefused) {
  const Parsed parsed = parse_text(R"({
  "defaults": { "idle": "5m",
                "idle": "6m" },
  "rules": [ { "name": "a", "match": { "user": "x", "user": ["y", { "z": 1, "z": 2 }] } } ],
  "rules": []
})");
  ASSERT_EQ(parsed.errors.size(), 4U) << render(parsed.errors);
  EXPECT_EQ(parsed.errors[0].message, "duplicate key \"idle\"; the first is on line 2");
  EXPECT_EQ(parsed.errors[0].line, 3U);
  EXPECT_EQ(parsed.errors[0].column, 17U);
  EXPECT_EQ(parsed.errors[0].pointer, "/defaults/idle");
  EXPECT_EQ(parsed.errors[1].pointer, "/rules/0/match/user");
  EXPECT_EQ(parsed.errors[2].pointer, "/rules/0/match/user/1/z");
  EXPECT_EQ(parsed.errors[3].message, "duplicate key \"rules\"; the first is on line 4");
}

TEST(Syntax, OneBrokenSourceDoesNotHideAnother) {
  const Parsed parsed =
      parse_sources({{"a.json", "{"}, {"b.json", "{\"defaults\": {\"idel\": 1}}"}});
  ASSERT_EQ(parsed.errors.size(), 2U);
  EXPECT_EQ(parsed.errors[0].file, "a.json");
  EXPECT_EQ(parsed.errors[1].file, "b.json");
}

TEST(Syntax, SizeIsLimitedOverAllSources) {
  const std::string half = "{}" + std::string(kLargestSource / 2 - 2, ' ');
  EXPECT_TRUE(parse_sources({{"a", half}, {"b", half}}).policy);
  const Parsed parsed = parse_sources({{"a", half}, {"b", half}, {"c", "{}"}});
  ASSERT_EQ(parsed.errors.size(), 1U);
  EXPECT_EQ(render(parsed.errors),
            "c: error: a policy has at most 1048576 bytes, all its files together\n");
}

TEST(Syntax, ErrorsAreCountedNotPiledUp) {
  std::string text = "{\"defaults\": {";
  for (int i = 0; i < 20'000; ++i) text += "\"k" + std::to_string(i) + "\": 0, ";
  const Parsed parsed = parse_text(text + "\"x\": 0}}");
  ASSERT_EQ(parsed.errors.size(), kMostErrors);
  EXPECT_EQ(parsed.errors.back().message, "19902 more errors");
  std::string twice = "{\"a\": 0";
  for (int i = 0; i < 20'000; ++i) twice += ", \"a\": 0";
  EXPECT_EQ(parse_text(twice + "}").errors.size(), kMostErrors);
}

TEST(Syntax, HostileTextsEndInErrors) {
  const std::string deep = std::string(kLargestSource, '[');
  EXPECT_EQ(parse_text(deep).errors.size(), 1U);
  EXPECT_FALSE(parse_text(std::string_view("{\"a\0b\": 1}", 10)).policy);
  EXPECT_FALSE(parse_text(std::string_view("\0", 1)).policy);
  EXPECT_FALSE(parse_text("\x1b[2J").policy);
  EXPECT_FALSE(parse_text("{\"" + std::string(1'000'000, 'x') + "\": 1}").policy);
}

TEST(Render, LooksLikeACompilers) {
  const Parsed parsed = parse_text("{\n\t\"defaults\": { \"idel\": \"5m\" }\n}\n");
  EXPECT_EQ(render(parsed.errors),
            "policy.json:2:16: error: \"idel\" is not a known setting [/defaults/idel]\n"
            "     \"defaults\": { \"idel\": \"5m\" }\n"
            "                   ^ did you mean \"idle\"?\n");
}

TEST(Render, ShowsAPieceOfALongLine) {
  const std::string text = "{\"defaults\": {" + std::string(500, ' ') + "\"idel\": 1}}";
  const Parsed parsed = parse_text(text);
  ASSERT_EQ(parsed.errors.size(), 1U);
  const Diagnostic& error = parsed.errors.front();
  EXPECT_EQ(error.column, 515U);
  EXPECT_LE(error.source_line.size(), 120U);
  EXPECT_EQ(error.source_line.substr(error.caret, 6), "\"idel\"");
}

TEST(Render, TakesTheLinesOfOtherSystems) {
  const Parsed parsed = parse_text("{\r\n  \"idle\": 1\r\n}\r\n");
  ASSERT_EQ(parsed.errors.size(), 1U);
  EXPECT_EQ(parsed.errors.front().line, 2U);
  EXPECT_EQ(parsed.errors.front().source_line, "  \"idle\": 1");
}

TEST(Render, LetsNoEscapeThrough) {
  const Parsed parsed =
      parse_sources({{"\x1b[2J.json", "{\"\\u001b]0;x\\u0007\": 1} // \x1b[31m"}});
  for (const char c : render(parsed.errors)) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
}

}  // namespace
}  // namespace idled::policy::test
