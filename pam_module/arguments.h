// The words that follow pam_idled.so in a PAM file.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/messages.h"

namespace idled::pam {

using Words = std::span<const char* const>;

inline constexpr seconds kLongestTimeout{60};

struct Arguments {
  seconds timeout{2};  // over connect, question and answer; 1 to kLongestTimeout
  std::string socket{protocol::kDefaultSocket};
  bool debug = false;
  bool fail_closed = false;
  // One sentence for each word that is not understood, with what would be right.
  // Such a word changes nothing: a typo must not lock anybody out.
  std::vector<std::string> complaints;
};

// As with most PAM modules, the last of two contradicting words wins.
Arguments parse_arguments(Words words);

// Only that one question, without allocating: for the path where memory ran out.
bool asks_fail_closed(Words words) noexcept;

}  // namespace idled::pam
