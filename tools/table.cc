#include "tools/table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "base/duration.h"
#include "base/text.h"
#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using protocol::SessionInfo;
using protocol::TerminalInfo;

enum Column : std::size_t {
  kSession,
  kUser,
  kTerminal,
  kFrom,
  kIdle,
  kLimit,
  kLeft,
  kState,
  kRule,
  kInFront,
  kColumns
};

using Row = std::array<std::string, kColumns>;
using Widths = std::array<std::size_t, kColumns>;  // 0: left out

constexpr std::size_t kGap = 2;        // between columns
constexpr std::size_t kLongest = 64;   // of a cell
constexpr const char* kNothing = "-";  // not known, not limited, none

const Row kHeader{"SESSION", "USER", "TERMINAL", "FROM", "IDLE",
                  "LIMIT",   "LEFT", "STATE",    "RULE", "IN FRONT"};

// How far a column may be cut, the most expendable first.
constexpr std::array<std::pair<Column, std::size_t>, 4> kCuts{
    {{kRule, 6}, {kFrom, 12}, {kInFront, 8}, {kUser, 6}}};

// Which columns go when cutting is not enough. LIMIT is the sum of IDLE and LEFT.
constexpr std::array kDropped{kLimit, kRule, kFrom, kState, kInFront, kTerminal};

bool is_duration(std::size_t column) {
  return column == kIdle || column == kLimit || column == kLeft;
}

// --- cells ------------------------------------------------------------------

std::string cell(const std::string& text) {
  return text.empty() ? kNothing : printable(text, kLongest);
}
std::string cell(const std::optional<std::string>& text) {
  return cell(text.value_or(""));
}

std::string brief(std::optional<std::int64_t> value) {
  return value ? format_brief(seconds(*value)) : kNothing;
}

// A limit is a round number: "5m" says it better than "5m00s".
std::string limit_cell(std::optional<std::int64_t> value) {
  if (!value) return kNothing;
  std::string exact = format_duration(seconds(*value));
  return exact.size() <= 6 ? exact : format_brief(seconds(*value));
}

std::string left_cell(const SessionInfo& session, WallTime now) {
  const auto logout = session.logout_at ? parse_rfc3339(*session.logout_at) : std::nullopt;
  if (!logout) return kNothing;
  return format_brief(*logout - std::chrono::floor<seconds>(now));
}

// --- rows -------------------------------------------------------------------

// How far a terminal's idle time is from the session's: its own comes first.
std::uint64_t distance(const SessionInfo& session, const TerminalInfo& terminal) {
  if (!session.idle_seconds || !terminal.idle_seconds)
    return std::numeric_limits<std::uint64_t>::max();
  const auto [less, more] = std::minmax(*session.idle_seconds, *terminal.idle_seconds);
  return static_cast<std::uint64_t>(more) - static_cast<std::uint64_t>(less);
}

std::vector<TerminalInfo> ordered_terminals(const SessionInfo& session) {
  std::vector<TerminalInfo> terminals = session.terminals;
  const auto own = std::min_element(terminals.begin(), terminals.end(),
                                    [&](const TerminalInfo& a, const TerminalInfo& b) {
                                      return distance(session, a) < distance(session, b);
                                    });
  if (own != terminals.end()) std::rotate(terminals.begin(), own, own + 1);
  return terminals;
}

Row first_row(const SessionInfo& session, WallTime now) {
  Row row;
  row[kSession] = cell(session.id);
  row[kUser] = cell(session.user);
  row[kTerminal] = kNothing;
  row[kFrom] = cell(session.remote_host);
  row[kIdle] = brief(session.idle_seconds);
  row[kLimit] = limit_cell(session.limit_seconds);
  row[kLeft] = left_cell(session, now);
  row[kState] = cell(session.state);
  row[kRule] = cell(session.rule);
  row[kInFront] = kNothing;
  return row;
}

void add_rows(const SessionInfo& session, WallTime now, std::vector<Row>& rows) {
  Row row = first_row(session, now);
  bool first = true;
  for (const TerminalInfo& terminal : ordered_terminals(session)) {
    if (!first) {
      rows.push_back(std::exchange(row, {}));
      row[kIdle] = brief(terminal.idle_seconds);
    }
    row[kTerminal] = cell(terminal.name + (terminal.forged ? " (forged)" : ""));
    row[kInFront] = cell(terminal.foreground);
    first = false;
  }
  rows.push_back(std::move(row));
}

// --- layout -----------------------------------------------------------------

std::size_t total(const Widths& widths) {
  std::size_t sum = 0;
  for (const std::size_t width : widths)
    if (width > 0) sum += width + (sum > 0 ? kGap : 0);
  return sum;
}

Widths natural_widths(const std::vector<Row>& rows) {
  Widths widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  return widths;
}

Widths cut(Widths widths, std::size_t available) {
  for (const auto& [column, least] : kCuts) {
    const std::size_t sum = total(widths);
    if (sum <= available) break;
    if (widths[column] <= least) continue;
    widths[column] -= std::min(sum - available, widths[column] - least);
  }
  return widths;
}

// The widths that lose least; too wide still if nothing more can go.
Widths fitting_widths(Widths widths, std::size_t available) {
  for (const Column column : kDropped) {
    if (const Widths narrow = cut(widths, available); total(narrow) <= available) return narrow;
    widths[column] = 0;
  }
  return cut(widths, available);
}

std::string fitted(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 1) + "+";
}

std::string line(const Row& row, const Widths& widths) {
  std::string text;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (widths[i] == 0) continue;
    if (!text.empty()) text.append(kGap, ' ');
    const std::string content = fitted(row[i], widths[i]);
    const std::size_t padding = widths[i] - content.size();
    text.append(is_duration(i) ? padding : 0, ' ');
    text += content;
    text.append(is_duration(i) ? 0 : padding, ' ');
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

void sort_sessions(std::vector<SessionInfo>& sessions) {
  struct Key {
    std::chrono::sys_seconds logout;
    const SessionInfo* session;
  };
  const auto before = [](const Key& a, const Key& b) {
    const std::string& left = a.session->id;
    const std::string& right = b.session->id;
    return std::tuple(a.logout, left.size(), std::string_view(left)) <
           std::tuple(b.logout, right.size(), std::string_view(right));
  };
  std::vector<Key> keys;
  keys.reserve(sessions.size());
  for (const SessionInfo& session : sessions) {
    const auto logout = session.logout_at ? parse_rfc3339(*session.logout_at) : std::nullopt;
    keys.push_back({logout.value_or(std::chrono::sys_seconds::max()), &session});
  }
  std::stable_sort(keys.begin(), keys.end(), before);
  std::vector<SessionInfo> sorted;
  sorted.reserve(sessions.size());
  for (const Key& key : keys) sorted.push_back(*key.session);
  sessions = std::move(sorted);
}

std::string render_table(const std::vector<SessionInfo>& sessions, WallTime now,
                         std::size_t width) {
  std::vector<Row> rows{kHeader};
  for (const SessionInfo& session : sessions) add_rows(session, now, rows);
  Widths widths = natural_widths(rows);
  if (width > 0) widths = fitting_widths(widths, width);
  std::string text;
  for (const Row& row : rows) {
    const std::string whole = line(row, widths);
    text.append(whole, 0, width > 0 ? width : std::string::npos).append("\n");
  }
  return text;
}

}  // namespace idled::tools
