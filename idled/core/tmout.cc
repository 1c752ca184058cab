#include "idled/core/tmout.h"

namespace idled::core {

std::string shell_tmout(const policy::Settings& settings) {
  using namespace policy;
  const bool contradicts = !settings.idle || settings.mode == Mode::kReport ||
                           settings.hold_max > seconds(0) || settings.activity != Activity::kInput;
  if (contradicts || settings.tmout == Tmout::kOff) return "off";
  if (settings.tmout == Tmout::kLimit) return std::to_string(settings.idle->count()) + ",export";
  return std::to_string(2 * settings.idle->count());
}

}  // namespace idled::core
