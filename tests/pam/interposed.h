// Functions of libc and libpam that the test program defines itself, so that the
// module, loaded by libpam as ever, calls these: the log is seen, and the user
// database says what a test wants. The program must be linked with -rdynamic.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace idled::testing {

struct LogLine {
  int priority;
  std::string text;
};

// What was handed to pam_syslog(3) since forget_log().
std::vector<LogLine> log_lines();
void forget_log();
// How many lines contain `text`.
int count_log_lines(std::string_view text);

struct FakeUser {
  std::string name;  // as asked for
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups = {};
  std::string canonical_name = {};  // as the database answers; empty: `name`
  std::size_t entry_size = 256;     // bytes that getpwnam_r(3) wants
  bool grows = false;               // getgrouplist(3) never asks for enough
  bool exhausts_memory = false;     // getgrouplist(3) leaves no memory
};

// Asked first; the machine's own users after them.
void set_fake_users(std::vector<FakeUser> users);

// From now on send(2) waits until the peer has hung up.
void delay_sending(bool delayed);

// Undoes what FakeUser::exhausts_memory did.
void give_memory_back();

}  // namespace idled::testing
