// The kernel's audit, auditd(8): a record of each forced logout, for ausearch(8) and its kin.
//
// While its queue is full the kernel makes whoever writes a record wait, for up to a minute, in
// a sleep that no signal ends. So a thread writes them; the loop only hands them over, and what
// that thread cannot take is lost: the journal has it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/owned_fd.h"
#include "base/result.h"
#include "idled/core/record.h"

namespace idled::system {

// A record of type AUDIT_USER_LOGOUT (linux/audit.h: what user programs send), without what the
// kernel and libaudit(3) add: the time, who sends it, and its program. Values that another could
// choose are in quotes or in hexadecimal, as audit's own are: none looks like a field.
struct AuditMessage {
  std::string text;      // op=logout cause=idle rule="defaults" acct="alice" id=1001 ses=7
  std::string host;      // a name or an address; "?": none, or one that is no plain word
  std::string address;   // "?": not known
  std::string terminal;  // "pts/3,pts/4"; "?": none
  bool success = true;   // false: it outlives all that was done
};

// What there is to write of a record; none where it is about no forced logout. `audit_session`:
// the login's, system::audit_session().
std::optional<AuditMessage> audit_message(const core::Record& record,
                                          std::optional<std::uint32_t> audit_session);

class AuditLog {
 public:
  // Writes one, in the thread; 0, or an errno.
  using Send = std::function<int(const AuditMessage&)>;

  // To the kernel, by libaudit. An error where there is no audit: in this kernel
  // (EPROTONOSUPPORT, EINVAL), this container (EAFNOSUPPORT), or this build (ENOSYS). That it is
  // switched off is no error, and cannot be told; the kernel takes the records and drops them.
  static Result<std::unique_ptr<AuditLog>> open();
  static Result<std::unique_ptr<AuditLog>> open(Send send);
  // Gives what is under way a second.
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Never waits.
  void write(AuditMessage message);

  // Readable when one could not be written, for the first time: take_failure() says why (errno),
  // once, and 0 from then on.
  [[nodiscard]] int failure_fd() const;
  int take_failure();

 private:
  struct State;
  AuditLog(OwnedFd failure, Send send);
  std::shared_ptr<State> state_;  // the thread's, too, which may outlive this
};

}  // namespace idled::system
