#include "idled/core/session_table.h"

#include <functional>
#include <utility>

namespace idled::core {
namespace {

std::size_t hash_of(std::string_view id) {
  return std::hash<std::string_view>()(id);
}

}  // namespace

std::size_t SessionTable::slot_of(std::string_view id) const {
  const std::size_t hash = hash_of(id);
  std::size_t slot = hash & (slots_.size() - 1);
  const auto is_other = [&](const Slot& taken) {
    return taken.session && (taken.hash != hash || taken.session->login.id.value != id);
  };
  while (is_other(slots_[slot])) slot = after(slot);
  return slot;
}

Session& SessionTable::insert(std::unique_ptr<Session> session) {
  if (2 * (size_ + 1) > slots_.size()) grow();
  const std::string_view id = session->login.id.value;
  Slot& slot = slots_[slot_of(id)];
  slot = {hash_of(id), std::move(session)};
  ++size_;
  return *slot.session;
}

void SessionTable::erase(std::string_view id) {
  std::size_t hole = slot_of(id);
  if (!slots_[hole].session) return;
  slots_[hole].session.reset();
  --size_;
  // Who stands further on because this slot was taken moves up, so that no search ends early.
  for (std::size_t next = after(hole); slots_[next].session; next = after(next)) {
    const std::size_t distance = (next - home_of(slots_[next])) & (slots_.size() - 1);
    if (distance < ((next - hole) & (slots_.size() - 1))) continue;  // the hole is before its home
    slots_[hole] = std::exchange(slots_[next], {});
    hole = next;
  }
}

void SessionTable::grow() {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
  for (Slot& slot : old)
    if (slot.session) slots_[slot_of(slot.session->login.id.value)] = std::move(slot);
}

}  // namespace idled::core
