#include "tools/watch.h"

#include <algorithm>

#include "base/duration.h"
#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using protocol::SessionInfo;
using Clock = std::chrono::steady_clock;

// What the daemon writes onto the terminal that shows the view is drawn over at once. So the
// view says it, whatever the filter.
std::string warning_to(const std::string& terminal, const std::vector<SessionInfo>& sessions,
                       WallTime now) {
  const auto is_here = [&](const protocol::TerminalInfo& one) { return one.name == terminal; };
  const auto own = std::find_if(sessions.begin(), sessions.end(), [&](const SessionInfo& one) {
    return one.state == "warned" &&
           std::any_of(one.terminals.begin(), one.terminals.end(), is_here);
  });
  if (terminal.empty() || own == sessions.end()) return "";
  const auto logout = parse_rfc3339(own->logout_at.value_or(""));
  if (!logout) return "";
  return "This session will be logged out in " +
         format_brief(*logout - std::chrono::floor<seconds>(now)) +
         (own->logout_cause.value_or("idle") == "idle" ? ": press Enter to stay" : "");
}

void take_in(LiveView& view, std::vector<SessionInfo> sessions, const WatchRequest& request) {
  view.all = sessions.size();
  view.warning = warning_to(request.terminal, sessions, view.now);
  std::erase_if(sessions, [&](const SessionInfo& one) { return !request.filter.takes(one); });
  sort_sessions(sessions, request.order);
  view.sessions = std::move(sessions);
}

}  // namespace

// A daemon that was started anew, or that has tired of a quiet connection, is not gone: only
// what a fresh connection says counts.
Outcome<std::vector<SessionInfo>> SessionFeed::ask(const std::string& user) {
  if (daemon_) {
    daemon_->be_patient_again();
    if (auto sessions = daemon_->list({user})) return sessions;
  }
  daemon_.reset();
  Outcome<DaemonClient> fresh = DaemonClient::connect(socket_, patience_);
  if (!fresh) return fresh.failure();
  Outcome<std::vector<SessionInfo>> sessions = fresh->list({user});
  if (sessions) daemon_.emplace(*std::move(fresh));
  return sessions;
}

Outcome<std::monostate> watch(const WatchRequest& request, SessionFeed& feed,
                              const std::function<WallTime()>& now,
                              const std::function<std::unique_ptr<LiveOutput>()>& open) {
  LiveView view;
  view.filter = request.filter.in_words();
  // Somebody who looks on from a session is told of that one, too.
  const std::string user = request.terminal.empty() ? request.filter.user : "";
  Clock::time_point asked_at = Clock::now();
  auto sessions = feed.ask(user);
  if (!sessions) return sessions.failure();
  const std::unique_ptr<LiveOutput> output = open();
  for (;;) {
    view.now = now();
    if (sessions) {
      take_in(view, *std::move(sessions), request);
      view.heard_at = view.now;
      view.trouble.clear();
    } else {
      view.trouble = sessions.failure().text;
    }
    output->show(view);
    LiveOutput::Event event{};
    while ((event = output->wait_until(asked_at + request.interval)) == LiveOutput::Event::kRedraw)
      output->show(view);
    if (event == LiveOutput::Event::kLeave) return std::monostate();
    // After a stop of some length there is nothing to catch up with.
    asked_at = Clock::now();
    sessions = feed.ask(user);
  }
}

}  // namespace idled::tools
