#include "policy/setting_table.h"

#include <array>

#include "policy/value.h"
#include "policy/words.h"

namespace idled::policy {
namespace {

template <auto Member>
using TypeOf = std::remove_reference_t<decltype(std::declval<Settings&>().*Member)>;

template <typename Type>
constexpr std::span<const std::string_view> words_of() {
  if constexpr (std::is_enum_v<Type>) return Words<Type>::kAll;
  return {};
}

template <auto Member, auto Read>
constexpr SettingRow row(std::string_view name, std::string_view documentation) {
  using Type = TypeOf<Member>;
  return {name,
          [](const Field& field) -> std::optional<Value> {
            if (std::optional<Type> value = Read(field))
              return Value(std::in_place_type<Type>, *std::move(value));
            return std::nullopt;
          },
          [](const Value& value, Settings& settings) { settings.*Member = std::get<Type>(value); },
          [](const Settings& settings) { return print_value(settings.*Member); },
          words_of<Type>(),
          documentation};
}

constexpr std::array<SettingRow, kSettingCount> kTable{{
    row<&Settings::idle, read_limit>(
        "idle", "How long a terminal may go without input before it is logged out, or \"never\"."),
    row<&Settings::warn, read_leads>(
        "warn", "How long before the logout the user is warned; [] for no warning."),
    row<&Settings::session, read_limit>(
        "session", "How long a whole login may last, busy or not, or \"never\"."),
    row<&Settings::activity, read_word<Activity>>(
        "activity",
        "What counts as activity: \"input\"; \"output\" too; a working foreground \"job\" too."),
    row<&Settings::no_terminal, read_word<NoTerminal>>(
        "no_terminal",
        "A login without a terminal: \"ignore\" it, or take \"network\" traffic as its activity."),
    row<&Settings::leftovers, read_word<Leftovers>>(
        "leftovers",
        "What the user left running (nohup, tmux) when logged out: \"keep\" or \"kill\" it."),
    row<&Settings::mode, read_word<Mode>>(
        "mode", "\"enforce\", or \"report\": say what would be done, and do nothing."),
    row<&Settings::tmout, read_word<Tmout>>(
        "tmout",
        "The shell's own TMOUT: a \"backstop\" of twice the limit, readonly; the \"limit\" "
        "itself, readonly and exported; or \"off\"."),
    row<&Settings::never_interrupt, read_programs>(
        "never_interrupt", "Programs that are not cut off while they run as root in front."),
    row<&Settings::hold_max, read_duration>(
        "hold_max", "How long users may hold off their own logout; 0 for not at all."),
    row<&Settings::message, read_line>("message",
                                       "A line of the site's own in warning and farewell."),
}};

}  // namespace

std::span<const SettingRow, kSettingCount> setting_table() {
  return kTable;
}

}  // namespace idled::policy
