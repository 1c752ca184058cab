#include "idled/system/pty_watch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace idled::system {
namespace {

namespace fs = std::filesystem;

// The folders and the file are stand-ins; inotify is the real one.
class PtyWatchTest : public testing::Test {
 protected:
  PtyWatchTest() : folder_(testing::TempDir() + "idled-ptys-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
    fs::create_directory(path("pts"));
    fs::create_directory(path("dev"));
    write("dev/tty1");
  }
  ~PtyWatchTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name) const { std::ofstream(path(name), std::ios::app) << "x"; }
  PtyWatch opened() const {
    Result<PtyWatch> watch = PtyWatch::open({path("pts"), path("dev"), path("utmp")});
    if (!watch) throw std::runtime_error(watch.error().text);
    return *std::move(watch);
  }

 private:
  std::string folder_;
};

TEST_F(PtyWatchTest, ANewPtyIsASignAndAClosedOneIsNamed) {
  PtyWatch watch = opened();
  write("pts/3");
  PtyWatch::Told told = watch.take();
  EXPECT_TRUE(told.arrivals);
  EXPECT_TRUE(told.closed.empty());

  fs::remove(path("pts/3"));
  told = watch.take();
  EXPECT_FALSE(told.arrivals);
  EXPECT_EQ(told.closed, std::vector<std::string>{"pts/3"});
}

TEST_F(PtyWatchTest, AConsoleThatIsGivenToAUserIsASign) {
  PtyWatch watch = opened();
  write("dev/tty1");  // output on a console is none
  EXPECT_FALSE(watch.take().arrivals);
  ASSERT_EQ(chmod(path("dev/tty1").c_str(), 0620), 0);  // as login(1) does, with its owner
  EXPECT_TRUE(watch.take().arrivals);
}

TEST_F(PtyWatchTest, UtmpIsFollowedThroughReplacement) {
  write("utmp");
  PtyWatch watch = opened();
  EXPECT_FALSE(watch.take().arrivals);
  write("utmp");
  EXPECT_TRUE(watch.take().arrivals);

  const std::ifstream still_open(path("utmp"));
  write("utmp.new");
  fs::rename(path("utmp.new"), path("utmp"));
  EXPECT_TRUE(watch.take().arrivals);
  EXPECT_FALSE(watch.take().arrivals);
  write("utmp");
  EXPECT_TRUE(watch.take().arrivals);

  fs::rename(path("utmp"), path("utmp.old"));
  EXPECT_TRUE(watch.take().arrivals);
  (void)watch.take();
  write("utmp.old");
  EXPECT_FALSE(watch.take().arrivals) << "the file that was utmp is watched still";
}

TEST_F(PtyWatchTest, AUtmpThatIsMadeLaterIsFollowedFromTheNextSignOn) {
  PtyWatch watch = opened();
  write("utmp");
  write("pts/0");
  EXPECT_TRUE(watch.take().arrivals);
  write("utmp");
  EXPECT_TRUE(watch.take().arrivals);
}

TEST_F(PtyWatchTest, WithoutPtysThereIsNone) {
  const Result<PtyWatch> watch =
      PtyWatch::open({path("no such folder"), path("dev"), path("utmp")});
  ASSERT_FALSE(watch);
  EXPECT_NE(watch.error().text.find("no such folder"), std::string::npos) << watch.error().text;
}

}  // namespace
}  // namespace idled::system
