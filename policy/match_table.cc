#include "policy/match_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "policy/glob.h"
#include "policy/report.h"
#include "policy/value.h"

namespace idled::policy {
namespace {

using Read = std::variant<Pattern, Refusal>;

Pattern pattern(Pattern::Form form, std::string_view text) {
  Pattern result;
  result.form = form;
  result.text = text;
  return result;
}

Read read_name_or_glob(std::string_view text) {
  if (!has_wildcard(text)) return pattern(Pattern::Form::kName, text);
  if (is_valid_glob(text)) {
    Pattern result = pattern(Pattern::Form::kGlob, text);
    result.tail = plain_tail(text);
    return result;
  }
  return Refusal{in_quotes(text) + " is not a pattern; its '[' has no ']', or runs backwards", {}};
}

// A uid or gid, in digits; none if it is no number; a Refusal in all other cases.
std::optional<Read> read_number(std::string_view text) {
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  Pattern result = pattern(Pattern::Form::kNumber, text);
  const char* end = text.data() + text.size();
  // The last one, (uid_t)-1, means "none" to every system call.
  if (std::from_chars(text.data(), end, result.number).ec != std::errc{} ||
      result.number == UINT32_MAX)
    return Refusal{in_quotes(text) + " is not an id; they go from 0 to 4294967294", {}};
  result.text = std::to_string(result.number);  // 007 is 7
  return result;
}

Read read_user(std::string_view text) {
  if (const std::optional<Read> number = read_number(text)) return *number;
  return read_name_or_glob(text);
}

Read read_group(std::string_view text) {
  if (const std::optional<Read> number = read_number(text)) return *number;
  if (has_wildcard(text))
    return Refusal{"\"group\" takes names, not patterns: groups are compared by id", {}};
  return pattern(Pattern::Form::kName, text);
}

Read read_host(std::string_view text) {
  if (const std::optional<NetworkText> network = parse_network(text)) {
    if (network->has_host_bits)
      return Refusal{in_quotes(text) + " has bits set beyond its prefix",
                     format_network(network->network)};
    Pattern result = pattern(Pattern::Form::kNetwork, text);
    result.network = network->network;
    return result;
  }
  const bool glob = has_wildcard(text);
  const bool zone = text.find('%') != std::string_view::npos;
  const bool numeric = text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (text.find('/') != std::string_view::npos)
    return Refusal{in_quotes(text) + " is not a network; write it as in 10.0.0.0/8", {}};
  if (!glob && (numeric || (text.find(':') != std::string_view::npos && !zone)))
    return Refusal{in_quotes(text) + " is not an address", {}};
  return read_name_or_glob(comparable_host(text));
}

Read read_terminal(std::string_view text) {
  constexpr std::string_view kFolder = "/dev/";
  if (text.starts_with('/'))
    return Refusal{"terminals are named without /dev/, as in \"pts/3\"",
                   std::string(text.starts_with(kFolder) ? text.substr(kFolder.size()) : "")};
  return read_name_or_glob(text);
}

Read read_kind(std::string_view text) {
  constexpr std::span<const std::string_view> kKinds = Words<Kind>::kAll;
  if (std::find(kKinds.begin(), kKinds.end(), text) != kKinds.end())
    return pattern(Pattern::Form::kName, text);
  return Refusal{"\"kind\" takes " + alternatives(kKinds) + ", not " + in_quotes(text),
                 suggest(text, kKinds)};
}

Read read_time(std::string_view text) {
  const Result<TimeWindow> window = parse_time_window(text);
  if (!window) return Refusal{window.error().text, {}};
  Pattern result = pattern(Pattern::Form::kWindow, text);
  result.window = *window;
  return result;
}

std::string or_none(const std::string& text) {
  return text.empty() ? "none" : text;
}

std::string print_user(const Subject& subject, const LocalTime&) {
  return or_none(subject.user) + " (" + std::to_string(subject.uid) + ')';
}

std::string print_groups(const Subject& subject, const LocalTime&) {
  std::string text;
  for (const gid_t gid : subject.gids) text += (text.empty() ? "" : ", ") + std::to_string(gid);
  return or_none(text);
}

std::string print_service(const Subject& subject, const LocalTime&) {
  return or_none(subject.service);
}

std::string print_host(const Subject& subject, const LocalTime&) {
  return subject.host.empty() ? "none (local)" : subject.host;
}

std::string print_terminals(const Subject& subject, const LocalTime&) {
  std::string text;
  for (const std::string& name : subject.terminals) text += (text.empty() ? "" : ", ") + name;
  return or_none(text);
}

std::string print_kind(const Subject& subject, const LocalTime&) {
  return std::string(word(subject.kind));
}

std::string two_digits(std::int64_t number) {
  return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

std::string print_time(const Subject&, const LocalTime& now) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  const local_seconds shown = now.shown();
  const auto day = std::chrono::floor<std::chrono::days>(shown);
  const auto minute = std::chrono::floor<minutes>(shown - day).count();
  return std::string(kDays[std::chrono::weekday(day).c_encoding()]) + ' ' +
         two_digits(minute / 60) + ':' + two_digits(minute % 60);
}

// clang-format off
constexpr std::array<MatchRow, kMatchKeyCount> kTable{{
    {"user", read_user, print_user, {},
     "User names, patterns (deploy-*) or uids."},
    {"group", read_group, print_groups, {},
     "Names or gids of groups, of which the user is in any, primary or not."},
    {"service", read_name_or_glob, print_service, {},
     "PAM services: sshd, login; patterns too."},
    {"host", read_host, print_host, {},
     "Where the login comes from: addresses, networks (10.0.0.0/8, 2001:db8::/32) or patterns "
     "on the name (*.example.com). \"?*\" is any host, \"!?*\" none: a local login."},
    {"terminal", read_terminal, print_terminals, {},
     "Names of terminals without /dev/: tty1, pts/*."},
    {"kind", read_kind, print_kind, Words<Kind>::kAll,
     "What kind of login it is: terminal, console, no-terminal, graphical."},
    {"time", read_time, print_time, {},
     "Times of the week, local: \"Mon-Fri 08:00-18:00\", \"22:00-06:00\", \"Sat,Sun\", "
     "\"Fri 18:00-Mon 08:00\"."},
}};
// clang-format on

}  // namespace

std::span<const MatchRow, kMatchKeyCount> match_table() {
  return kTable;
}

std::string comparable_host(std::string_view host) {
  if (const std::optional<Address> address = parse_address(host)) {
    const std::size_t zone = std::min(host.find('%'), host.size());
    return format_address(*address).append(host.substr(zone));
  }
  std::string lower(host);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace idled::policy
