#include "counting_new.h"

#include <cstdlib>
#include <new>

namespace {

std::uint64_t asked = 0;

}  // namespace

std::uint64_t idled::bench::allocations() {
  return asked;
}

void* operator new(std::size_t size) {
  ++asked;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
