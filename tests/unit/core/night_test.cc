// A whole night of a thousand logins in a moment of the test's time.
#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "sim.h"

namespace idled::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Night, AThousandLogins) {
  const std::clock_t began = std::clock();  // of this process: the machine may be busy
  Sim sim(R"({"defaults": {"idle": "5m"}})");
  std::mt19937 random(42);
  struct Person {
    SessionId id;
    BootTime last_key;
    BootTime next_key;
    BootTime goes_home;  // types no more after this
  };
  std::vector<Person> people;
  for (int i = 0; i < 1000; ++i) {
    Person person{sim.open("user" + std::to_string(i)),
                  sim.boot,
                  {},
                  sim.boot + seconds(random() % (8 * 3600))};
    person.next_key = sim.boot + seconds(1 + random() % 299);
    people.push_back(person);
  }

  const BootTime morning = sim.boot + hours(10);
  while (sim.boot < morning) {
    sim.pass(seconds(20));
    for (Person& person : people) {
      if (person.next_key > sim.boot || person.next_key > person.goes_home) continue;
      ASSERT_TRUE(sim.is_open(person.id)) << person.id.value << " was typing";
      sim.type(person.id);
      person.last_key = sim.boot;
      person.next_key = sim.boot + seconds(1 + random() % 270);
    }
  }

  for (const Person& person : people) {
    ASSERT_FALSE(sim.is_open(person.id)) << person.id.value << " was forgotten";
    const nanoseconds idle = *sim.logins[person.id.value].hung_up_at - person.last_key;
    ASSERT_GE(idle, seconds(300)) << person.id.value << " was logged out early";
    ASSERT_LE(idle, seconds(308) + milliseconds(200)) << person.id.value << " was logged out late";
  }
  EXPECT_EQ(sim.count(RecordKind::kEnded), 1000U);
  EXPECT_EQ(sim.engine.size(), 0U);
  const milliseconds took((std::clock() - began) / (CLOCKS_PER_SEC / 1000));
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(took, seconds(1));
#endif
  RecordProperty("milliseconds", static_cast<int>(took.count()));
}

}  // namespace
}  // namespace idled::core
