#include "idled/system/utmp.h"
#include "base/files.h"

#include <utmpx.h>

#include <cstring>

namespace idled::system {
namespace {

// Fields are padded with NULs and have none at full length.
template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, strnlen(field, N)};
}

}  // namespace

std::vector<UtmpRecord> parse_utmp(std::string_view bytes) {
  std::vector<UtmpRecord> records;
  for (; bytes.size() >= sizeof(utmpx); bytes.remove_prefix(sizeof(utmpx))) {
    utmpx entry{};
    std::memcpy(&entry, bytes.data(), sizeof entry);
    if (entry.ut_type != USER_PROCESS) continue;
    records.push_back(
        {text_of(entry.ut_line), text_of(entry.ut_user), text_of(entry.ut_host), entry.ut_pid});
  }
  return records;
}

std::vector<UtmpRecord> read_utmp(const std::string& path) {
  constexpr std::size_t kLargest = std::size_t{16} << 20;  // 40,000 records
  const Result<std::string> bytes = read_file(path, kLargest);
  return bytes ? parse_utmp(*bytes) : std::vector<UtmpRecord>();
}

}  // namespace idled::system
