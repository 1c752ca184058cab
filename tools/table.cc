#include "tools/table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/duration.h"
#include "base/text.h"
#include "tools/colour.h"
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
  kBar,
  kLeft,
  kCause,
  kState,
  kRule,
  kInFront,
  kColumns
};

struct Row {
  std::array<std::string, kColumns> cells{};
  std::string sentence{};        // instead of cells, from the second column on
  std::optional<double> left{};  // of the limit, 0 to 1: what the bar shows
  const char* colour = "";       // an escape
  std::size_t session = 0;

  std::string& operator[](std::size_t column) { return cells[column]; }
  const std::string& operator[](std::size_t column) const { return cells[column]; }
};
using Widths = std::array<std::size_t, kColumns>;  // 0: left out

constexpr std::size_t kBarWidth = 10;
constexpr std::size_t kLongestSentence = 512;
constexpr std::size_t kLongest = 64;   // of a cell
constexpr const char* kNothing = "-";  // not known, not limited, none

// The bar belongs to LEFT, as what the session ends for does.
const Row kHeader{{"SESSION", "USER", "TERMINAL", "FROM", "IDLE", "LIMIT", "", "LEFT", "", "STATE",
                   "RULE", "IN FRONT"}};

// How far a column may be cut, the most expendable first.
constexpr std::array<std::pair<Column, std::size_t>, 5> kCuts{
    {{kRule, 6}, {kFrom, 12}, {kBar, 5}, {kInFront, 8}, {kUser, 6}}};

// Which columns go when cutting is not enough. LIMIT is the sum of IDLE and LEFT.
constexpr std::array kDropped{kLimit, kRule, kFrom, kBar, kState, kInFront, kCause, kTerminal};

bool is_duration(std::size_t column) {
  return column == kIdle || column == kLimit || column == kLeft;
}

// Those that tell, by their colour, how near the end is.
bool is_coloured(std::size_t column) {
  return column == kBar || column == kLeft || column == kCause || column == kState;
}

// Before a column that is not the first.
std::size_t gap_before(std::size_t column) {
  return column == kCause ? 1 : 2;
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

using Instant = std::optional<std::chrono::sys_seconds>;

Instant instant(const std::optional<std::string>& text) {
  return text ? parse_rfc3339(*text) : std::nullopt;
}

std::string left_cell(const SessionInfo& session, WallTime now) {
  const Instant logout = instant(session.logout_at);
  if (!logout) return kNothing;
  return format_brief(*logout - std::chrono::floor<seconds>(now));
}

// Idleness is the rule and is not said.
std::string cause_cell(const SessionInfo& session) {
  const std::string cause = session.logout_cause.value_or("idle");
  return cause == "idle" ? "" : printable(cause, kLongest);
}

// How much is left of what there was: of the limit, or of the time that a cap gave the
// session. A kick is not said to have begun at any time. A hold may leave more than the limit.
std::optional<double> part_left(const SessionInfo& session, WallTime now) {
  const Instant logout = instant(session.logout_at);
  if (!logout) return {};
  double whole = static_cast<double>(session.limit_seconds.value_or(0));
  const std::string cause = session.logout_cause.value_or("idle");
  if (const Instant opened = parse_rfc3339(session.opened_at); cause == "cap" && opened)
    whole = std::chrono::duration<double>(*logout - *opened).count();
  if (cause == "kick" || !(whole > 0)) return {};
  const double left =
      std::chrono::duration<double>(*logout - std::chrono::floor<seconds>(now)).count();
  return std::clamp(left / whole, 0.0, 1.0);
}

// Full only with all of the time, empty only with none.
std::string bar(double part, std::size_t width) {
  const double steps = part * static_cast<double>(width);
  auto filled = static_cast<std::size_t>(steps);
  if (filled == 0 && steps > 0 && width > 1) filled = 1;
  return std::string(filled, '#') + std::string(width - filled, '.');
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

Row first_row(const SessionInfo& session, WallTime now, bool bars) {
  Row row;
  row[kSession] = cell(session.id);
  row[kUser] = cell(session.user);
  row[kTerminal] = kNothing;
  row[kFrom] = cell(session.remote_host);
  row[kIdle] = brief(session.idle_seconds);
  row[kLimit] = limit_cell(session.limit_seconds);
  if (bars) row.left = part_left(session, now);
  row[kLeft] = left_cell(session, now);
  row[kCause] = cause_cell(session);
  row[kState] = cell(session.state);
  row[kRule] = cell(session.rule);
  row[kInFront] = kNothing;
  row.colour = colour_of_state(session.state);
  return row;
}

void add_rows(const SessionInfo& session, WallTime now, bool bars, std::vector<Row>& rows) {
  Row row = first_row(session, now, bars);
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
  if (session.hold) rows.push_back({{}, printable(*session.hold, kLongestSentence)});
}

std::vector<Row> rows_of(const std::vector<SessionInfo>& sessions, WallTime now, bool bars) {
  std::vector<Row> rows{kHeader};
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const std::size_t first = rows.size();
    add_rows(sessions[i], now, bars, rows);
    for (std::size_t row = first; row < rows.size(); ++row) rows[row].session = i;
  }
  return rows;
}

// --- layout -----------------------------------------------------------------

std::size_t total(const Widths& widths) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < kColumns; ++i)
    if (widths[i] > 0) sum += widths[i] + (sum > 0 ? gap_before(i) : 0);
  return sum;
}

