#define SD_JOURNAL_SUPPRESS_LOCATION
#include "idled/system/journal.h"

#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/text.h"

namespace idled::system {
namespace {

using core::RecordKind;

// Bytes. A policy's errors are many lines.
constexpr std::size_t kLongestMessage = std::size_t{16} << 10;
constexpr std::size_t kLongestField = 1024;

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

}  // namespace

std::string_view message_id(RecordKind kind) {
  switch (kind) {
    case RecordKind::kStarted:
      return "04628a029fb85b729ea983baa8f7adef";
    case RecordKind::kStopped:
      return "db968d68ba94543396d22b452d73b699";
    case RecordKind::kPolicyLoaded:
      return "eaa11cc1a7b959c6bbaabba3c3fa6d74";
    case RecordKind::kPolicyRefused:
      return "414c67d9ffe057e09b86f012d2749976";
    case RecordKind::kOpened:
      return "940182104db2521fb0a6322af30833c5";
    case RecordKind::kAdopted:
      return "ffb5b64be02f5f1d806d44d4871c35d4";
    case RecordKind::kRestored:
      return "33ce224f8fb95f4483fb096fbc5f9252";
    case RecordKind::kRefused:
      return "011a45d53fd05eabbb92d9ba77b3bdd8";
    case RecordKind::kClosed:
      return "74f60f3ec31c593aa9f801541602678d";
    case RecordKind::kWarned:
      return "1be98f65f5d159de8f7c012521084d47";
    case RecordKind::kWarningUndelivered:
      return "42ba8a92e35652f99c99fa9fccf11079";
    case RecordKind::kCancelled:
      return "a95b01b6beea5291abe88fbe363f3ff4";
    case RecordKind::kWaiting:
      return "55a4cdde489546e79c72abf7a91f5035";
    case RecordKind::kForged:
      return "434d9a70bc2b4b41a7bbf4071b266c13";
    case RecordKind::kHeld:
      return "7fc96900a88041fe88540a9619637b50";
    case RecordKind::kHoldOver:
      return "eb7e5fdc17114e6e92997209ef343da8";
    case RecordKind::kWouldWarn:
      return "36a61a86bcc44f15bcdb63efab4dc04b";
    case RecordKind::kWouldCancel:
      return "6d2ee944a0bb45e0833b85c48f27be29";
    case RecordKind::kWouldWait:
      return "d6e816d9688849b3bf30b13082a4f5c7";
    case RecordKind::kWouldLogOut:
      return "5449450326d952acb9f59a60cd4898b6";
    case RecordKind::kKickRequested:
      return "dcf6ab53ff4756a99c28bc4cb651cc5b";
    case RecordKind::kLogout:
      return "388bdcef323e5568840564d4c552bc62";
    case RecordKind::kSignalled:
      return "6116dcff14575fc5a456db5e9004e657";
    case RecordKind::kEnded:
      return "932d071eb044520e99daa34fad30d6ac";
    case RecordKind::kStuck:
      return "20af82ef53475ed5b43a8f6eaa3de007";
    case RecordKind::kTrouble:
      return "9d35482202905ebe8cd6480d173c2688";
  }
  return "";
}

Journal::Journal()
    : journal_(access("/run/systemd/journal/socket", W_OK) == 0 && !isatty(STDERR_FILENO)) {}

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
  };
  for (const auto& [name, value] : record.fields)
    entries.push_back(std::string(name).append("=").append(printable(value, kLongestField)));
  return entries;
}

void Journal::write(const core::Record& record) const {
  if (!journal_) {
    std::fprintf(stderr, "%s\n", log_line(record).c_str());
    return;
  }
  std::vector<std::string> entries = journal_entries(record);
  std::vector<iovec> vectors;
  vectors.reserve(entries.size());
  for (std::string& entry : entries) vectors.push_back({entry.data(), entry.size()});
  (void)sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
}

}  // namespace idled::system
