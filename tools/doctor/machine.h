// The machine as the checks see it: files below a root, and what the programs that run on it
// have answered. The checks touch nothing else, so that a test gives them a folder made wrong.
//
// Paths are absolute, as on the machine; links are followed within the root, so that those of
// an image do not lead out of it.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/owned_fd.h"
#include "policy_io/policy_files.h"
#include "protocol/messages.h"
#include "tools/outcome.h"

namespace idled::tools::doctor {

struct DaemonAnswer {
  protocol::StatusReply status;
  std::vector<protocol::SessionInfo> sessions;
};

// What only a running machine tells. An image, which is not asked, has none.
struct Living {
  std::string socket{protocol::kDefaultSocket};
  Outcome<DaemonAnswer> daemon = Failure{ExitCode::kNoDaemon, "idled is not running"};
  std::string sshd_settings;   // what `sshd -T` prints; empty: not to be had
  std::string sshd_complaint;  // why not; empty: it was not asked
  bool is_root = true;
  // The members of the admin group, by NSS; none: there is no such group.
  std::optional<std::vector<std::string>> admins = std::nullopt;
};

class Machine {
 public:
  Machine(std::string root, std::optional<Living> living);

  // Null: an image.
  [[nodiscard]] const Living* living() const { return living_ ? &*living_ : nullptr; }
  // Null: an image, or a daemon that does not answer.
  [[nodiscard]] const DaemonAnswer* daemon() const;

  // None: it is not there, or is no file, or may not be read (see denied()).
  [[nodiscard]] std::optional<std::string> read(const std::string& path) const;
  [[nodiscard]] std::optional<struct stat> status(const std::string& path) const;
  [[nodiscard]] bool has(const std::string& path) const { return status(path).has_value(); }
  // Where a symbolic link leads; empty if `path` is none.
  [[nodiscard]] std::string link_of(const std::string& path) const;
  // The paths that match a glob(7) pattern, sorted; a '*' matches no '/', nor a leading dot.
  [[nodiscard]] std::vector<std::string> match(std::string_view pattern) const;
  // The policy that its files say; groups are not bound.
  [[nodiscard]] LoadedPolicy policy() const;

  // What there is and could not be looked at.
  [[nodiscard]] const std::set<std::string>& denied() const { return denied_; }

 private:
  [[nodiscard]] OwnedFd open(const std::string& path, int flags) const;
  [[nodiscard]] std::vector<std::string> names_in(const std::string& folder) const;

  std::string root_;
  std::optional<Living> living_;
  OwnedFd root_fd_;
  mutable std::set<std::string> denied_;  // what one check could not read, all could not
};

}  // namespace idled::tools::doctor
