#include "idled/system/lock_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace idled::system {
namespace {

class LockFileTest : public testing::Test {
 protected:
  LockFileTest() : folder_(testing::TempDir() + "idled-lock-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
  }
  ~LockFileTest() override { std::filesystem::remove_all(folder_); }

  // What another process gets: 0, or the errno.
  [[nodiscard]] int tried_by_another() const {
    const pid_t child = fork();
    if (child == 0) {
      const Result<OwnedFd> lock = lock_file(path());
      _exit(lock ? 0 : lock.error().code);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  }
  [[nodiscard]] std::string path() const { return folder_ + "/lock"; }

  std::string folder_;
};

TEST_F(LockFileTest, OneHasItAtATime) {
  Result<OwnedFd> lock = lock_file(path());
  ASSERT_TRUE(lock) << lock.error().text;
  EXPECT_EQ(tried_by_another(), EAGAIN);
  lock->reset();
  EXPECT_EQ(tried_by_another(), 0);
}

TEST_F(LockFileTest, AChildThatIsLeftDoesNotKeepIt) {
  int over[2];
  ASSERT_EQ(pipe(over), 0);
  Result<OwnedFd> lock = lock_file(path());
  ASSERT_TRUE(lock);
  const pid_t child = fork();  // has the descriptor, too
  if (child == 0) {
    close(over[1]);
    char byte = 0;
    _exit(read(over[0], &byte, 1) == 0 ? 0 : 1);
  }
  lock->reset();
  EXPECT_EQ(tried_by_another(), 0);
  close(over[0]);
  close(over[1]);
  waitpid(child, nullptr, 0);
}

TEST_F(LockFileTest, SaysWhatItCannotOpen) {
  const Result<OwnedFd> lock = lock_file(folder_ + "/none/lock");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, ENOENT);
  EXPECT_NE(lock.error().text.find("/none/lock"), std::string::npos);
}

}  // namespace
}  // namespace idled::system
