// Asks NSS for groups in a process of its own.
//
// NSS may hang for half a minute on a network that is gone, and cannot be interrupted; a
// thread inside it could neither be ended nor left behind at exit. A child can be killed at
// any time, and what NSS modules open, leak or corrupt goes with it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"
#include "policy_io/groups.h"

namespace idled {

class GroupLookup {
 public:
  using Ask = GroupAnswer (*)(const std::string& name);

  // Forks; the caller has no other threads. The child dies with the process that started
  // it, and holds none of its descriptors open. `ask` is for tests.
  static Result<GroupLookup> start(std::vector<std::string> names, Ask ask = look_up_group);

  GroupLookup(GroupLookup&& other) noexcept;
  GroupLookup& operator=(GroupLookup&& other) noexcept;
  ~GroupLookup();  // kills the child, if it still asks

  // Readable when answers have come, or none will come any more. Does not block.
  [[nodiscard]] int fd() const { return answers_fd_.get(); }
  // Takes what has come; true when that was all.
  bool take();
  // take() until it is all, or the time is over: then false.
  bool wait(std::chrono::milliseconds time);
  // What has been taken so far; names without an answer yet are `unanswered`.
  [[nodiscard]] GroupAnswers answers() const;
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  GroupLookup(std::vector<std::string> names, OwnedFd answers_fd, pid_t child);
  void end();

  std::vector<std::string> names_;
  std::vector<GroupAnswer> got_;  // of each name
  std::string partial_;           // the beginning of an answer
  OwnedFd answers_fd_;
  pid_t child_;  // 0: ended and waited for
};

}  // namespace idled
