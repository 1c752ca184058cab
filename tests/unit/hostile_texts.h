// What somebody may call themselves, their host, their program: for each place that shows it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace idled::testing {

inline std::vector<std::string> hostile_texts() {
  return {"\x1b[2J\x1b]0;title\a",  // ESC: clears the screen, sets a title
          "\x9b"
          "31mred",  // CSI in one byte
          "\xc2\x9b"
          "31mred",  // and in UTF-8
          "bell\a\b\b\b\bok",
          "root\r\n<0>idled: forged line",
          "a\tb\vc\fd",
          "\xe2\x80\xae"
          "gnp.exe",                       // U+202E, right-to-left override
          "\xff\xfe\xc0\xaf\xed\xa0\x80",  // not UTF-8
          std::string("nul\0inside", 10),
          "\x7f\x80",
          std::string(10'000, 'x'),
          std::string(10'000, '\x1b')};
}

// Nothing but printable ASCII, and the line ends that are the program's own.
inline bool is_safe(std::string_view text, std::string_view also = "") {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 0x20 && c <= 0x7e) || also.find(c) != std::string_view::npos;
  });
}

}  // namespace idled::testing
