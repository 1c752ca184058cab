// The recent events, and who is told of them.
//
// Followers are told from the log, in slices, when nothing else is to be done: an event costs
// its place in the log, however many follow. Who reads slowly is told when they have read; who
// then is so far behind that the log has not kept what is next is told so, and no more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "idled/core/record.h"
#include "idled/service/handler.h"

namespace idled {

// An event as it is kept. Thousands are added for each that somebody reads, so only the text is
// taken over; what a reader gets is made of it then.
class KeptEvent {
 public:
  KeptEvent(const core::Record& record, WallTime at);
  // The value of a journal field; empty if it has none.
  [[nodiscard]] std::string_view field(std::string_view name) const;
  [[nodiscard]] protocol::Event event() const;
  [[nodiscard]] protocol::Event missed_before() const;  // in the place of those before this one

 private:
  WallTime at_;
  core::RecordKind kind_;
  std::string text_;  // the message, and then each field's name and value, all ended by NULs
};

class EventLog {
 public:
  static constexpr std::size_t kKept = 1000;
  // Bytes that a follower may leave unread, beyond what the kernel holds for it.
  static constexpr std::size_t kMostUnread = std::size_t{128} << 10;

  using IsAdmin = std::function<bool(const service::Peer&)>;
  explicit EventLog(IsAdmin is_admin) : is_admin_(std::move(is_admin)) {}

  void add(const core::Record& record, WallTime at);

  // From now on tell() answers this call.
  void follow(const service::Peer& peer, const protocol::EventsRequest& request, bool more,
              service::Answer answer);
  // Tells some followers some events; true if all have been told all, or are to read first.
  bool tell();
  // Lets go of the callers that have gone.
  void forget_gone();

  [[nodiscard]] bool has_followers() const { return !followers_.empty(); }

 private:
  // Events are numbered from the first that there ever was.
  using Number = std::uint64_t;

  struct Follower {
    service::Peer peer;
    std::string uid;   // the peer's, as fields have it
    std::string user;  // only of this one's logins; empty: of all
    service::Answer answer;
    Number next;   // to be told
    Number until;  // where not `follows`
    bool follows;
    bool in_parts;  // takes several replies
    bool greeted = false;
    bool over = false;
  };

  [[nodiscard]] Number begin() const { return first_; }
  [[nodiscard]] Number end() const { return first_ + events_.size(); }
  [[nodiscard]] Number end_for(const Follower& follower) const;
  [[nodiscard]] bool is_for(const Follower& follower, const KeptEvent& event) const;
  [[nodiscard]] bool is_settled(const Follower& follower) const;
  void tell(Follower& follower);

  IsAdmin is_admin_;
  std::deque<KeptEvent> events_;
  Number first_ = 0;
  std::vector<Follower> followers_;
  std::size_t turn_ = 0;
  bool telling_ = false;
};

}  // namespace idled
