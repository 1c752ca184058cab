// Where records go: the journal if there is one, else standard error.
#pragma once

#include <string_view>

#include "idled/core/record.h"

namespace idled::system {

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

}  // namespace idled::system
