// The state of a login, as an earlier daemon or a full disk left it. What is believed is one
// login with a name that may be a file's, and comes back as it was.
#include "fuzz.h"
#include "idled/snapshot.h"

namespace idled::fuzz {

void try_one(std::string_view input) {
  constexpr std::string_view kBoot = "b";
  const Result<core::SessionData> data = from_snapshot(input, kBoot);
  if (!data) {
    require(!data.error().text.empty(), "a refusal says why");
    return;
  }
  require(is_session_id(data->login.id.value), "an id may be a file's name");
  require(data->login.leader.pid > 1, "a leader is a process");
  require(!data->login.user.empty(), "a login is somebody's");
  const std::string written = to_snapshot(*data, kBoot);
  const Result<core::SessionData> again = from_snapshot(written, kBoot);
  require(static_cast<bool>(again), "what we write, we can read", written);
  require(to_snapshot(*again, kBoot) == written, "a login comes back as it was", written);
  require(!from_snapshot(written, "another boot"), "what is of another boot is refused");
}

}  // namespace idled::fuzz
