#include "tools/event_line.h"

#include <algorithm>

#include "base/duration.h"
#include "base/text.h"

namespace idled::tools {
namespace {

using protocol::Event;

constexpr std::size_t kLongest = 1024;
constexpr std::size_t kKindColumns = 13;  // of "would-log-out"; the rest comes seldom

// As of the offset in which it was written: "2026-01-31 09:30:00".
std::string time_of(const Event& event) {
  std::string time = printable(event.at).substr(0, 19);
  if (time.size() > 10 && time[10] == 'T') time[10] = ' ';
  return time;
}

// "alice pts/3 (c3)"
std::string login_of(const Event& event) {
  std::string text = event.user.value_or("?");
  for (const std::string& terminal : event.terminals) text += " " + terminal;
  return text + " (" + *event.session + ")";
}

std::string time(std::int64_t value) {
  return format_brief(seconds(value));
}

void add(std::string& text, const std::string& part) {
  text += (text.empty() ? "" : ", ") + part;
}

// What the logout is for, or would be: "idle 5m02s, rule ops"
void add_cause(std::string& text, const Event& event) {
  if (event.cause == "idle" && event.idle_seconds)
    add(text, "idle " + time(*event.idle_seconds));
  else if (event.cause == "cap" && event.limit_seconds)
    add(text, "open for " + time(*event.limit_seconds));
  else
    add(text, *event.cause);
  if (event.rule && event.cause != "kick") add(text, "rule " + *event.rule);
}

std::string details_of(const Event& event) {
  std::string text;
  if (event.kind == "opened" || event.kind == "adopted") {
    if (event.service) add(text, *event.service);
    if (event.remote_host) add(text, "from " + *event.remote_host);
  }
  if (event.rung) add(text, *event.rung);
  if (event.cause) add_cause(text, event);
  if (event.hold_seconds) add(text, "for " + time(*event.hold_seconds));
  if (event.by) text += (text.empty() ? "by " : " by ") + *event.by;
  if (event.reason) text += ": " + *event.reason;
  if (event.forged) add(text, "forged: " + *event.forged);
  return text;
}

}  // namespace

std::string event_line(const Event& event, std::size_t width) {
  std::string line = time_of(event) + " " + event.kind;
  line.resize(std::max(line.size(), line.size() - event.kind.size() + kKindColumns), ' ');
  if (event.session) {
    const std::string details = details_of(event);
    line += " " + login_of(event) + (details.empty() ? "" : ": " + details);
  } else {
    line += " " + event.message.substr(0, event.message.find('\n'));
  }
  line = printable(line, kLongest);
  if (width > 0 && line.size() > width) line.replace(width - 1, std::string::npos, "+");
  return line;
}

}  // namespace idled::tools
