#define SD_JOURNAL_SUPPRESS_LOCATION
#include "idled/system/journal.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "idled/system/clock.h"

namespace idled::system {
namespace {

using core::RecordKind;

// Bytes. A policy's errors are many lines.
constexpr std::size_t kLongestMessage = std::size_t{16} << 10;
constexpr std::size_t kLongestField = 1024;

constexpr char kSocket[] = "/run/systemd/journal/socket";
constexpr std::size_t kMostKept = 10'000;  // records, of about 1 kB

// One row a kind, in the order of RecordKind. Fixed for ever, both: what was filed under them
// is looked for by them.
struct Row {
  RecordKind kind;
  std::string_view name;        // in IDLED_EVENT, and what `idlectl events` says
  std::string_view message_id;  // sd_journal_send(3): of 128 bits, made by journalctl --new-id128
};
constexpr std::array<Row, 26> kRows{{
    {RecordKind::kStarted, "started", "04628a029fb85b729ea983baa8f7adef"},
    {RecordKind::kStopped, "stopped", "db968d68ba94543396d22b452d73b699"},
    {RecordKind::kPolicyLoaded, "policy-loaded", "eaa11cc1a7b959c6bbaabba3c3fa6d74"},
    {RecordKind::kPolicyRefused, "policy-refused", "414c67d9ffe057e09b86f012d2749976"},
    {RecordKind::kOpened, "opened", "940182104db2521fb0a6322af30833c5"},
    {RecordKind::kAdopted, "adopted", "ffb5b64be02f5f1d806d44d4871c35d4"},
    {RecordKind::kRestored, "restored", "33ce224f8fb95f4483fb096fbc5f9252"},
    {RecordKind::kRefused, "refused", "011a45d53fd05eabbb92d9ba77b3bdd8"},
    {RecordKind::kClosed, "closed", "74f60f3ec31c593aa9f801541602678d"},
    {RecordKind::kWarned, "warned", "1be98f65f5d159de8f7c012521084d47"},
    {RecordKind::kWarningUndelivered, "warning-undelivered", "42ba8a92e35652f99c99fa9fccf11079"},
    {RecordKind::kCancelled, "cancelled", "a95b01b6beea5291abe88fbe363f3ff4"},
    {RecordKind::kWaiting, "waiting", "55a4cdde489546e79c72abf7a91f5035"},
    {RecordKind::kForged, "forged", "434d9a70bc2b4b41a7bbf4071b266c13"},
    {RecordKind::kHeld, "held", "7fc96900a88041fe88540a9619637b50"},
    {RecordKind::kHoldOver, "hold-over", "eb7e5fdc17114e6e92997209ef343da8"},
    {RecordKind::kWouldWarn, "would-warn", "36a61a86bcc44f15bcdb63efab4dc04b"},
    {RecordKind::kWouldCancel, "would-cancel", "6d2ee944a0bb45e0833b85c48f27be29"},
    {RecordKind::kWouldWait, "would-wait", "d6e816d9688849b3bf30b13082a4f5c7"},
    {RecordKind::kWouldLogOut, "would-log-out", "5449450326d952acb9f59a60cd4898b6"},
    {RecordKind::kKickRequested, "kick-requested", "dcf6ab53ff4756a99c28bc4cb651cc5b"},
    {RecordKind::kLogout, "logout", "388bdcef323e5568840564d4c552bc62"},
    {RecordKind::kSignalled, "signalled", "6116dcff14575fc5a456db5e9004e657"},
    {RecordKind::kEnded, "ended", "932d071eb044520e99daa34fad30d6ac"},
    {RecordKind::kStuck, "stuck", "20af82ef53475ed5b43a8f6eaa3de007"},
    {RecordKind::kTrouble, "trouble", "9d35482202905ebe8cd6480d173c2688"},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].kind != static_cast<RecordKind>(i)) return false;
  return kRows.back().kind == RecordKind::kTrouble;  // the last
}
static_assert(is_in_order());

const Row& row_of(RecordKind kind) {
  return kRows[static_cast<std::size_t>(kind)];
}

int priority(core::Severity severity) {  // syslog(3)
  switch (severity) {
    case core::Severity::kError:
      return 3;
    case core::Severity::kWarning:
      return 4;
    case core::Severity::kNotice:
      return 5;
    case core::Severity::kInfo:
      return 6;
    case core::Severity::kDebug:
      return 7;
  }
  return 6;
}

void send(const std::vector<std::string>& entries) {
  std::vector<iovec> vectors;
  vectors.reserve(entries.size());
  for (const std::string& entry : entries)
    vectors.push_back({const_cast<char*>(entry.data()), entry.size()});
  (void)sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
}

}  // namespace

