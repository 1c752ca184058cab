// Who wants to be looked at next: a binary heap whose entries know their place,
// so that a deadline moves in O(log n) and nothing is ever searched for.
#pragma once

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "base/time.h"

namespace idled::core {

// `T` has a member `ScheduleEntry schedule`. The schedule does not own its
// members; a member must be removed before it is destroyed or moved.
struct ScheduleEntry {
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();
  BootTime due{};
  std::size_t place = kNowhere;
  [[nodiscard]] bool is_scheduled() const { return place != kNowhere; }
};

template <typename T>
class Schedule {
 public:
  void set(T& member, BootTime due) {
    ScheduleEntry& entry = member.schedule;
    entry.due = due;
    if (!entry.is_scheduled()) {
      entry.place = heap_.size();
      heap_.push_back(&member);
    }
    rise(entry.place);
    sink(member.schedule.place);
  }

  void remove(T& member) {
    const std::size_t place = member.schedule.place;
    if (place == ScheduleEntry::kNowhere) return;
    swap(place, heap_.size() - 1);
    heap_.pop_back();
    member.schedule.place = ScheduleEntry::kNowhere;
    if (place < heap_.size()) {
      T* moved = heap_[place];
      rise(place);
      sink(moved->schedule.place);
    }
  }

  // The earliest member; null if there is none.
  [[nodiscard]] T* first() const { return heap_.empty() ? nullptr : heap_.front(); }

 private:
  [[nodiscard]] bool before(std::size_t a, std::size_t b) const {
    return heap_[a]->schedule.due < heap_[b]->schedule.due;
  }
  void swap(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    heap_[a]->schedule.place = a;
    heap_[b]->schedule.place = b;
  }
  void rise(std::size_t place) {
    while (place > 0 && before(place, (place - 1) / 2)) {
      swap(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
  }
  void sink(std::size_t place) {
    for (;;) {
      std::size_t least = place;
      for (std::size_t child = 2 * place + 1; child <= 2 * place + 2 && child < heap_.size();
           ++child)
        if (before(child, least)) least = child;
      if (least == place) return;
      swap(place, least);
      place = least;
    }
  }

  std::vector<T*> heap_;
};

}  // namespace idled::core
