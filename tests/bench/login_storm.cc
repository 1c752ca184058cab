// login_storm SERVICE USER CALLERS PER_SECOND SECONDS: opens PAM sessions at a rate, each in
// a process of its own (to the daemon a login is its leader), from so many callers at once.
// Every fourth is closed as a login should be; the others just exit, as after a crash.
//
// Prints one line of JSON: how many were opened, how many of them the daemon took, how many
// a second that was, and how long opening took: median, 99 in a hundred, longest (ms).
//
// Nothing is slept through where the rate is not reached: then the callers go on as fast as
// they can until all are done.
#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Opening {
  std::chrono::nanoseconds took;
  bool is_taken;
};

int refuse(int, const pam_message**, pam_response**, void*) {
  return PAM_CONV_ERR;
}

// Opens, and is the login's leader.
[[noreturn]] void log_in(pam_handle_t* pam, bool closes, Opening& opening) {
  const Clock::time_point began = Clock::now();
  pam_open_session(pam, 0);
  opening.took = Clock::now() - began;
  opening.is_taken = pam_getenv(pam, "IDLED_TMOUT") != nullptr;
  if (closes) pam_close_session(pam, 0);
  _exit(0);
}

// What the C library reads at the first look-up of a user is read once, not by each child.
void warm_up(const char* user) {
  const passwd* const entry = getpwnam(user);
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (entry) getgrouplist(user, entry->pw_gid, groups.data(), &count);
}

// One caller: a login each `interval`, one after the other.
[[noreturn]] void call(const char* service, const char* user, std::span<Opening> openings,
                       Clock::time_point first, Clock::duration interval) {
  const pam_conv conversation{&refuse, nullptr};
  pam_handle_t* pam = nullptr;
  if (pam_start(service, user, &conversation, &pam) != PAM_SUCCESS) _exit(1);
  pam_set_item(pam, PAM_RHOST, "192.0.2.7");  // as sshd says it
  warm_up(user);
  for (std::size_t i = 0; i < openings.size(); ++i) {
    std::this_thread::sleep_until(first + interval * static_cast<Clock::rep>(i));
    const pid_t leader = fork();
    if (leader < 0) _exit(1);
    if (leader == 0) log_in(pam, i % 4 == 0, openings[i]);
    waitpid(leader, nullptr, 0);
  }
  _exit(0);
}

double in_ms(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void report(std::vector<Opening> openings, Clock::duration took) {
  std::sort(openings.begin(), openings.end(),
            [](const Opening& a, const Opening& b) { return a.took < b.took; });
  const auto taken = std::count_if(openings.begin(), openings.end(),
                                   [](const Opening& opening) { return opening.is_taken; });
  const double elapsed = std::chrono::duration<double>(took).count();
  std::printf(
      "{\"opened\": %zu, \"taken\": %td, \"per_second\": %.0f, \"median_ms\": %.3f, "
      "\"p99_ms\": %.3f, \"longest_ms\": %.3f}\n",
      openings.size(), taken, static_cast<double>(openings.size()) / elapsed,
      in_ms(openings[openings.size() / 2].took), in_ms(openings[openings.size() * 99 / 100].took),
      in_ms(openings.back().took));
}

int storm(const char* service, const char* user, std::size_t callers, std::size_t each,
          Clock::duration interval) {
  const std::size_t size = callers * each * sizeof(Opening);
  void* const shared =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return EXIT_FAILURE;
  const std::span all(static_cast<Opening*>(shared), callers * each);

  const Clock::time_point begin = Clock::now() + std::chrono::milliseconds(200);
  for (std::size_t i = 0; i < callers; ++i)
    if (fork() == 0)
      call(service, user, all.subspan(i * each, each),
           begin + interval * static_cast<Clock::rep>(i) / static_cast<Clock::rep>(callers),
           interval);
  bool good = true;
  for (int status = 0; wait(&status) > 0;) good = good && status == 0;
  report({all.begin(), all.end()}, Clock::now() - begin);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::size_t callers = words.size() == 5 ? std::strtoul(words[2].c_str(), nullptr, 10) : 0;
  const double rate = words.size() == 5 ? std::strtod(words[3].c_str(), nullptr) : 0;
  const double seconds = words.size() == 5 ? std::strtod(words[4].c_str(), nullptr) : 0;
  if (callers == 0 || rate <= 0 || seconds <= 0) {
    std::fprintf(stderr, "usage: login_storm SERVICE USER CALLERS PER_SECOND SECONDS\n");
    return 2;
  }
  const auto each = static_cast<std::size_t>(rate * seconds / static_cast<double>(callers));
  const auto interval = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(static_cast<double>(callers) / rate));
  return storm(words[0].c_str(), words[1].c_str(), callers, std::max<std::size_t>(each, 1),
               interval);
}
