// Every setting, one row each: its name, how it is read, applied and printed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/report.h"
#include "policy/settings.h"

namespace idled::policy {

// In the order of the table.
enum class Setting : std::uint8_t {
  kIdle,
  kWarn,
  kSession,
  kActivity,
  kNoTerminal,
  kLeftovers,
  kMode,
  kTmout,
  kNeverInterrupt,
  kHoldMax,
  kMessage,
};
inline constexpr std::size_t kSettingCount = 11;

// What a rule states for one setting: the type of the member of Settings.
using Value = std::variant<std::optional<seconds>, std::vector<seconds>, Activity, NoTerminal,
                           Leftovers, Mode, Tmout, Programs, seconds, std::string>;

struct SettingRow {
  std::string_view name;
  std::optional<Value> (*read)(const Field& field);  // none: the error is in the report
  void (*apply)(const Value& value, Settings& settings);
  std::string (*print)(const Settings& settings);
  std::span<const std::string_view> words;  // all that it takes; empty: more than words
  std::string_view documentation;
};

std::span<const SettingRow, kSettingCount> setting_table();

inline const SettingRow& row_of(Setting setting) {
  return setting_table()[static_cast<std::size_t>(setting)];
}

}  // namespace idled::policy
