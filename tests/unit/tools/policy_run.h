// idlectl, run with a policy of the test's in the place of the installed one.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fake_daemon.h"

namespace idled::tools {

class PolicyRun : public testing::Test {
 protected:
  PolicyRun() : folder_(testing::TempDir() + "idlectl-policy-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
    std::filesystem::create_directory(folder_ + "/policy.d");
  }
  ~PolicyRun() override { std::filesystem::remove_all(folder_); }

  // The path of the file.
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  Ran run(std::vector<std::string> arguments, const std::string& socket = "/nonexistent") const {
    std::ostringstream out;
    std::ostringstream err;
    Context context{out, err};
    context.socket = socket;
    context.now = [] { return kNow; };
    context.policy.file = folder_ + "/policy.json";
    context.policy.drop_ins = folder_ + "/policy.d";
    const ExitCode code = tools::run(std::move(arguments), context);
    return {code, out.str(), err.str()};
  }

  std::string folder_;
};

inline testing::AssertionResult has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no " << part << " in\n" << text;
}

}  // namespace idled::tools
