// The shell round the core: events in, actions out. Requests of the service become
// events, actions become calls of the host, and what those return becomes events
// again, until nothing is left to do.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "idled/core/engine.h"
#include "idled/counters.h"
#include "idled/event_log.h"
#include "idled/host.h"
#include "idled/service/handler.h"
#include "policy_io/policy_files.h"

namespace idled {

class Daemon final : public service::Handler {
 public:
  // `host` outlives the daemon. `admins`: the group whose members may see and end
  // every login; none: root alone.
  Daemon(Host& host, LoadedPolicy policy, std::optional<gid_t> admins);

  // Takes up what an earlier daemon left, and the logins that nobody announced.
  void start();
  // And those that have come since: in slices, see set_wake().
  void find_logins();
  // What the last of these searches has taken, in sum.
  [[nodiscard]] nanoseconds search_took() const { return search_took_; }
  // A process has exited: if it was a login's leader, that is over.
  void on_exit(const core::ProcessIdentity& leader);
  // These terminals have closed: their logins are looked at, while the time of it is known.
  void look_where_closed(const std::vector<std::string>& terminals);
  // What the host was told of watched terminals; false if there is, or may be, more.
  bool tell_seen();

  void deliver(core::Event event);
  // Writes down, counts and tells: all records go this way.
  void record(const core::Record& record);
  // When TimerExpired is due; none: not before an event.
  [[nodiscard]] std::optional<BootTime> next() const { return next_; }

  // Puts a policy into force, or notes why it is not; false if it has errors.
  bool take_policy(LoadedPolicy policy);

  [[nodiscard]] const core::Engine& engine() const { return engine_; }

  void on_register(const service::Peer& peer, const protocol::RegisterRequest& request,
                   service::Answer answer) override;
  void on_release(const service::Peer& peer, const protocol::ReleaseRequest& request,
                  service::Answer answer) override;
  void on_list(const service::Peer& peer, const protocol::ListRequest& request, bool more,
               service::Answer answer) override;
  void on_kick(const service::Peer& peer, const protocol::KickRequest& request,
               service::Answer answer) override;
  void on_hold(const service::Peer& peer, const protocol::HoldRequest& request,
               service::Answer answer) override;
  void on_status(const service::Peer& peer, service::Answer answer) override;
  void on_explain(const service::Peer& peer, const protocol::ExplainRequest& request,
                  service::Answer answer) override;
  void on_reload(const service::Peer& peer, service::Answer answer) override;
  void on_metrics(const service::Peer& peer, service::Answer answer) override;
  void on_events(const service::Peer& peer, const protocol::EventsRequest& request, bool more,
                 service::Answer answer) override;
  void on_gone() override { events_.forget_gone(); }
  void on_drained() override { tell_followers(); }
  void on_turned_away(const Error& why) override;
  [[nodiscard]] bool is_admin(const service::Peer& peer) const override;

  void set_admins(std::optional<gid_t> admins) { admins_ = admins; }
  // How the policy is read anew: calls back, once, with what has come of it, after
  // take_policy() has been told. Without it, on_reload refuses.
  using Told = std::function<void(const LoadedPolicy&)>;
  void set_reload(std::function<void(Told)> reload) { reload_ = std::move(reload); }

  // What takes long is done in slices: `wake` is called when there are any, and a loop then
  // calls work() once a turn while it says that there are more. Without it, all is done at once.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }
  bool work();
  // Calls find_logins() in a while: a login could not be taken for want of something that
  // there may be again by then.
  void set_search_later(std::function<void()> search) { search_later_ = std::move(search); }

  // What status says of this machine's evidence.
  void set_witnesses(std::vector<std::string> witnesses) { witnesses_ = std::move(witnesses); }

 private:
  // A look costs some hundredths of a millisecond. So many of them, or of a list, at a time.
  static constexpr std::size_t kLooksPerSlice = 16;

  bool tell_seen(const core::SessionId& own);
  void perform(const core::Attach& action);
  void perform(const core::Observe& action);
  void perform(const core::Write& action);
  void perform(const core::Watch& action);
  void perform(const core::HangUp& action);
  void perform(const core::SignalTerminalLeaders& action);
  void perform(const core::SignalLogin& action);
  void perform(const core::Save& action);
  void perform(const core::Forget& action);
  void perform(const core::Registered& action);
  void perform(const core::KickAnswered& action);
  void perform(const core::HoldAnswered& action);
  void perform(const core::Record& action);

  [[nodiscard]] Host::IsKnown is_known() const;
  void take_up(Host::Search& search);
  void perform_at_last(const core::HangUp& action);
  core::Token keep(service::Answer answer);
  std::optional<service::Answer> take(core::Token token);
  void trouble(std::string message);
  void look_again();
  [[nodiscard]] bool may_see(const service::Peer& peer, const core::Session& session) const;
  // Costs nothing that depends on logins which the peer may not see.
  std::vector<core::SessionId> visible_to(const service::Peer& peer) const;
  [[nodiscard]] const core::Session* find_for(const service::Peer& peer,
                                              const core::SessionId& id) const;
  // Those that a request may be about: the one that it names, or all if it names none by id.
  [[nodiscard]] std::vector<core::SessionId> candidates(const service::Peer& peer,
                                                        const std::string& session) const;
  // Whether it is time to tell of this again: once a minute, that no journal is filled.
  bool is_news(std::optional<BootTime>& told_at);
  core::Observation observe(const core::Session& session, core::Look look);
  void look_at(const core::SessionId& id);
  // Looks at the logins, in slices, and goes on with `then`.
  void look_then(std::vector<core::SessionId> ids, std::function<void()> then);
  void kick(const service::Peer& peer, const protocol::KickRequest& request,
            const std::vector<core::SessionId>& ids, service::Answer answer);
  // Uses the login that a request names, by one of the two, after a look. If there is none for
  // this peer, the answer is given.
  using Use = std::function<void(const core::SessionId&)>;
  void with_meant(const service::Peer& peer, const std::string& session,
                  const std::string& terminal, const service::Answer& answer, Use use);
  void explain(const service::Peer& peer, const core::Session& session,
               const service::Answer& answer);
  // A slice of something longer; true: that was the last.
  using Task = std::function<bool()>;
  void begin(Task task);
  void tell_followers();
  [[nodiscard]] std::string name_of(const service::Peer& peer) const;

  Host& host_;
  LoadedPolicy policy_;
  std::string policy_error_;  // of files that are not in force
  WallTime policy_loaded_at_;
  WallTime started_at_;
  std::optional<gid_t> admins_;
  std::function<void(Told)> reload_;
  std::function<void()> search_later_;
  std::optional<BootTime> turned_away_at_;  // when that was last told
  std::optional<BootTime> blind_at_;        // so, that logins cannot be looked at
  std::vector<std::string> witnesses_;
  Counters counters_;
  std::map<core::Token, BootTime> registering_since_;
  EventLog events_;
  nanoseconds search_took_{0};
  bool searches_ = false;         // a task does
  bool tells_followers_ = false;  // a task does

  core::Engine engine_;
  std::optional<BootTime> next_;
  std::deque<core::Event> queue_;
  std::deque<core::HangUp> hang_ups_;  // for when the queue is empty: all that is told is known
  bool pumping_ = false;
  std::map<core::Token, service::Answer> answers_;
  std::map<core::Token, protocol::KickReply> kicks_;  // what to answer when they are gone
  std::function<void()> wake_;
  std::deque<Task> tasks_;
  core::Token next_token_ = 1;
};

}  // namespace idled
