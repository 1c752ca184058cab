#include "tools/live_view.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "tools/colour.h"
#include "tools/table.h"

namespace idled::tools {
namespace {

constexpr std::size_t kLongestTrouble = 512;

constexpr const char* kHome = "\x1b[H";
constexpr const char* kEraseLineEnd = "\x1b[K";
constexpr const char* kEraseBelow = "\x1b[J";

ScreenLine styled(std::string text, std::size_t columns, const char* style) {
  if (text.size() > columns) text.replace(std::max(columns, std::size_t{1}) - 1, text.npos, "+");
  text.resize(std::min(text.size(), columns));
  const std::size_t taken = text.size();
  return {*style == '\0' ? std::move(text) : style + text + kPlain, taken};
}

// "09:30:00", in local time.
std::string time_of_day(WallTime time) {
  return format_rfc3339(time).substr(11, 8);
}

std::string count(std::size_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string summary(const LiveView& view) {
  const std::size_t shown = view.sessions.size();
  std::string text = time_of_day(view.now) + "  ";
  text += shown == view.all ? count(shown, "session")
                            : std::to_string(shown) + " of " + count(view.all, "session");
  if (!view.filter.empty()) text += " (" + view.filter + ")";
  return text;
}

std::string trouble_of(const LiveView& view) {
  return "As of " + time_of_day(view.heard_at) + ": " + printable(view.trouble, kLongestTrouble);
}

// What there is of `lines` beyond `first`, for a person.
std::string more(const std::vector<TableLine>& lines, std::size_t first, std::size_t sessions) {
  const std::size_t last_shown = lines[first - 1].session;
  const std::size_t hidden = first == 1 ? sessions : sessions - 1 - last_shown;
  return hidden > 0 ? "... " + count(hidden, "more session")
                    : "... " + count(lines.size() - first, "more line");
}

}  // namespace

std::vector<ScreenLine> render_live(const LiveView& view, ScreenSize size, bool colours) {
  const char* strong = colours ? kBold : "";
  std::vector<ScreenLine> lines{styled(summary(view), size.columns, strong)};
  if (!view.warning.empty())
    lines.push_back(styled(view.warning, size.columns, colours ? kAlarm : ""));
  if (!view.trouble.empty())
    lines.push_back(styled(trouble_of(view), size.columns, colours ? kAlarm : ""));
  lines.push_back({});
  // Times that are no longer told do not run down.
  const WallTime instant = view.trouble.empty() ? view.now : view.heard_at;
  const std::vector<TableLine> table =
      table_lines(view.sessions, instant, {size.columns, /*bars=*/true, colours});
  const std::size_t room = size.rows > lines.size() ? size.rows - lines.size() : 0;
  const bool fits = table.size() <= room;
  const std::size_t shown = fits ? table.size() : room > 0 ? room - 1 : 0;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i == 0)
      lines.push_back(styled(table[i].text, size.columns, strong));
    else
      lines.push_back({table[i].text, table[i].columns});
  }
  if (!fits && shown > 0)
    lines.push_back(styled(more(table, shown, view.sessions.size()), size.columns, strong));
  if (lines.size() > size.rows) lines.resize(size.rows);
  return lines;
}

std::string draw(const std::vector<ScreenLine>& lines, ScreenSize size) {
  std::string bytes = kHome;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) bytes += "\r\n";
    bytes += lines[i].text;
    // Behind a full line the cursor stands on its last character, which would be erased.
    if (lines[i].columns < size.columns) bytes += kEraseLineEnd;
  }
  if (lines.size() < size.rows) bytes += std::string(lines.empty() ? "" : "\r\n") + kEraseBelow;
  return bytes;
}

}  // namespace idled::tools
