// All that a command may touch, handed in by main() or by a test.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/time.h"
#include "policy_io/policy_files.h"
#include "protocol/messages.h"
#include "tools/journal.h"
#include "tools/live_output.h"
#include "tools/outcome.h"

namespace idled::tools {

struct Context {
  std::ostream& out;
  std::ostream& err;
  std::size_t width = 0;   // columns of the terminal behind `out`; 0: not a terminal
  std::string terminal{};  // behind `out`, "pts/3"; empty: not a terminal
  bool colours = false;    // whether `out` is to be coloured, if nobody says otherwise
  std::function<WallTime()> now{};
  // Draws on the terminal behind `out`, coloured or not; null: it is none that could do it.
  std::function<std::unique_ptr<LiveOutput>(bool colours)> open_screen{};
  std::string socket{protocol::kDefaultSocket};
  ReadJournal read_journal{};   // none: there is no journal
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
