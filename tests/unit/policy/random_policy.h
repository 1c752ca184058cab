// Policies and logins by chance.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "support.h"

namespace idled::policy::test {

// Small enough for everything to meet everything.
class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t end) { return random_() % end; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string one_of(const std::vector<std::string>& all) { return all[below(all.size())]; }

  std::string patterns(const std::vector<std::string>& all) {
    std::string list;
    for (std::size_t i = 0; i <= below(3); ++i)
      list +=
          (list.empty() ? "\"" : ", \"") + std::string(one_in(3) ? "!" : "") + one_of(all) + '"';
    return '[' + list + ']';
  }

  std::string rule(std::size_t number) {
    std::string match;
    const auto add = [&](const std::string& key, const std::vector<std::string>& all) {
      if (one_in(3)) match += (match.empty() ? "\"" : ", \"") + key + "\": " + patterns(all);
    };
    add("user", {"a", "b", "c*", "?", "7", "8"});
    add("group", {"g", "h", "nobody", "5", "6"});
    add("service", {"sshd", "login", "s*"});
    add("host", {"10.0.0.0/8", "::/0", "*.example.com", "?*", "10.0.0.1"});
    add("terminal", {"pts/1", "pts/*", "tty[1-6]"});
    add("kind", {"terminal", "console", "no-terminal", "graphical"});
    add("time", {"Mon-Fri 08:00-18:00", "22:00-06:00", "Fri 18:00-Mon 08:00"});
    return R"({"name": "r)" + std::to_string(number) + R"(", "match": {)" + match + '}' +
           settings(true) + '}';
  }

  std::string settings(bool comma) {
    std::string text;
    const auto add = [&](const std::string& key, const std::vector<std::string>& all) {
      if (one_in(3)) text += (comma || !text.empty() ? ", \"" : "\"") + key + "\": " + one_of(all);
    };
    add("idle", {"300", "\"1h\"", "\"never\""});
    add("warn", {"[]", "\"30s\"", "[5, \"1m\"]"});
    add("session", {"\"8h\"", "\"never\""});
    add("activity", {"\"input\"", "\"output\"", "\"job\""});
    add("no_terminal", {"\"ignore\"", "\"network\""});
    add("leftovers", {"\"keep\"", "\"kill\""});
    add("mode", {"\"enforce\"", "\"report\""});
    add("tmout", {"\"backstop\"", "\"limit\"", "\"off\""});
    add("never_interrupt", {"[]", "\"rsync\""});
    add("hold_max", {"0", "\"2h\""});
    add("message", {"\"\"", "\"Go home.\""});
    return text;
  }

  std::string policy() {
    std::string rules;
    for (std::size_t i = 0; i < below(8); ++i) rules += (rules.empty() ? "" : ",\n") + rule(i);
    return "{\"defaults\": {" + settings(false) + "}, \"rules\": [" + rules + "]}";
  }

  Subject subject() {
    Subject subject;
    subject.user = one_of({"a", "b", "c", "cc", "d"});
    subject.uid = static_cast<uid_t>(6 + below(4));
    for (gid_t gid = 4; gid < 8; ++gid)
      if (one_in(2)) subject.gids.push_back(gid);
    subject.service = one_of({"sshd", "login", "su"});
    subject.host = one_of({"", "10.0.0.1", "::ffff:10.9.9.9", "2001:db8::1", "x.example.com"});
    if (one_in(2)) subject.terminals.emplace_back("pts/1");
    if (one_in(3)) subject.terminals.emplace_back("tty1");
    subject.kind = static_cast<Kind>(below(4));
    return subject;
  }

  LocalTime time() {
    return local_time(std::chrono::weekday(static_cast<unsigned>(below(7))),
                      std::chrono::minutes(below(1440)));
  }

 private:
  std::mt19937 random_;
};

}  // namespace idled::policy::test
