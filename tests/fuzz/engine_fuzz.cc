// What happens to the engine, in any order: a program of one letter an event, and a digit for
// each of its arguments (see kOperations). Other bytes mean nothing, so that a corpus can be
// written and read. The first character says which policy the machine begins with.
//
//     0 o01 z9 k00 zD    alice opens a login with one terminal, types after 5 s, and goes for 1 min
#include <array>
#include <functional>

#include "fuzz.h"
#include "machine.h"

namespace idled::fuzz {
namespace {

constexpr std::size_t kMostOperations = 400;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  char letter() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n'))
      text_.remove_prefix(1);
    return take();
  }
  // 0-9, A-Z; other characters by their number.
  unsigned digit() {
    const char c = take();
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A') + 10;
    return static_cast<unsigned char>(c);
  }
  [[nodiscard]] bool is_at_end() const { return text_.empty(); }

 private:
  char take() {
    if (text_.empty()) return '0';
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }
  std::string_view text_;
};

using Operation = void (*)(Machine& machine, unsigned a, unsigned b);
struct Row {
  char letter;
  int digits;
  Operation run;
};

// clang-format off
constexpr std::array kOperations{
    // logins: the first digit is the login
    Row{'o', 2, [](Machine& m, unsigned user, unsigned terminals) { m.open(user, terminals); }},
    Row{'a', 2, [](Machine& m, unsigned user, unsigned terminals) { m.open(user, terminals, true); }},
    Row{'r', 1, [](Machine& m, unsigned login, unsigned) { m.register_again(login); }},
    Row{'u', 1, [](Machine& m, unsigned login, unsigned) { m.substitute_user(login); }},
    Row{'g', 1, [](Machine& m, unsigned login, unsigned) { m.reuse_pid(login); }},
    Row{'c', 1, [](Machine& m, unsigned login, unsigned) { m.close(login); }},
    Row{'x', 1, [](Machine& m, unsigned login, unsigned) { m.leader_exits(login); }},
    Row{'n', 1, [](Machine& m, unsigned login, unsigned) { m.open_terminal(login); }},
    Row{'q', 2, [](Machine& m, unsigned login, unsigned tty) { m.close_terminal(login, tty); }},
    // terminals: and the second the terminal
    Row{'k', 2, [](Machine& m, unsigned login, unsigned tty) { m.key(login, tty); }},
    Row{'l', 2, [](Machine& m, unsigned login, unsigned tty) { m.line(login, tty); }},
    Row{'p', 2, [](Machine& m, unsigned login, unsigned tty) { m.print(login, tty); }},
    Row{'m', 2, [](Machine& m, unsigned login, unsigned tty) { m.change(login, tty); }},
    Row{'t', 2, [](Machine& m, unsigned login, unsigned tty) { m.touch(login, tty, false); }},
    Row{'T', 2, [](Machine& m, unsigned login, unsigned tty) { m.touch(login, tty, true); }},
    Row{'d', 2, [](Machine& m, unsigned login, unsigned date) { m.touch_date(login, 0, date); }},
    Row{'w', 2, [](Machine& m, unsigned login, unsigned tty) { m.work(login, tty); }},
    Row{'j', 2, [](Machine& m, unsigned login, unsigned tty) { m.toggle_apt(login, tty); }},
    Row{'s', 2, [](Machine& m, unsigned login, unsigned tty) { m.toggle_xoff(login, tty); }},
    // the machine
    Row{'h', 2, [](Machine& m, unsigned login, unsigned what) { m.survive(login, what); }},
    Row{'f', 1, [](Machine& m, unsigned login, unsigned) { m.carry_transfer(login); }},
    Row{'S', 1, [](Machine& m, unsigned login, unsigned) { m.leave_processes(login); }},
    Row{'K', 2, [](Machine& m, unsigned login, unsigned delay) { m.kick(login, delay); }},
    Row{'H', 2, [](Machine& m, unsigned login, unsigned how) { m.hold(login, how); }},
    Row{'e', 2, [](Machine& m, unsigned login, unsigned kind) { m.late_event(login, kind); }},
    Row{'P', 1, [](Machine& m, unsigned policy, unsigned) { m.change_policy(policy); }},
    Row{'C', 1, [](Machine& m, unsigned step, unsigned) { m.step_clock(step); }},
    Row{'R', 0, [](Machine& m, unsigned, unsigned) { m.restart(); }},
    Row{'I', 0, [](Machine& m, unsigned, unsigned) { m.toggle_inotify(); }},
    Row{'W', 1, [](Machine& m, unsigned what, unsigned) { m.wire(what); }},
    Row{'z', 1, [](Machine& m, unsigned duration, unsigned) { m.pass(duration); }},
    Row{'y', 0, [](Machine& m, unsigned, unsigned) { m.wake(); }},
    Row{'Z', 1, [](Machine& m, unsigned duration, unsigned) { m.suspend(duration); }},
};
// clang-format on

}  // namespace

void try_one(std::string_view input) {
  Reader reader(input);
  Machine machine(reader.digit());
  for (std::size_t done = 0; done < kMostOperations && !reader.is_at_end(); ++done) {
    const char letter = reader.letter();
    for (const Row& row : kOperations) {
      if (row.letter != letter) continue;
      const unsigned a = row.digits > 0 ? reader.digit() : 0;
      const unsigned b = row.digits > 1 ? reader.digit() : 0;
      row.run(machine, a, b);
    }
  }
  machine.come_to_rest();
}

}  // namespace idled::fuzz
