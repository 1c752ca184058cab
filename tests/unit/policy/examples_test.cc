// The examples, each explained for a cast of logins: what it says it does.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support.h"

namespace idled::policy::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

fs::path path_of(const std::string& name) {
  return fs::path(ETC_FOLDER) / "examples" / name;
}

Policy example(const std::string& name) {
  std::ifstream file(path_of(name));
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file) << name;
  gid_t next = 500;
  std::map<std::string, gid_t> ids;
  const Policy policy = policy_of(text.str());
  for (const std::string& group : policy.group_names()) ids[group] = next++;
  return policy.bind_groups(ids);
}

// --- the cast: whoever is not said to be otherwise works at noon on a Monday, by ssh ---------

struct Person {
  std::string user = "alice";
  std::vector<std::string> groups{};
  std::string host = "203.0.113.7";
  std::string terminal = "pts/3";
  std::string service = "sshd";
  Kind kind = Kind::kTerminal;
  LocalTime when = monday_noon();
};

Person on_console() {
  return {.host = "", .terminal = "tty1", .service = "login", .kind = Kind::kConsole};
}

Person without_terminal(std::string user = "alice") {
  Person person;
  person.user = std::move(user);
  person.terminal.clear();
  person.kind = Kind::kNoTerminal;
  return person;
}

Person in(std::vector<std::string> groups, LocalTime when = monday_noon()) {
  Person person;
  person.groups = std::move(groups);
  person.when = when;
  return person;
}

Person named(std::string user) {
  Person person;
  person.user = std::move(user);
  return person;
}

Person from(Person person, std::string host) {
  person.host = std::move(host);
  return person;
}

// "idle=15m by rule" for each setting that is asked for.
std::string explained(const std::string& file, const Person& person,
                      const std::vector<std::string>& settings) {
  const Policy policy = example(file);
  Subject subject{person.user, 1000, {1000}, person.service, person.host, {}, person.kind};
  if (!person.terminal.empty()) subject.terminals = {person.terminal};
  const std::vector<std::string> known = policy.group_names();
  for (const std::string& group : person.groups) {
    const auto found = std::find(known.begin(), known.end(), group);
    EXPECT_NE(found, known.end()) << file << " knows no group " << group;
    subject.gids.push_back(static_cast<gid_t>(500 + (found - known.begin())));
  }
  std::string text;
  const Explanation why = explain(policy, subject, person.when);
  for (const std::string& name : settings)
    for (const SettingExplained& setting : why.settings)
      if (setting.name == name)
        text += (text.empty() ? "" : "; ") + name + '=' + setting.value + " by " + setting.rule;
  return text;
}

std::string idle(const std::string& file, const Person& person) {
  return explained(file, person, {"idle"});
}

LocalTime at(std::chrono::weekday day, std::chrono::minutes time) {
  return local_time(day, time);
}

TEST(Examples, TheStandardsLetNobodyOff) {
  struct Standard {
    const char* file;
    const char* all;
  };
  for (const Standard& each :
       {Standard{"cis.json",
                 "idle=15m by defaults; mode=enforce by built-in; tmout=limit by defaults"},
        Standard{"stig.json",
                 "idle=10m by defaults; mode=enforce by built-in; tmout=limit by defaults"},
        Standard{"pci-dss.json",
                 "idle=15m by defaults; mode=enforce by built-in; tmout=backstop by built-in"}})
    for (const Person& person : {Person{}, named("root"), on_console(), without_terminal()})
      EXPECT_EQ(explained(each.file, person, {"idle", "mode", "tmout"}), each.all);
  EXPECT_EQ(idle("pci-dss.json", in({"cardholder"})), "idle=5m by cardholder data");
}

TEST(Examples, OpsByDay) {
  using std::chrono::Friday;
  using std::chrono::Monday;
  using std::chrono::Saturday;
  using std::chrono::Sunday;
  using std::chrono::Tuesday;
  const char* file = "ops-by-day.json";
  EXPECT_EQ(idle(file, Person{}), "idle=10m by defaults");
  EXPECT_EQ(idle(file, in({"ops"})), "idle=30m by operators by day");
  EXPECT_EQ(idle(file, in({"ops"}, at(Monday, 8h))), "idle=30m by operators by day");
  EXPECT_EQ(idle(file, in({"ops"}, at(Friday, 17h + 59min))), "idle=30m by operators by day");
  EXPECT_EQ(idle(file, in({"ops"}, at(Friday, 18h))), "idle=10m by defaults");
  EXPECT_EQ(idle(file, in({"ops"}, at(Sunday, 12h))), "idle=10m by defaults");
  EXPECT_EQ(idle(file, in({"contractors"})), "idle=5m by contractors");
  EXPECT_EQ(idle(file, in({"contractors"}, at(Sunday, 3h))), "idle=5m by contractors");
  EXPECT_EQ(idle(file, in({"ops", "contractors"})), "idle=5m by contractors");
  EXPECT_EQ(idle(file, in({"night-ops"})), "idle=10m by defaults");
  EXPECT_EQ(idle(file, in({"night-ops"}, at(Tuesday, 3h))), "idle=30m by night shift");
  EXPECT_EQ(idle(file, in({"night-ops"}, at(Saturday, 12h))), "idle=30m by night shift");
  EXPECT_EQ(idle(file, in({"night-ops"}, at(Monday, 7h + 59min))), "idle=30m by night shift");
}

