#include "tools/journal.h"

#include <systemd/sd-journal.h>

#include <memory>
#include <string_view>

#include "base/text.h"
#include "protocol/event_fields.h"

namespace idled::tools {
namespace {

using std::chrono::microseconds;

struct Close {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, Close>;

std::uint64_t usec(WallTime time) {
  const auto value = std::chrono::ceil<microseconds>(time.time_since_epoch()).count();
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

Result<Journal> open(const std::string& file) {
  sd_journal* journal = nullptr;
  const char* files[] = {file.c_str(), nullptr};
  const int r = file.empty() ? sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY)
                             : sd_journal_open_files(&journal, files, 0);
  if (r < 0) return errno_error("cannot read " + (file.empty() ? "the journal" : file), -r);
  return Journal(journal);
}

// Anybody may write to the journal under any identifier; _UID is the kernel's word.
int match(sd_journal* journal) {
  for (const char* field : {"SYSLOG_IDENTIFIER=idled", "_UID=0"})
    if (const int r = sd_journal_add_match(journal, field, 0); r < 0) return r;
  return 0;
}

protocol::Event event_of(sd_journal* journal, WallTime at) {
  protocol::Event event;
  event.at = format_rfc3339(at);
  const void* data = nullptr;
  std::size_t size = 0;
  SD_JOURNAL_FOREACH_DATA(journal, data, size) {
    const std::string_view field(static_cast<const char*>(data), size);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = field.substr(0, equals);
    const std::string_view value = field.substr(equals + 1);
    if (name == "MESSAGE")
      event.message = value;
    else if (name == "IDLED_EVENT")
      event.kind = value;
    else
      protocol::set_field(event, name, value);
  }
  return event;
}

}  // namespace

Result<void> read_journal(const Period& period, const std::string& file, const TakeEvent& take) {
  Result<Journal> opened = open(file);
  if (!opened) return opened.error();
  sd_journal* journal = opened->get();
  int r = match(journal);
  if (r >= 0) r = sd_journal_seek_realtime_usec(journal, usec(period.since));
  while (r >= 0 && (r = sd_journal_next(journal)) > 0) {
    std::uint64_t at = 0;
    if (r = sd_journal_get_realtime_usec(journal, &at); r < 0) break;
    if (at >= usec(period.until)) return {};
    protocol::Event event = event_of(journal, WallTime(microseconds(at)));
    if (!event.kind.empty()) take(std::move(event));
  }
  if (r < 0) return errno_error("reading the journal", -r);
  return {};
}

}  // namespace idled::tools
