// What the daemon writes down: one record a step, for the journal.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "idled/core/types.h"

namespace idled::core {

// Each kind has a MESSAGE_ID of its own: idled/system/journal.cc.
enum class RecordKind {
  kStarted,
  kStopped,
  kPolicyLoaded,
  kPolicyRefused,
  kOpened,
  kAdopted,
  kRestored,
  kRefused,  // a login that cannot be watched, and why
  kClosed,   // it ended by itself
  kWarned,
  kWarningUndelivered,  // a terminal never took it
  kCancelled,           // the user came back after a warning
  kWaiting,             // the logout waits for a program in front
  kForged,              // a terminal's times are being set by hand
  kHeld,
  kHoldOver,
  kWouldWarn,  // mode report, and so on
  kWouldCancel,
  kWouldWait,
  kWouldLogOut,
  kKickRequested,
  kLogout,     // the terminals are hung up
  kSignalled,  // a further rung of the ladder
  kEnded,      // what was to end has ended
  kStuck,      // it has not
  kTrouble,    // something went wrong that an administrator should know
};

enum class Severity { kError, kWarning, kNotice, kInfo, kDebug };

struct Record {
  RecordKind kind;
  Severity severity = Severity::kInfo;
  std::string message;                                      // a sentence, printable
  std::vector<std::pair<std::string, std::string>> fields;  // journal field names and values
};

}  // namespace idled::core
