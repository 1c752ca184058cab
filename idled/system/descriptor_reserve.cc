#include "idled/system/descriptor_reserve.h"

#include <fcntl.h>

#include <utility>

namespace idled::system {

void DescriptorReserve::fill() {
  while (held_.size() < size_) {
    OwnedFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd) return;
    held_.push_back(std::move(fd));
  }
}

}  // namespace idled::system
