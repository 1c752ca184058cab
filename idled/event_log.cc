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
constexpr std::size_t kLongestValue = 1024;

// Of a text in which each part is ended by a NUL, the first; the text begins at the next then.
std::string_view take_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('\0'));
  text.remove_prefix(part.size() + 1);
  return part;
}

}  // namespace

KeptEvent::KeptEvent(const core::Record& record, WallTime at) : at_(at), kind_(record.kind) {
  const std::string message = printable_lines(record.message, kLongestMessage);
  std::size_t size = message.size() + 1;
  for (const auto& [name, value] : record.fields)
    size += name.size() + std::min(value.size(), kLongestValue) + 2;
  text_.reserve(size);
  text_.append(message).push_back('\0');
  for (const auto& [name, value] : record.fields) {
    if (value.empty()) continue;
    text_.append(name).push_back('\0');
    text_.append(printable(value, kLongestValue)).push_back('\0');
  }
}

std::string_view KeptEvent::field(std::string_view name) const {
  std::string_view text = text_;
  take_part(text);
  while (!text.empty()) {
    const bool meant = take_part(text) == name;
    const std::string_view value = take_part(text);
    if (meant) return value;
  }
  return {};
}

protocol::Event KeptEvent::event() const {
  protocol::Event event;
  event.at = format_rfc3339(at_);
  event.kind = system::event_name(kind_);
  std::string_view text = text_;
  event.message = take_part(text);
  while (!text.empty()) {
    const std::string_view name = take_part(text);
    protocol::set_field(event, name, take_part(text));
  }
  return event;
}

protocol::Event KeptEvent::missed_before() const {
  protocol::Event event;
  event.at = format_rfc3339(at_);
  event.kind = protocol::kMissed;
  event.message = "Events are missing here: more came at once than are kept. The journal has them.";
  return event;
}

void EventLog::add(const core::Record& record, WallTime at) {
  events_.emplace_back(record, at);
  if (events_.size() <= kKept) return;
  events_.pop_front();
  ++first_;
}

void EventLog::follow(const service::Peer& peer, const protocol::EventsRequest& request, bool more,
                      service::Answer answer) {
  followers_.push_back({peer, std::to_string(peer.uid), request.user, std::move(answer),
                        request.past ? begin() : end(), end(), request.follow, more});
}

EventLog::Number EventLog::end_for(const Follower& follower) const {
  return follower.follows ? end() : follower.until;
}

// By the uid in the event: the login may be over by now. What is about no login is for
// administrators.
bool EventLog::is_for(const Follower& follower, const KeptEvent& event) const {
  if (!follower.user.empty() && event.field("IDLED_USER") != follower.user) return false;
  return event.field("IDLED_UID") == follower.uid || is_admin_(follower.peer);
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
    reply.events.push_back(events_.front().missed_before());
    follower.next = begin();
  }
  const std::size_t most = follower.in_parts ? kEventsPerReply : kKept + 1;
  for (; follower.next < last && reply.events.size() < most; ++follower.next) {
    const KeptEvent& event = events_[static_cast<std::size_t>(follower.next - begin())];
    if (is_for(follower, event)) reply.events.push_back(event.event());
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
