#include "idled/core/tmout.h"

#include <charconv>

namespace idled::core {

std::string shell_tmout(const policy::Settings& settings) {
  using namespace policy;
  const bool contradicts = !settings.idle || settings.mode == Mode::kReport ||
                           settings.hold_max > seconds(0) || settings.activity != Activity::kInput;
  if (contradicts || settings.tmout == Tmout::kOff) return "off";
  if (settings.tmout == Tmout::kLimit) return std::to_string(settings.idle->count()) + ",export";
  return std::to_string(2 * settings.idle->count());
}

std::optional<seconds> prompt_limit(const std::string& tmout) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(tmout.data(), tmout.data() + tmout.size(), value);
  if (error != std::errc() || value <= 0) return std::nullopt;
  return seconds(value);
}

}  // namespace idled::core