std::string_view message_id(RecordKind kind) {
  return row_of(kind).message_id;
}

std::string_view event_name(RecordKind kind) {
  return row_of(kind).name;
}

Journal::Journal() : journal_(access(kSocket, W_OK) == 0 && !isatty(STDERR_FILENO)) {
  if (!journal_) return;
  probe_ = OwnedFd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  kept_fd_ = OwnedFd(epoll_create1(EPOLL_CLOEXEC));
}

// The gate through which all text goes to the log, whatever was done to it before.
std::string log_line(const core::Record& record) {
  // "<6>message  FIELD=value ...": sd-daemon(3)'s prefix, for whoever collects it.
  std::string line = "<" + std::to_string(priority(record.severity)) + ">" +
                     printable_lines(record.message, kLongestMessage, "    ");
  for (const auto& [name, value] : record.fields)
    if (!value.empty())
      line.append(" ").append(name).append("=").append(printable(value, kLongestField));
  return line;
}

std::vector<std::string> journal_entries(const core::Record& record) {
  std::vector<std::string> entries{
      "MESSAGE=" + printable_lines(record.message, kLongestMessage),
      "PRIORITY=" + std::to_string(priority(record.severity)),
      "MESSAGE_ID=" + std::string(message_id(record.kind)),
      "SYSLOG_IDENTIFIER=idled",
      "IDLED_EVENT=" + std::string(event_name(record.kind)),
  };
  for (const auto& [name, value] : record.fields)
    entries.push_back(std::string(name).append("=").append(printable(value, kLongestField)));
  return entries;
}

void Journal::write(const core::Record& record) {
  if (!journal_) {
    std::fprintf(stderr, "%s\n", log_line(record).c_str());
    return;
  }
  if (!kept_.empty()) send_kept();
  if (kept_.empty() && takes_more()) return send(journal_entries(record));
  core::Record late = record;
  late.message += " (at " + format_rfc3339(read_clocks().wall) + "; the journal took nothing then)";
  keep(journal_entries(late));
}

// Whether the queue of its socket has room. Connected anew each time: the socket may be another.
bool Journal::takes_more() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, kSocket, sizeof kSocket);
  if (connect(probe_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return true;  // whoever is not there keeps nobody waiting
  pollfd room{probe_.get(), POLLOUT, 0};
  return ::poll(&room, 1, 0) != 0;
}

void Journal::keep(Entries entries) {
  if (kept_.size() >= kMostKept) {
    ++lost_;
    return;
  }
  kept_.push_back(std::move(entries));
  if (kept_.size() > 1) return;
  epoll_event event{EPOLLOUT, {}};
  (void)epoll_ctl(kept_fd_.get(), EPOLL_CTL_ADD, probe_.get(), &event);
}

void Journal::send_kept() {
  while (!kept_.empty() && takes_more()) {
    send(kept_.front());
    kept_.pop_front();
  }
  if (!kept_.empty()) return;
  (void)epoll_ctl(kept_fd_.get(), EPOLL_CTL_DEL, probe_.get(), nullptr);
  if (const std::size_t lost = std::exchange(lost_, 0); lost > 0)
    write({RecordKind::kTrouble,
           core::Severity::kWarning,
           std::to_string(lost) + " records are lost: the journal took nothing for too long",
           {}});
}

}  // namespace idled::system
