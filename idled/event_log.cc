#include "idled/event_log.h"

#include <algorithm>

#include "base/text.h"
#include "idled/system/journal.h"
#include "protocol/event_fields.h"
#include "protocol/event_kinds.h"

namespace idled {
namespace {

constexpr std::size_t kEventsPerReply = 64;
constexpr std::size_t kFollowersPerSlice = 16;
constexpr std::size_t kLongestMessage = 4096;  // bytes: a policy's errors are many lines

protocol::Event missed(const protocol::Event& before) {
  protocol::Event event;
  event.at = before.at;
  event.kind = protocol::kMissed;
  event.message = "Events are missing here: more came at once than are kept. The journal has them.";
  return event;
}

}  // namespace

protocol::Event event_of(const core::Record& record, WallTime now) {
  protocol::Event event;
  event.at = format_rfc3339(now);
  event.kind = system::event_name(record.kind);
  event.message = printable_lines(record.message, kLongestMessage);
  for (const auto& [name, value] : record.fields)
    protocol::set_field(event, name, printable(value, 1024));
  return event;
}

void EventLog::add(protocol::Event event) {
  events_.push_back(std::move(event));
  if (events_.size() <= kKept) return;
  events_.pop_front();
  ++first_;
}

void EventLog::follow(const service::Peer& peer, const protocol::EventsRequest& request, bool more,
                      service::Answer answer) {
  followers_.push_back({peer, request.user, std::move(answer), request.past ? begin() : end(),
                        end(), request.follow, more});
}

EventLog::Number EventLog::end_for(const Follower& follower) const {
  return follower.follows ? end() : follower.until;
}

// By the uid in the event: the login may be over by now. What is about no login is for
// administrators.
bool EventLog::is_for(const Follower& follower, const protocol::Event& event) const {
  if (!follower.user.empty() && event.user != follower.user) return false;
  return event.uid == follower.peer.uid || is_admin_(follower.peer);
}

bool EventLog::tell() {
  telling_ = true;
  for (std::size_t i = std::min(kFollowersPerSlice, followers_.size()); i > 0; --i)
    tell(followers_[turn_++ % followers_.size()]);
  telling_ = false;
  forget_gone();
  return std::all_of(followers_.begin(), followers_.end(),
                     [this](const Follower& follower) { return is_settled(follower); });
}

bool EventLog::is_settled(const Follower& follower) const {
  return follower.answer.unread() > kMostUnread ||
         (follower.greeted && follower.next >= end_for(follower));
}

void EventLog::tell(Follower& follower) {
  const std::optional<std::size_t> unread = follower.answer.unread();
  if (follower.over || !unread) return;
  const Number last = end_for(follower);
  const bool has_gap = follower.next < begin() && follower.next < last;
  if (*unread > kMostUnread) {
    if (!has_gap) return;
    follower.over = true;
    return follower.answer.fail(protocol::kTooSlow);
  }
  protocol::EventsReply reply;
  if (has_gap) {
    reply.events.push_back(missed(events_.front()));
    follower.next = begin();
  }
  const std::size_t most = follower.in_parts ? kEventsPerReply : kKept + 1;
  for (; follower.next < last && reply.events.size() < most; ++follower.next) {
    const protocol::Event& event = events_[static_cast<std::size_t>(follower.next - begin())];
    if (is_for(follower, event)) reply.events.push_back(event);
  }
  const bool is_last = !follower.follows && follower.next >= last;
  if (is_last) {
    follower.over = true;
    return follower.answer.done(protocol::encode(reply));
  }
  if (reply.events.empty() && follower.greeted) return;
  follower.greeted = true;
  follower.answer.part(protocol::encode(reply));
}

// Answering may be what shows that a caller has gone: then, later.
void EventLog::forget_gone() {
  if (telling_) return;
  std::erase_if(followers_, [](const Follower& follower) {
    return follower.over || !follower.answer.unread();
  });
}

}  // namespace idled
