// All that a command may touch, handed in by main() or by a test.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "policy_io/policy_files.h"
#include "protocol/messages.h"
#include "tools/outcome.h"

namespace idled::tools {

struct Context {
  std::ostream& out;
  std::ostream& err;
  std::size_t width = 0;  // columns of the terminal behind `out`; 0: not a terminal
  bool colour = false;    // `out` may be coloured: a terminal, and NO_COLOR not set
  std::function<WallTime()> now{};
  std::string socket{protocol::kDefaultSocket};
  PolicyPaths policy{};         // the installed one
  seconds patience{10};         // for an answer that the daemon has at hand
  seconds reload_patience{30};  // NSS may be slow, and another reload under way
  seconds kick_patience{60};    // for a login to die, counted from the end of the delay
  ExitCode code = ExitCode::kDone;

  // Tells of a failure on `err`; the exit code is that of the gravest one told.
  void fail(const Failure& failure) {
    err << "idlectl: " << failure.text << '\n';
    code = graver(code, failure.code);
  }
};

}  // namespace idled::tools
