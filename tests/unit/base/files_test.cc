#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace idled {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  FilesTest() : folder_(testing::TempDir() + "idled-files-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
    path_ = folder_ + "/file";
    EXPECT_TRUE(replace_file(path_, "text"));
  }
  ~FilesTest() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string error() const {
    const Result<std::string> text = read_trusted_file(path_, 100);
    return text ? "" : text.error().text;
  }
  std::string folder_;
  std::string path_;
};

TEST_F(FilesTest, WhatIsOnlyOursIsRead) {
  EXPECT_EQ(*read_trusted_file(path_, 100), "text");
  chmod(path_.c_str(), 0644);
  EXPECT_EQ(error(), "");
  EXPECT_FALSE(read_trusted_file(path_, 3)) << "too large";
}

TEST_F(FilesTest, WhatOthersWriteIsNot) {
  chmod(path_.c_str(), 0646);
  EXPECT_EQ(error(), path_ + " can be written by everybody; chmod o-w");
  if (geteuid() != 0) GTEST_SKIP() << "chown takes root";
  chmod(path_.c_str(), 0664);
  EXPECT_EQ(error(), "") << "root's group is root";
  ASSERT_EQ(chown(path_.c_str(), 0, 4242), 0);
  EXPECT_EQ(error(), path_ + " can be written by group 4242; chmod g-w");
  chmod(path_.c_str(), 0600);
  ASSERT_EQ(chown(path_.c_str(), 4242, 0), 0);
  EXPECT_EQ(error(), path_ + " belongs to user 4242, not to root; chown it");
}

TEST_F(FilesTest, LinksAreFollowedOnlyWhereTheyMayBe) {
  const std::string link = folder_ + "/link";
  ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_FALSE(read_trusted_file(link, 100));
  EXPECT_TRUE(read_trusted_file(link, 100, /*may_be_link=*/true));
  chmod(path_.c_str(), 0666);
  EXPECT_FALSE(read_trusted_file(link, 100, /*may_be_link=*/true)) << "what it leads to";
}

TEST_F(FilesTest, AFifoDoesNotHoldUsUp) {
  unlink(path_.c_str());
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(error(), path_ + " is not a regular file");
}

TEST_F(FilesTest, AStickyFolderIsNobodyElses) {
  struct stat status {};
  status.st_mode = S_IFDIR | 01777;
  EXPECT_EQ(who_else_writes(status), "");
  status.st_mode = S_IFDIR | 0777;
  EXPECT_NE(who_else_writes(status), "");
}

TEST_F(FilesTest, AFileIsNotWrittenThroughALink) {
  const std::string target = folder_ + "/target";
  ASSERT_EQ(symlink(target.c_str(), (path_ + ".new").c_str()), 0);
  EXPECT_FALSE(replace_file(path_, "other"));
  EXPECT_FALSE(fs::exists(target));
}

}  // namespace
}  // namespace idled
