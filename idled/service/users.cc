#include "idled/service/users.h"

#include <algorithm>

namespace idled::service {
namespace {

constexpr std::size_t kManyUsers = 64;  // to remember

}  // namespace

std::shared_ptr<Users::Place> Users::take_place(uid_t uid, std::uint64_t now_usec) {
  if (uid == 0) return std::make_shared<Place>(shared_from_this(), uid);
  if (usage_.size() >= kManyUsers)
    std::erase_if(usage_, [&](const auto& entry) {
      return entry.second.places == 0 && entry.second.taken_until <= now_usec;
    });
  Usage& usage = usage_[uid];
  if (places_ >= limits_.places || usage.places >= limits_.places_per_user) return nullptr;
  ++usage.places;
  ++places_;
  return std::make_shared<Place>(shared_from_this(), uid);
}

Users::Place::~Place() {
  const auto found = users_->usage_.find(uid_);
  if (found == users_->usage_.end()) return;  // root
  found->second.unread -= unread_;
  --found->second.places;
  --users_->places_;
}

bool Users::Place::set_unread(std::size_t bytes) {
  const auto found = users_->usage_.find(uid_);
  if (found == users_->usage_.end()) return true;
  found->second.unread = found->second.unread - unread_ + bytes;
  unread_ = bytes;
  return found->second.unread <= users_->limits_.unread_per_user;
}

std::uint64_t Users::Place::take_turn(std::uint64_t now_usec) {
  const auto found = users_->usage_.find(uid_);
  if (found == users_->usage_.end()) return now_usec;
  std::uint64_t& until = found->second.taken_until;
  until = std::max(until, now_usec) + users_->limits_.usec_per_call;
  return std::max(now_usec,
                  until - std::min(until, users_->limits_.burst * users_->limits_.usec_per_call));
}

}  // namespace idled::service
