// Where records go: the journal if there is one, else standard error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "idled/core/record.h"

namespace idled::system {

// A record as a line of stderr (further lines of its message are indented), and as the fields of
// a journal entry. Printable ASCII only, and of a limited length.
std::string log_line(const core::Record& record);
std::vector<std::string> journal_entries(const core::Record& record);

class Journal {
 public:
  // Uses the journal if its socket is there and standard error is not a terminal
  // that somebody started the daemon on; sd_journal_sendv(3).
  Journal();
  void write(const core::Record& record) const;

 private:
  bool journal_;
};

// The record's MESSAGE_ID, sd_journal_send(3): 32 hexadecimal digits, fixed for ever.
std::string_view message_id(core::RecordKind kind);
// And its name, one of protocol/event_kinds.h, in IDLED_EVENT.
std::string_view event_name(core::RecordKind kind);

}  // namespace idled::system
