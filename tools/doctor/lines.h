// Configuration files, taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace idled::tools::doctor {

struct Line {
  std::string text;  // without white space round it
  int number = 0;    // from 1
};

// Those that are neither empty nor begin with '#'.
std::vector<Line> lines_of(std::string_view text);
// The same, where a line that ends in a backslash goes on in the next.
std::vector<Line> joined_lines_of(std::string_view text);

std::string_view trimmed(std::string_view text);
std::vector<std::string> words_of(std::string_view text);
std::string lower(std::string_view text);

// "a, b and c"
std::string enumerated(const std::vector<std::string>& names);

// "/etc/profile:12"
inline std::string place(const std::string& file, int line) {
  return file + ":" + std::to_string(line);
}

}  // namespace idled::tools::doctor
