// Descriptors that are held for nothing else than to be given up where one is needed: a daemon
// whose every other descriptor is a login's can still look at the logins, warn and end them, and
// so come by descriptors again.
#pragma once

#include <cstddef>
#include <vector>

#include "base/owned_fd.h"

namespace idled::system {

class DescriptorReserve {
 public:
  // Holds fewer where there are fewer.
  explicit DescriptorReserve(std::size_t size) : size_(size) { fill(); }
  [[nodiscard]] bool is_whole() const { return held_.size() == size_; }

  // As long as one of these is there, the reserve is given up. What was opened meanwhile is to be
  // closed before: what is held on is missing from the reserve until the next time.
  class Lent {
   public:
    explicit Lent(DescriptorReserve& reserve) : reserve_(reserve) { reserve_.held_.clear(); }
    ~Lent() { reserve_.fill(); }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

   private:
    DescriptorReserve& reserve_;
  };

 private:
  void fill();

  std::size_t size_;
  std::vector<OwnedFd> held_;
};

// Whether there are so many descriptors to be had: what is read of /proc does not tell that it
// failed for want of one.
inline bool has_descriptors(std::size_t count) {
  return DescriptorReserve(count).is_whole();
}

}  // namespace idled::system
