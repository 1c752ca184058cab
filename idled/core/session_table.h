// The sessions, by their ids.
//
// Every look begins here, and with a hundred thousand logins none of it is in the processor's
// cache. So the way to a session is one slot of an array and the session itself, instead of
// the chain of nodes of std::unordered_map: open addressing, each id in the first free slot
// after that of its hash (Knuth, The Art of Computer Programming, 6.4, algorithms L and R).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "idled/core/session.h"

namespace idled::core {

class SessionTable {
 public:
  SessionTable() : slots_(kSmallest) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  // Null if there is none.
  [[nodiscard]] Session* find(std::string_view id) const {
    return slots_[slot_of(id)].session.get();
  }
  // Its id must be new. Sessions stay where they are in memory until they are erased.
  Session& insert(std::unique_ptr<Session> session);
  void erase(std::string_view id);

  // Nothing may be inserted or erased meanwhile.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_)
      if (slot.session) visit(*slot.session);
  }

 private:
  static constexpr std::size_t kSmallest = 16;  // a power of two, as all sizes
  struct Slot {
    std::size_t hash = 0;
    std::unique_ptr<Session> session;
  };

  // Where the id is, or would be.
  [[nodiscard]] std::size_t slot_of(std::string_view id) const;
  [[nodiscard]] std::size_t home_of(const Slot& slot) const {
    return slot.hash & (slots_.size() - 1);
  }
  [[nodiscard]] std::size_t after(std::size_t slot) const {
    return (slot + 1) & (slots_.size() - 1);
  }
  void grow();

  std::vector<Slot> slots_;  // at least half of them free
  std::size_t size_ = 0;
};

}  // namespace idled::core
