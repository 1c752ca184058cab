#include "tools/doctor/lines.h"

#include <algorithm>
#include <sstream>

namespace idled::tools::doctor {
namespace {

constexpr std::string_view kSpace = " \t\r\f\v";

void add_line(std::vector<Line>& lines, std::string_view text, int number) {
  text = trimmed(text);
  if (!text.empty() && text.front() != '#') lines.push_back({std::string(text), number});
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  std::istringstream stream{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(stream, line);) add_line(lines, line, ++number);
  return lines;
}

std::vector<Line> joined_lines_of(std::string_view text) {
  std::vector<Line> lines;
  std::istringstream stream{std::string(text)};
  int number = 0;
  int began = 0;
  std::string whole;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (whole.empty()) began = number;
    const bool goes_on = !line.empty() && line.back() == '\\';
    if (goes_on) line.back() = ' ';
    whole += line;
    if (goes_on) continue;
    add_line(lines, whole, began);
    whole.clear();
  }
  add_line(lines, whole, began);
  return lines;
}

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return out;
}

std::string enumerated(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace idled::tools::doctor
