#include "idled/core/notice.h"

#include <algorithm>
#include <cstdio>

#include "base/duration.h"
#include "base/text.h"
#include "idled/core/engine.h"

namespace idled::core {
namespace {

constexpr std::size_t kWidth = 78;  // columns

constexpr std::string_view kMark = "*** ";
constexpr std::size_t kLongest = 1024;  // bytes of a text from elsewhere

// A line of a notice; several, broken between words, if it is too long for one.
std::string line(const std::string& text) {
  const std::string safe = printable(text, kLongest);
  std::string lines;
  lines.reserve(safe.size() + 2 * kMark.size());
  for (std::string_view rest = safe; !rest.empty();) {
    std::size_t length = std::min(rest.size(), kWidth - kMark.size());
    if (length < rest.size())
      if (const std::size_t gap = rest.rfind(' ', length); gap != std::string_view::npos && gap > 0)
        length = gap;
    lines.append(kMark).append(rest.substr(0, length)).append("\r\n");
    rest.remove_prefix(length);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  return lines;
}

// "14:05:00": the local time `left` from now.
std::string clock_time(seconds left, const Now& now) {
  const auto of_day = (now.local.shown() + left).time_since_epoch() % std::chrono::days(1);
  const std::chrono::hh_mm_ss time(of_day);
  char text[32];
  std::snprintf(
      text, sizeof text, "%02ld:%02ld:%02ld", static_cast<long>(time.hours().count()) % 24,
      static_cast<long>(time.minutes().count()), static_cast<long>(time.seconds().count()));
  return text;
}

std::string site_message(const Session& session) {
  const std::string& message = session.rules->settings.message;
  return message.empty() ? "" : line(message);
}

seconds idle_for(const Session& session, const Now& now) {
  if (!session.input || session.input->at > now.boot()) return seconds(0);
  return std::chrono::floor<seconds>(now.boot() - session.input->at);
}

// What there was none of.
std::string wanted(const Session& session) {
  return session.rules->settings.activity == policy::Activity::kInput ? "input" : "activity";
}

std::string idle_limit(const Session& session) {
  return format_spoken(session.rules->settings.idle.value_or(seconds(0)));
}

std::string cap_of(const Session& session) {
  return format_spoken(session.rules->settings.session.value_or(seconds(0)));
}

seconds until(BootTime time, const Now& now) {
  return std::chrono::round<seconds>(std::max(time - now.boot(), nanoseconds(0)));
}

const char* what_cancelled(Witness witness) {
  if (witness == Witness::kOutput) return "There is output";
  if (witness == Witness::kJob) return "The job in front is at work";
  return "You are back";
}

}  // namespace

std::string warning_text(const Session& session, seconds left, const Now& now) {
  return "\r\n\a" +
         line("No " + wanted(session) + " for " + format_spoken(idle_for(session, now)) + ".") +
         line("You will be logged out in " + format_spoken(left) + ", at " + clock_time(left, now) +
              ". Press Enter to stay.") +
         line("idled: the limit is " + idle_limit(session) + " (rule: " + session.rules->idle_rule +
              ").") +
         site_message(session);
}

std::string cap_warning_text(const Session& session, seconds left, const Now& now) {
  return "\r\n\a" + line("A login may last " + cap_of(session) + " here, in use or not.") +
         line("You will be logged out in " + format_spoken(left) + ", at " + clock_time(left, now) +
              ". Please save your work.") +
         line("idled: the rule is " + session.rules->session_rule + ".") + site_message(session);
}

std::string cancelled_text(const Session& session, const Now& now) {
  const std::string text = what_cancelled(session.input->witness);
  const std::optional<BootTime> cap = session.cap_warning ? cap_deadline(session) : std::nullopt;
  if (!cap) return "\r\n" + line(text + ": logout cancelled.");
  return "\r\n" + line(text + ", but this login ends at " + clock_time(until(*cap, now), now) +
                       " all the same.");
}

std::string waiting_text(const std::string& program, Cause cause) {
  return "\r\n" + line("The logout waits until " + program + " is done." +
                       (cause == Cause::kIdle ? " Press Enter to stay." : ""));
}

std::string held_text(const Hold& hold, const Now& now) {
  return "\r\n" + line("That logout is off: " + hold.by + " holds this login until " +
                       clock_time(until(hold.until, now), now) + ".");
}

std::string put_off_text() {
  return "\r\n" + line("The policy has changed: that logout is off.");
}

std::string kick_warning_text(const Kick& kick, seconds left, const Now& now) {
  std::string text = "\r\n\a" + line("You will be logged out in " + format_spoken(left) + ", at " +
                                     clock_time(left, now) + ", by " + kick.by + ".");
  if (!kick.message.empty()) text += line(kick.message);
  return text;
}

std::string farewell_text(const Session& session, Cause cause) {
  if (cause == Cause::kKick && session.kick) {
    std::string text = "\r\n" + line("Logged out by " + session.kick->by + ".");
    if (!session.kick->message.empty()) text += line(session.kick->message);
    return text;
  }
  const std::string why =
      cause == Cause::kCap
          ? "a login may last " + cap_of(session) + " (rule: " + session.rules->session_rule
          : "no " + wanted(session) + " for " + idle_limit(session) +
                " (rule: " + session.rules->idle_rule;
  return "\r\n" + line("Logged out by idled: " + why + ").") + site_message(session);
}

}  // namespace idled::core