TEST(Examples, TryItFirst) {
  EXPECT_EQ(explained("try-it-first.json", Person{}, {"idle", "mode"}),
            "idle=15m by defaults; mode=report by defaults");
  EXPECT_EQ(explained("try-it-first.json", in({"pilot"}), {"idle", "mode"}),
            "idle=15m by defaults; mode=enforce by volunteers");
}

TEST(Examples, Bastion) {
  const char* file = "bastion.json";
  const std::vector<std::string> all = {"idle", "session", "no_terminal", "leftovers"};
  const std::string kept = "; no_terminal=network by defaults; leftovers=kill by defaults";
  EXPECT_EQ(explained(file, Person{}, all), "idle=5m by defaults; session=10h by defaults" + kept);
  EXPECT_EQ(explained(file, without_terminal(), all),
            "idle=5m by defaults; session=10h by defaults" + kept);
  EXPECT_EQ(explained(file, on_console(), all),
            "idle=5m by defaults; session=never by console" + kept);
  const std::string desk = "idle=15m by administrators at their desks";
  EXPECT_EQ(idle(file, from(in({"admins"}), "10.20.1.2")), desk);
  EXPECT_EQ(idle(file, from(in({"admins"}), "::ffff:10.20.1.2")), desk);
  EXPECT_EQ(idle(file, from(in({"admins"}), "2001:db8:20::9")), desk);
  EXPECT_EQ(idle(file, from(in({"admins"}), "10.20.99.2")), "idle=5m by defaults")
      << "guests' network";
  EXPECT_EQ(idle(file, in({"admins"})), "idle=5m by defaults") << "from elsewhere";
  EXPECT_EQ(idle(file, from(Person{}, "10.20.1.2")), "idle=5m by defaults") << "no administrator";
}

TEST(Examples, BuildServer) {
  const char* file = "build-server.json";
  EXPECT_EQ(explained(file, Person{}, {"idle", "activity", "hold_max"}),
            "idle=15m by defaults; activity=job by defaults; hold_max=2h by defaults");
  for (const char* robot : {"jenkins", "gitlab-runner", "buildbot-7"})
    EXPECT_EQ(idle(file, without_terminal(robot)), "idle=never by robots");
  EXPECT_EQ(idle(file, named("buildbot")), "idle=15m by defaults");
  EXPECT_EQ(explained(file, in({"release"}), {"idle", "never_interrupt"}),
            "idle=15m by defaults; never_interrupt=dpkg, apt-get, reprepro, rsync by releases");
}

TEST(Examples, Lab) {
  const char* file = "lab.json";
  const std::vector<std::string> all = {"idle", "session", "leftovers", "hold_max"};
  EXPECT_EQ(explained(file, Person{}, all),
            "idle=20m by defaults; session=never by built-in; leftovers=kill by defaults; "
            "hold_max=0s by built-in");
  EXPECT_EQ(
      explained(file, in({"staff"}), all),
      "idle=1h by staff; session=never by built-in; leftovers=keep by staff; hold_max=8h by staff");
  EXPECT_EQ(explained(file, on_console(), {"idle", "session"}),
            "idle=10m by lab consoles; session=4h by lab consoles");
  Person teacher = on_console();
  teacher.groups = {"staff"};
  EXPECT_EQ(explained(file, teacher, {"idle", "session"}),
            "idle=1h by staff; session=4h by lab consoles");
  Person hall = from(Person{}, "screen4.hall.example.edu");
  hall.service = "login";
  EXPECT_EQ(explained(file, hall, {"idle", "warn"}),
            "idle=2m by screens in the hall; warn=30s by screens in the hall");
  hall.user = "root";
  EXPECT_EQ(idle(file, hall), "idle=20m by defaults");
}

TEST(Examples, AreAllTestedHere) {
  const fs::directory_iterator all(fs::path(ETC_FOLDER) / "examples");
  const auto count = std::distance(begin(all), end(all));
  EXPECT_EQ(count, 8) << "one is new: give it a test above";
}

}  // namespace
}  // namespace idled::policy::test
