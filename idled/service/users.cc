#include "idled/service/users.h"

namespace idled::service {

std::shared_ptr<Users::Place> Users::take_place(uid_t uid) {
  if (uid == 0) return std::make_shared<Place>(shared_from_this(), uid);
  const auto found = usage_.find(uid);
  const std::size_t taken = found == usage_.end() ? 0 : found->second.places;
  if (places_ >= limits_.places || taken >= limits_.places_per_user) return nullptr;
  ++usage_[uid].places;
  ++places_;
  return std::make_shared<Place>(shared_from_this(), uid);
}

Users::Place::~Place() {
  const auto found = users_->usage_.find(uid_);
  if (found == users_->usage_.end()) return;  // root
  found->second.unread -= unread_;
  --users_->places_;
  if (--found->second.places == 0) users_->usage_.erase(found);
}

bool Users::Place::set_unread(std::size_t bytes) {
  const auto found = users_->usage_.find(uid_);
  if (found == users_->usage_.end()) return true;
  found->second.unread = found->second.unread - unread_ + bytes;
  unread_ = bytes;
  return found->second.unread <= users_->limits_.unread_per_user;
}

}  // namespace idled::service
