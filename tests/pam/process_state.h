// All of a process that a PAM module must leave as it found it.
#pragma once

#include <string>

namespace idled::testing {

// One line for each thing: open descriptors with what they are, signal mask and
// dispositions, umask, folder, environment, locale, timers, limits, number of
// threads, and the calling thread's cancel state. Equal text: nothing changed.
std::string process_state();

// Resident memory in bytes.
std::size_t resident_memory();

// The number of open descriptors.
std::size_t open_descriptors();

}  // namespace idled::testing
