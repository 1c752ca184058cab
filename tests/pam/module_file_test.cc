// The module as a file: what it exports, what it needs, and that it goes away.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/pam/pam_stack.h"
#include "tests/pam/process_state.h"

namespace idled::testing {
namespace {

using Names = std::set<std::string>;

std::string readelf(const std::string& options) {
  const std::string command = IDLED_READELF " -W " + options + " '" + module_path() + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), &::pclose);
  std::string text;
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe.get()))
    text.append(buffer, got);
  return text;
}

// The lines of `text`, each split into its words.
std::vector<std::vector<std::string>> table(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    rows.emplace_back(std::istream_iterator<std::string>(words),
                      std::istream_iterator<std::string>());
  }
  return rows;
}

bool is_mapped(const std::string& path) {
  std::ifstream maps("/proc/self/maps");
  std::ostringstream text;
  text << maps.rdbuf();
  return text.str().find(path) != std::string::npos;
}

TEST(ModuleFile, ExportsExactlyTheSessionFunctions) {
  Names defined;
  // Num: Value Size Type Bind Vis Ndx Name
  for (const auto& row : table(readelf("--dyn-syms")))
    if (row.size() >= 8 && row[0] != "Num:" && row[4] != "LOCAL" && row[6] != "UND")
      defined.insert(row[7]);
  EXPECT_EQ(defined, (Names{"pam_sm_open_session", "pam_sm_close_session"}));
}

TEST(ModuleFile, NeedsOnlyPamAndLibc) {
  if (IDLED_SANITIZED) GTEST_SKIP() << "a sanitizer's runtime is needed too";
  Names needed;
  // 0x0000000000000001 (NEEDED) Shared library: [libc.so.6]
  for (const auto& row : table(readelf("-d")))
    if (row.size() == 5 && row[1] == "(NEEDED)" && !row[4].starts_with("[ld-linux"))
      needed.insert(row[4]);
  EXPECT_EQ(needed, (Names{"[libpam.so.0]", "[libc.so.6]"}));
}

TEST(ModuleFile, MayBeUnloaded) {
  EXPECT_EQ(readelf("-d").find("NODELETE"), std::string::npos);
  EXPECT_EQ(readelf("--dyn-syms").find(" UNIQUE "), std::string::npos);
}

TEST(ModuleFile, IsSmall) {
  if (IDLED_SANITIZED) GTEST_SKIP() << "instrumented";
  // As it is loaded: what is not debug information.
  std::size_t loaded = 0;
  // Type Offset VirtAddr PhysAddr FileSiz MemSiz …
  for (const auto& row : table(readelf("-l")))
    if (row.size() >= 6 && row[0] == "LOAD") loaded += std::stoul(row[5], nullptr, 16);
  EXPECT_GT(loaded, 0u);
  EXPECT_LT(loaded, std::size_t{IDLED_OPTIMISED ? 400'000 : 2'000'000});
}

TEST(ModuleFile, IsGoneWhenClosed) {
  ASSERT_FALSE(is_mapped(module_path()));
  void* const module = ::dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(module, nullptr) << ::dlerror();
  EXPECT_TRUE(is_mapped(module_path()));
  EXPECT_NE(::dlsym(module, "pam_sm_open_session"), nullptr);
  EXPECT_EQ(::dlclose(module), 0);
  EXPECT_FALSE(is_mapped(module_path()));
}

TEST(ModuleFile, IsGoneWhenItsHandleHasEnded) {
  const PamStack stack("session optional MODULE SOCKET\n");
  {
    FakeDaemon daemon(stack.socket(), well_behaved("12", "600"));
    PamHandle pam = stack.start({.user = "root"});
    ASSERT_EQ(pam.open(), PAM_SUCCESS);
    EXPECT_TRUE(is_mapped(module_path()));
  }
  EXPECT_FALSE(is_mapped(module_path()));
}

// libstdc++ sets 72 kB aside at each load.
TEST(ModuleFile, LoadingLeavesNoMemoryBehind) {
  if (IDLED_SANITIZED) GTEST_SKIP() << "a sanitizer keeps freed memory for a while";
  const auto load = [](int times) {
    for (int i = 0; i < times; ++i) {
      void* const module = ::dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
      ASSERT_NE(module, nullptr);
      ::dlclose(module);
    }
  };
  load(20);
  const auto allocated = [] { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; };
  const std::size_t before = allocated();
  load(100);
  EXPECT_LE(allocated(), before + 65'536);
}

}  // namespace
}  // namespace idled::testing
