// utmp, half written, of another machine, or no utmp at all: each record is a hint, none is
// more than its bytes.
#include <utmpx.h>

#include <cstring>

#include "fuzz.h"
#include "idled/system/utmp.h"

namespace idled::fuzz {

void try_one(std::string_view input) {
  const std::vector<system::UtmpRecord> records = system::parse_utmp(input);
  require(records.size() <= input.size() / sizeof(utmpx), "no more records than there are bytes");
  for (const system::UtmpRecord& record : records) {
    require(record.line.size() <= sizeof(utmpx::ut_line), "a line is within its field");
    require(record.user.size() <= sizeof(utmpx::ut_user), "a user is within its field");
    require(record.host.size() <= sizeof(utmpx::ut_host), "a host is within its field");
    for (const std::string& text : {record.line, record.user, record.host})
      require(std::strlen(text.c_str()) == text.size(), "no text holds a NUL");
  }
}

}  // namespace idled::fuzz
