#include "base/text.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <numeric>
#include <vector>

namespace idled {
namespace {

int lower(char c) {
  return std::tolower(static_cast<unsigned char>(c));
}

// Levenshtein's distance, case aside, with one row of memory.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  const bool cut = text.size() > limit;
  std::string safe(text.substr(0, cut ? limit - std::min<std::size_t>(limit, 3) : limit));
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  if (cut) safe += "...";
  return safe;
}

std::string fill_lines(std::string_view text, std::size_t columns) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    const auto width = static_cast<std::size_t>(
        std::count_if(line.begin(), line.end(), [](char c) { return c >= 0x20; }));
    filled += line;
    if (width > 0 && width + 1 < columns) filled.append(columns - 1 - width, ' ');
    filled += text.substr(end, 2);
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return filled;
}

std::string printable_lines(std::string_view text, std::size_t limit, std::string_view indent) {
  std::string safe = printable(text, limit);
  for (std::size_t i = 0; i < safe.size() && i < text.size(); ++i)
    if (text[i] == '\n' && safe[i] == '?') safe[i] = '\n';
  if (indent.empty()) return safe;
  for (std::size_t at = 0; (at = safe.find('\n', at)) != std::string::npos; at += indent.size() + 1)
    safe.insert(at + 1, indent);
  return safe;
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = std::string_view::npos;
  for (std::string_view candidate : candidates) {
    const std::size_t d = distance(name, candidate);
    if (d < best_distance && d * 3 <= std::max(name.size(), candidate.size())) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string format_rfc3339(WallTime time) {
  const std::time_t whole = std::chrono::floor<seconds>(time).time_since_epoch().count();
  std::tm local{};
  localtime_r(&whole, &local);
  char date[40];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &local);
  const long offset = local.tm_gmtoff / 60;  // minutes
  const long size = offset < 0 ? -offset : offset;
  char zone[16];
  std::snprintf(zone, sizeof zone, "%c%02ld:%02ld", offset < 0 ? '-' : '+', size / 60 % 100,
                size % 60);
  return std::string(date) + zone;
}

}  // namespace idled
