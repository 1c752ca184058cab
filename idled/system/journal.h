// Where records go: the journal if there is one, else standard error.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/owned_fd.h"
#include "idled/core/record.h"

namespace idled::system {

// A record as a line of stderr (further lines of its message are indented), and as the fields of
// a journal entry. Printable ASCII only, and of a limited length.
std::string log_line(const core::Record& record);
std::vector<std::string> journal_entries(const core::Record& record);

// A journald that is stopped, or waits for its disk, takes nothing: sd_journal_sendv(3) would wait
// for it, and with it all that the daemon does. So it is asked first, and what it does not take is
// kept until it does, with the time that it is about.
class Journal {
 public:
  // Uses the journal if its socket is there and standard error is not a terminal
  // that somebody started the daemon on; sd_journal_sendv(3).
  Journal();
  // Waits for nobody, where there is a journal.
  void write(const core::Record& record);

  // Readable when something is kept that the journal would take now: send_kept() then. -1: there
  // is no journal.
  [[nodiscard]] int kept_fd() const { return kept_fd_.get(); }
  void send_kept();

 private:
  using Entries = std::vector<std::string>;
  [[nodiscard]] bool takes_more() const;
  void keep(Entries entries);

  bool journal_;
  OwnedFd probe_;    // a socket of the journal's own kind, by which to see whether it takes more
  OwnedFd kept_fd_;  // an epoll instance, over the probe while anything is kept
  std::deque<Entries> kept_;  // the oldest first
  std::size_t lost_ = 0;      // that were too many to keep
};

// The record's MESSAGE_ID, sd_journal_send(3): 32 hexadecimal digits, fixed for ever.
std::string_view message_id(core::RecordKind kind);
// And its name, one of protocol/event_kinds.h, in IDLED_EVENT.
std::string_view event_name(core::RecordKind kind);

}  // namespace idled::system