Widths natural_widths(const std::vector<Row>& rows) {
  Widths widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
    if (row.left) widths[kBar] = kBarWidth;
  }
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

// A cell, filled up to its width.
std::string content(const Row& row, std::size_t column, std::size_t width) {
  std::string text =
      column == kBar && row.left ? bar(*row.left, width) : fitted(row[column], width);
  text.insert(is_duration(column) ? 0 : text.size(), width - text.size(), ' ');
  return text;
}

// The sentence stands below the user, as if it were one more cell.
std::string sentence_line(const Row& row, const Widths& widths, std::size_t width) {
  const std::size_t indent = std::min(widths[kSession] + gap_before(kUser), width / 4);
  const std::size_t room = width - indent;
  return std::string(indent, ' ') + (room > 0 ? fitted(row.sentence, room) : "");
}

std::string cells_line(const Row& row, const Widths& widths) {
  std::string text;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (widths[i] == 0) continue;
    if (!text.empty()) text.append(gap_before(i), ' ');
    text += content(row, i, widths[i]);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

// `text`, which is cells_line(row, widths), with the escapes that colour it.
std::string coloured(const Row& row, const Widths& widths, const std::string& text) {
  std::string result;
  std::size_t at = 0;
  for (std::size_t i = 0; i < kColumns && at < text.size(); ++i) {
    if (widths[i] == 0) continue;
    const std::size_t gap = at > 0 ? gap_before(i) : 0;
    result += text.substr(at, gap);
    at += gap;
    const std::string cell = text.substr(std::min(at, text.size()), widths[i]);
    result += is_coloured(i) && !cell.empty() ? row.colour + cell + kPlain : cell;
    at += widths[i];
  }
  return result;
}

TableLine line(const Row& row, const Widths& widths, const TableStyle& style) {
  const std::size_t most = style.width > 0 ? style.width : std::string::npos;
  std::string text =
      row.sentence.empty() ? cells_line(row, widths) : sentence_line(row, widths, most);
  const bool fits = text.size() <= most;
  if (!fits) text.resize(most);
  const std::size_t columns = text.size();
  if (style.colours && fits && *row.colour != '\0') text = coloured(row, widths, text);
  return {std::move(text), columns, row.session};
}

}  // namespace

std::vector<TableLine> table_lines(const std::vector<SessionInfo>& sessions, WallTime now,
                                   const TableStyle& style) {
  const std::vector<Row> rows = rows_of(sessions, now, style.bars);
  Widths widths = natural_widths(rows);
  if (style.width > 0) widths = fitting_widths(widths, style.width);
  std::vector<TableLine> lines;
  lines.reserve(rows.size());
  for (const Row& row : rows) lines.push_back(line(row, widths, style));
  return lines;
}

std::string render_table(const std::vector<SessionInfo>& sessions, WallTime now,
                         const TableStyle& style) {
  std::string text;
  for (const TableLine& one : table_lines(sessions, now, style)) text.append(one.text).append("\n");
  return text;
}

}  // namespace idled::tools
