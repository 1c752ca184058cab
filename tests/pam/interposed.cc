#include "tests/pam/interposed.h"

#include <dlfcn.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

namespace idled::testing {
namespace {

std::mutex mutex;
std::vector<LogLine> lines;   // under mutex
std::vector<FakeUser> users;  // written before any login, read by it
std::atomic<bool> sends_late = false;

const FakeUser* fake_user(const char* name) {
  const auto it = std::find_if(users.begin(), users.end(), [&](const FakeUser& user) {
    return user.name == name || user.canonical_name == name;
  });
  return it == users.end() ? nullptr : &*it;
}

// No more address space, and what free memory there is already, taken: pieces
// of less than 64 kB are left.
std::vector<void*> hoard;
rlimit usual_limit{};

void exhaust_memory() {
  hoard.reserve(10'000);
  ::getrlimit(RLIMIT_AS, &usual_limit);
  const rlimit none{1, usual_limit.rlim_max};
  ::setrlimit(RLIMIT_AS, &none);
  while (hoard.size() < hoard.capacity()) {
    void* const piece = std::malloc(std::size_t{1} << 16);
    if (piece == nullptr) break;
    hoard.push_back(piece);
  }
}

template <typename F>
F* next(F*, const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

std::vector<LogLine> log_lines() {
  const std::lock_guard lock(mutex);
  return lines;
}

void forget_log() {
  const std::lock_guard lock(mutex);
  lines.clear();
}

int count_log_lines(std::string_view text) {
  const std::lock_guard lock(mutex);
  return static_cast<int>(std::count_if(lines.begin(), lines.end(), [&](const LogLine& line) {
    return line.text.find(text) != std::string::npos;
  }));
}

void set_fake_users(std::vector<FakeUser> fake) {
  users = std::move(fake);
}

void delay_sending(bool delayed) {
  sends_late = delayed;
}

void give_memory_back() {
  if (usual_limit.rlim_max != 0) ::setrlimit(RLIMIT_AS, &usual_limit);
  for (void* const piece : hoard) std::free(piece);
  hoard.clear();
}

}  // namespace idled::testing

using namespace idled::testing;

extern "C" {

void pam_syslog(const pam_handle_t* /*pamh*/, int priority, const char* format, ...) {
  char text[4096];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const std::lock_guard lock(mutex);
  lines.push_back({priority, text});
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  if (pollfd hangup{fd, 0, 0}; sends_late) ::poll(&hangup, 1, 5000);
  return next(&::send, "send")(fd, bytes, size, flags);
}

int getpwnam_r(const char* name, struct passwd* entry, char* buffer, size_t size,
               struct passwd** result) {
  const FakeUser* const user = fake_user(name);
  if (user == nullptr) return next(&::getpwnam_r, "getpwnam_r")(name, entry, buffer, size, result);
  *result = nullptr;
  if (size < user->entry_size) return ERANGE;
  const std::string& answer = user->canonical_name.empty() ? user->name : user->canonical_name;
  std::memcpy(buffer, answer.c_str(), answer.size() + 1);
  *entry = {};
  entry->pw_name = buffer;
  entry->pw_uid = user->uid;
  entry->pw_gid = user->gid;
  *result = entry;
  return 0;
}

int getgrouplist(const char* name, gid_t group, gid_t* groups, int* count) {
  const FakeUser* const user = fake_user(name);
  if (user == nullptr) return next(&::getgrouplist, "getgrouplist")(name, group, groups, count);
  if (user->exhausts_memory) exhaust_memory();
  const int room = *count;
  const int all = static_cast<int>(user->groups.size());
  std::copy_n(user->groups.begin(), std::min(room, all), groups);
  *count = user->grows ? std::min(room + 1, all) : all;
  return all <= room ? all : -1;
}

}  // extern "C"
