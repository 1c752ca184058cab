// What each user has of the server at the moment.
//
// A place is taken by a connection, and kept until it is gone and its calls are answered: who
// connects, asks for something that takes long and leaves, again and again, runs out of places
// like who stays.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

namespace idled::service {

class Users : public std::enable_shared_from_this<Users> {
 public:
  // One user's, or of all users but root together.
  struct Limits {
    std::size_t places_per_user;
    std::size_t places;
    std::size_t unread_per_user;  // bytes
    // Calls: so many at once, and then one each so often.
    std::uint64_t burst;
    std::uint64_t usec_per_call;
  };

  // Given back when it is destroyed; outlives whom it was taken from.
  class Place {
   public:
    Place(std::shared_ptr<Users> users, uid_t uid) : users_(std::move(users)), uid_(uid) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // How many bytes this connection's client has not read yet; false: its user has too many.
    [[nodiscard]] bool set_unread(std::size_t bytes);
    // When the user's next call may be served, and takes that time up. CLOCK_MONOTONIC.
    std::uint64_t take_turn(std::uint64_t now_usec);

   private:
    std::shared_ptr<Users> users_;
    uid_t uid_;
    std::size_t unread_ = 0;
  };

  explicit Users(const Limits& limits) : limits_(limits) {}

  // None: there is none left for this user. For root there always is.
  std::shared_ptr<Place> take_place(uid_t uid, std::uint64_t now_usec);

  [[nodiscard]] std::size_t places() const { return places_; }

 private:
  struct Usage {
    std::size_t places = 0;
    std::size_t unread = 0;
    std::uint64_t taken_until = 0;
  };

  Limits limits_;
  // Of all but root; kept for a while, or who comes again would begin anew.
  std::map<uid_t, Usage> usage_;
  std::size_t places_ = 0;
};

}  // namespace idled::service
