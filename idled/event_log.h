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
#include <vector>

#include "base/time.h"
#include "idled/core/record.h"
#include "idled/service/handler.h"

namespace idled {

protocol::Event event_of(const core::Record& record, WallTime now);

class EventLog {
 public:
  static constexpr std::size_t kKept = 1000;
  // Bytes that a follower may leave unread, beyond what the kernel holds for it.
  static constexpr std::size_t kMostUnread = std::size_t{128} << 10;

  using IsAdmin = std::function<bool(const service::Peer&)>;
  explicit EventLog(IsAdmin is_admin) : is_admin_(std::move(is_admin)) {}

  void add(protocol::Event event);

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
    std::string user;
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
  [[nodiscard]] bool is_for(const Follower& follower, const protocol::Event& event) const;
  [[nodiscard]] bool is_settled(const Follower& follower) const;
  void tell(Follower& follower);

  IsAdmin is_admin_;
  std::deque<protocol::Event> events_;
  Number first_ = 0;
  std::vector<Follower> followers_;
  std::size_t turn_ = 0;
  bool telling_ = false;
};

}  // namespace idled
