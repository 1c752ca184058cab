// The real machine: Host over the adapters in idled/system/.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "idled/host.h"
#include "idled/system/audit.h"
#include "idled/system/clock.h"
#include "idled/system/descriptor_reserve.h"
#include "idled/system/dev_tty.h"
#include "idled/system/journal.h"
#include "idled/system/login_processes.h"
#include "idled/system/process.h"
#include "idled/system/process_table.h"
#include "idled/system/state_store.h"
#include "idled/system/terminal.h"
#include "idled/system/terminal_watch.h"
#include "idled/system/wire.h"

namespace idled {

class LinuxHost final : public Host {
 public:
  // `state_folder`: /run/idled/sessions. Fails only without it or without epoll;
  // a kernel without inotify is looked at more often instead.
  static Result<std::unique_ptr<LinuxHost>> open(const std::string& state_folder);

  // Readable when a leader has exited; take_exited() says which, each once.
  [[nodiscard]] int exits_fd() const { return exits_.get(); }
  std::vector<core::ProcessIdentity> take_exited();
  // Readable when a watched terminal was read; -1 without inotify.
  [[nodiscard]] int reads_fd() const { return watch_ ? watch_->fd() : -1; }
  // What evidence this machine gives, for status and the log.
  [[nodiscard]] std::vector<std::string> witnesses() const;
  // Readable when the journal takes records that it did not take: send_kept_records() then; -1:
  // there is no journal.
  [[nodiscard]] int kept_records_fd() const { return journal_.kept_fd(); }
  void send_kept_records() { journal_.send_kept(); }
  // Readable when an audit record could not be written, the first time; -1: no audit here.
  [[nodiscard]] int audit_failure_fd() const { return audit_ ? audit_->failure_fd() : -1; }
  // Why; 0: none, or it has been said.
  int take_audit_failure() { return audit_ ? audit_->take_failure() : 0; }
  // Why there is no audit; empty: there is.
  [[nodiscard]] const std::string& no_audit() const { return no_audit_; }
  void forget_zone() { clock_.forget_zone(); }

  core::Now now() override { return clock_.now(); }
  Result<Caller> identify_caller(pid_t pid) override;
  std::vector<core::ProcessIdentity> ancestors_of(pid_t pid) override;
  Result<void> attach(const core::Attach& login, uid_t user) override;
  core::Observation observe(const core::Session& session, core::Look look) override;
  void close_terminals() override { open_.clear(); }
  std::vector<std::string> watch(const core::Session& session, const core::Watch& wanted) override;
  Seen take_seen() override;
  core::Written write(const core::Session& session, const std::vector<std::string>& terminals,
                      std::string_view text) override;
  Result<void> hang_up(const core::Session& session, const std::vector<std::string>& terminals,
                       bool all_processes) override;
  void signal_terminal_leaders(const core::Session& session, core::Signal signal) override;
  void signal_login(const core::Session& session, const core::SignalLogin& signal) override;
  Result<void> save_state(const core::SessionId& id, const core::SessionData& data) override;
  void forget(const core::Forget& login) override;
  std::vector<core::SessionData> load_state(std::vector<std::string>& trouble) override;
  std::unique_ptr<Search> search_logins(IsKnown known) override;
  void record(const core::Record& record) override;

 private:
  struct Console {  // the terminal that a login was started on
    std::string name;
    OwnedFd pinned;
    uid_t user;
  };
  struct Ended {  // what hang_up notes, while it is there
    std::vector<system::Process> terminal_leaders{};
    std::optional<system::LoginProcesses> processes{};
    std::optional<std::uint32_t> audit_session{};
  };
  struct Open {
    core::Look look;
    std::vector<system::Terminal> terminals;
  };
  // There are as many of these as logins, so what few have is apart.
  struct Attached {
    system::Process leader;
    std::unique_ptr<Console> console{};  // null: sshd's logins have none
    std::unique_ptr<Ended> ended{};      // null: it has not been hung up
    system::Holdings held{};             // as of the last walk
    BootTime walked_at{};                // and when that was
  };

  LinuxHost(system::StateStore store, OwnedFd exits, std::string boot_id);
  // Does it, and once more with the reserve if it failed for want of descriptors (false). It must
  // hold on to none.
  template <typename Work>
  bool with_descriptors(Work work);
  core::Observation look_at(const core::Session& session, core::Look look);
  Result<void> try_hang_up(const core::Session& session, const std::vector<std::string>& terminals,
                           bool all_processes);
  Attached* attached(pid_t leader);
  // Every terminal of the login, opened: to be closed again soon. A recent walk over what the
  // leader holds (Attached::held) is trusted, but by a close look, while it shows no change: a
  // terminal that came while another file was closed is seen by the next one. The only errors are
  // those of is_shortage().
  static Result<std::vector<system::Terminal>> terminals_of(Attached& login, core::Look look);
  // Keeps them open until close_terminals(), or until many others are.
  const std::vector<system::Terminal>& keep_open(const Attached& login, core::Look look,
                                                 std::vector<system::Terminal> terminals);
  // Those that are open from a look, or else opened now; null: see is_shortage().
  const std::vector<system::Terminal>* open_terminals_of(Attached& login);
  // So, but as of a close look; they are the caller's to close.
  Result<std::vector<system::Terminal>> take_terminals_of(Attached& login);
  static void note_terminal_leader(Attached& login, const system::Terminal& terminal);
  std::optional<core::TerminalSample> sample(const core::Session& session,
                                             const system::Terminal& terminal, core::Look look);
  void look_in_front(const core::Session& session, const system::Terminal& terminal,
                     core::Look look, core::TerminalSample& sample);
  // Whether it takes a walk to tell who may have read /dev/tty since the last look.
  static bool asks_of_dev_tty(const core::Session& session, const core::TerminalSample& sample);
  const system::ProcessTable& processes(nanoseconds max_age);

  system::Clock clock_;
  system::Journal journal_;
  std::unique_ptr<system::AuditLog> audit_;  // null: none, and why
  std::string no_audit_;
  system::StateStore store_;
  std::unique_ptr<system::TerminalWatch> watch_;  // null: no inotify
  std::unique_ptr<system::Wire> wire_;            // null: no INET_DIAG
  OwnedFd exits_;  // an epoll instance over the leaders' pidfds, data.u64 = pid
  std::string boot_id_;
  system::DescriptorReserve reserve_;
  bool hides_dev_tty_ = system::hides_dev_tty();
  std::unordered_map<pid_t, Attached> attached_;   // by the leader
  std::unordered_map<pid_t, Open> open_;           // by the leader
  std::optional<system::ProcessTable> processes_;  // as of `processes_at_`
  BootTime processes_at_{};
  BootTime look_began_{};
};

}  // namespace idled
