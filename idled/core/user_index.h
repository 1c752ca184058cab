// The logins of each user: a list through the sessions themselves, so that one comes and goes in
// constant time, whatever else its user has open, and takes the room of two pointers.
#pragma once

#include <sys/types.h>

#include <unordered_map>

#include "idled/core/session.h"

namespace idled::core {

// Does not own them. A session must be removed before it is destroyed, and its user stays.
class UserIndex {
 public:
  void add(Session& session);
  void remove(Session& session);

  // The latest first. Nothing may be added or removed meanwhile.
  template <typename Visit>
  void for_each_of(uid_t user, Visit visit) const {
    const auto first = first_.find(user);
    if (first == first_.end()) return;
    for (const Session* session = first->second; session; session = session->same_user.next)
      visit(*session);
  }

 private:
  std::unordered_map<uid_t, Session*> first_;  // of those who have one
};

}  // namespace idled::core
