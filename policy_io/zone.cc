#include "policy_io/zone.h"

#include <time.h>

namespace idled {

seconds offset_at(policy::sys_seconds instant) {
  const std::time_t time = instant.time_since_epoch().count();
  std::tm local{};
  localtime_r(&time, &local);
  return seconds(local.tm_gmtoff);
}

policy::LocalTime local_time_at(policy::sys_seconds instant) {
  return policy::local_time(instant, offset_at);
}

}  // namespace idled
