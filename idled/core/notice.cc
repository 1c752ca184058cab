#include "idled/core/notice.h"

#include <cstdio>

#include "base/duration.h"
#include "base/text.h"

namespace idled::core {
namespace {

constexpr std::size_t kWidth = 78;

// One line of a notice, cut to the width.
std::string line(const std::string& text) {
  return "*** " + printable(text, kWidth - 4) + "\r\n";
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

std::string limit_of(const Session& session) {
  return format_spoken(session.rules->settings.idle.value_or(seconds(0)));
}

}  // namespace

std::string warning_text(const Session& session, seconds left, const Now& now) {
  return "\r\n\a" +
         line("No " + wanted(session) + " for " + format_spoken(idle_for(session, now)) + ".") +
         line("You will be logged out in " + format_spoken(left) + ", at " + clock_time(left, now) +
              ". Press Enter to stay.") +
         line("idled: the limit is " + limit_of(session) + " (rule: " + session.rules->idle_rule +
              ").") +
         site_message(session);
}

std::string cancelled_text(Witness witness) {
  if (witness == Witness::kOutput) return "\r\n" + line("There is output: logout cancelled.");
  if (witness == Witness::kJob)
    return "\r\n" + line("The job in front is at work: logout cancelled.");
  return "\r\n" + line("You are back: logout cancelled.");
}

std::string waiting_text(const std::string& program) {
  return "\r\n" + line("The logout waits until " + program + " is done. Press Enter to stay.");
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
  return "\r\n" +
         line("Logged out by idled: no " + wanted(session) + " for " + limit_of(session) +
              " (rule: " + session.rules->idle_rule + ").") +
         site_message(session);
}

}  // namespace idled::core
