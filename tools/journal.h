// The daemon's records, read back from the systemd journal.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "protocol/messages.h"

namespace idled::tools {

// From `since` until just before `until`.
struct Period {
  WallTime since;
  WallTime until;
};

using TakeEvent = std::function<void(protocol::Event)>;

// Calls `take` with each record of root's idled in that time, the oldest first. Empty `file`:
// this machine's journal, as far as the caller may read it; what they may not is left out
// without a word, sd_journal_open(3). The error's code is the errno.
Result<void> read_journal(const Period& period, const std::string& file, const TakeEvent& take);
using ReadJournal =
    std::function<Result<void>(const Period&, const std::string& file, const TakeEvent&)>;

}  // namespace idled::tools
