// Who wants to be looked at next: a heap whose entries know their place, so that a deadline
// moves in O(log n) and nothing is ever searched for.
//
// With a hundred thousand logins what it costs is memory that has to be fetched. So the heap
// holds the times by itself, and compares them without asking the members; and each entry has
// four below it, side by side, so that the way down is half as long as in a binary heap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
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
      heap_.emplace_back();
    }
    settle({due, &member}, entry.place);
  }

  void remove(T& member) {
    const std::size_t place = member.schedule.place;
    if (place == ScheduleEntry::kNowhere) return;
    member.schedule.place = ScheduleEntry::kNowhere;
    const Waiting last = heap_.back();
    heap_.pop_back();
    if (place < heap_.size()) settle(last, place);
  }

  // The earliest member; null if there is none.
  [[nodiscard]] T* first() const { return heap_.empty() ? nullptr : heap_.front().member; }

 private:
  static constexpr std::size_t kChildren = 4;
  struct Waiting {
    BootTime due;
    T* member = nullptr;
  };

  void put(const Waiting& waiting, std::size_t place) {
    heap_[place] = waiting;
    waiting.member->schedule.place = place;
  }
  // Puts it where it belongs; `hole` is a place that is free, and stays the only one on the way.
  void settle(const Waiting& waiting, std::size_t hole) {
    put(waiting, sink(waiting, rise(waiting, hole)));
  }
  std::size_t rise(const Waiting& waiting, std::size_t hole) {
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / kChildren;
      if (heap_[parent].due <= waiting.due) break;
      put(heap_[parent], hole);
      hole = parent;
    }
    return hole;
  }
  std::size_t sink(const Waiting& waiting, std::size_t hole) {
    for (;;) {
      const std::size_t least = first_child(hole);
      if (least >= heap_.size() || waiting.due <= heap_[least].due) return hole;
      put(heap_[least], hole);
      hole = least;
    }
  }
  // The earliest of those below; one past the end if there is none.
  [[nodiscard]] std::size_t first_child(std::size_t place) const {
    const std::size_t begin = std::min(kChildren * place + 1, heap_.size());
    const std::size_t end = std::min(begin + kChildren, heap_.size());
    std::size_t least = begin;
    for (std::size_t child = begin + 1; child < end; ++child)
      if (heap_[child].due < heap_[least].due) least = child;
    return least;
  }

  std::vector<Waiting> heap_;
};

}  // namespace idled::core
