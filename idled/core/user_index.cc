#include "idled/core/user_index.h"

namespace idled::core {

void UserIndex::add(Session& session) {
  Session*& first = first_[session.login.uid];
  session.same_user = {first, nullptr};
  if (first) first->same_user.previous = &session;
  first = &session;
}

void UserIndex::remove(Session& session) {
  const auto [next, previous] = session.same_user;
  if (next) next->same_user.previous = previous;
  if (previous)
    previous->same_user.next = next;
  else if (next)
    first_[session.login.uid] = next;
  else
    first_.erase(session.login.uid);
  session.same_user = {};
}

}  // namespace idled::core
