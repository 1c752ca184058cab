// Counts what a program asks of the heap: the same number on every run and every machine.
#pragma once

#include <cstdint>

namespace idled::bench {

// How often memory has been asked for since the program began. Programs of one thread.
std::uint64_t allocations();

}  // namespace idled::bench
