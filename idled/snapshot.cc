#include "idled/snapshot.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace idled {
namespace {

using core::SessionData;
using nlohmann::json;

constexpr int kVersion = 1;

std::int64_t ticks(BootTime time) {
  return time.time_since_epoch().count();
}
std::int64_t ticks(WallTime time) {
  return time.time_since_epoch().count();
}

// The field's value, or `fallback` where it is missing or of another type.
template <typename T>
T get(const json& object, const char* name, T fallback) {
  const auto it = object.find(name);
  if (it == object.end()) return fallback;
  if constexpr (std::is_same_v<T, bool>) {
    return it->is_boolean() ? it->template get<T>() : fallback;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return it->is_number_integer() ? it->template get<T>() : fallback;
  } else {
    return it->is_string() ? it->template get<T>() : fallback;
  }
}
// A damaged number must not become an overflow later.
nanoseconds get_ticks(const json& object, const char* name) {
  return std::clamp(nanoseconds(get<std::int64_t>(object, name, 0)), -kFarthest, kFarthest);
}
BootTime get_boot(const json& object, const char* name) {
  return BootTime(get_ticks(object, name));
}
WallTime get_wall(const json& object, const char* name) {
  return WallTime(get_ticks(object, name));
}
// Whether the times are there: one that is not (a newer version may have it otherwise) would
// be read as that of the boot, and somebody be found idle since then.
bool has_times(const json& object, std::initializer_list<const char*> names) {
  return object.is_object() && std::all_of(names.begin(), names.end(), [&](const char* name) {
           const auto it = object.find(name);
           return it != object.end() && it->is_number_integer();
         });
}
json sub(const json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? json() : *it;
}

json login_to_json(const core::Login& login) {
  return {{"id", login.id.value},
          {"user", login.user},
          {"uid", login.uid},
          {"gids", login.gids},
          {"service", login.service},
          {"kind", static_cast<int>(login.kind)},
          {"remote_host", login.remote_host},
          {"ssh_connection", login.ssh_connection},
          {"console", login.console},
          {"leader_pid", login.leader.pid},
          {"leader_start", login.leader.start_ticks},
          {"opened_at", ticks(login.opened_at)},
          {"adopted", login.adopted}};
}

core::Login login_from_json(const json& object) {
  core::Login login;
  login.id.value = get<std::string>(object, "id", "");
  login.user = get<std::string>(object, "user", "");
  login.uid = get<uid_t>(object, "uid", static_cast<uid_t>(-1));
  for (const json& gid : sub(object, "gids"))
    if (gid.is_number_unsigned()) login.gids.push_back(gid.get<gid_t>());
  login.service = get<std::string>(object, "service", "");
  const int kind = get<int>(object, "kind", 0);
  login.kind = kind >= 0 && kind <= static_cast<int>(core::Kind::kGraphical)
                   ? static_cast<core::Kind>(kind)
                   : core::Kind::kNoTerminal;
  login.remote_host = get<std::string>(object, "remote_host", "");
  login.ssh_connection = get<std::string>(object, "ssh_connection", "");
  login.console = get<std::string>(object, "console", "");
  login.leader.pid = get<pid_t>(object, "leader_pid", 0);
  login.leader.start_ticks = get<std::uint64_t>(object, "leader_start", 0);
  login.opened_at = get_wall(object, "opened_at");
  login.adopted = get<bool>(object, "adopted", false);
  return login;
}

json terminal_to_json(const core::Terminal& terminal) {
  const core::TerminalMemory& memory = terminal.memory;
  return {{"name", terminal.name},
          {"boot", ticks(memory.clocks.boot)},
          {"wall", ticks(memory.clocks.wall)},
          {"atime", ticks(memory.atime)},
          {"unread", memory.unread},
          {"unread_in_other", memory.unread_in_other},
          {"canonical", memory.canonical},
          {"last_input", ticks(memory.last_input)},
          {"mtime", ticks(memory.mtime)},
          {"last_output", ticks(memory.last_output)},
          {"last_work", ticks(memory.last_work)},
          {"witness", static_cast<int>(memory.witness)},
          {"ctime", ticks(memory.ctime)},
          {"ctime_seen", ticks(memory.ctime_seen)},
          {"doubted", memory.doubted},
          {"forgeries", memory.forgeries}};
}

core::Terminal terminal_from_json(const json& object) {
  core::Terminal terminal;
  terminal.name = get<std::string>(object, "name", "");
  terminal.memory.clocks = {get_boot(object, "boot"), get_wall(object, "wall")};
  terminal.memory.atime = get_wall(object, "atime");
  terminal.memory.unread = get<std::uint32_t>(object, "unread", 0);
  terminal.memory.unread_in_other = get<std::uint32_t>(object, "unread_in_other", 0);
  terminal.memory.canonical = get<bool>(object, "canonical", false);
  terminal.memory.last_input = get_boot(object, "last_input");
  terminal.memory.mtime = get_wall(object, "mtime");
  terminal.memory.last_output = get_boot(object, "last_output");
  terminal.memory.last_work = get_boot(object, "last_work");
  const int witness = get<int>(object, "witness", 0);
  if (witness > 0 && witness <= static_cast<int>(core::Witness::kWire))
    terminal.memory.witness = static_cast<core::Witness>(witness);
  // Not armed: reads while no daemon ran were seen by nobody, so that time is doubtful.
  terminal.memory.ctime = get_wall(object, "ctime");
  terminal.memory.ctime_seen = get_boot(object, "ctime_seen");
  terminal.memory.doubted = get<bool>(object, "doubted", false);
  terminal.memory.forgeries = get<std::uint32_t>(object, "forgeries", 0);
  return terminal;
}

json warning_to_json(const core::Warning& warning) {
  return {{"last_input", ticks(warning.last_input)},
          {"lead", warning.lead.count()},
          {"delivered", warning.delivered},
          {"shown", warning.shown}};
}

std::optional<core::Warning> warning_from_json(const json& object) {
  if (!has_times(object, {"last_input", "lead"})) return std::nullopt;
  return core::Warning{get_boot(object, "last_input"),
                       seconds(get<std::int64_t>(object, "lead", 0)),
                       get<bool>(object, "delivered", true),
                       {},
                       get<bool>(object, "shown", true)};
}

}  // namespace

std::string to_snapshot(const SessionData& data, std::string_view boot_id) {
  json object{{"version", kVersion},
              {"boot_id", boot_id},
              {"login", login_to_json(data.login)},
              {"opened", ticks(data.opened)},
              {"floor", ticks(data.floor)},
              {"cap_floor", ticks(data.cap_floor)},
              {"tmout", data.tmout},
              {"reported_cap", data.reported_cap}};
  for (const core::Terminal& terminal : data.terminals)
    object["terminals"].push_back(terminal_to_json(terminal));
  if (data.warning) object["warning"] = warning_to_json(*data.warning);
  if (data.cap_warning) object["cap_warning"] = warning_to_json(*data.cap_warning);
  if (data.reported_input) object["reported_input"] = ticks(*data.reported_input);
  if (data.closed_input) object["closed_input"] = ticks(*data.closed_input);
  if (data.held_from) object["held_from"] = ticks(*data.held_from);
  if (data.hold)
    object["hold"] = {{"until", ticks(data.hold->until)},
                      {"by", data.hold->by},
                      {"by_admin", data.hold->by_admin},
                      {"why", data.hold->why}};
  if (data.kick)
    object["kick"] = {{"at", ticks(data.kick->at)},
                      {"by", data.kick->by},
                      {"message", data.kick->message},
                      {"by_admin", data.kick->by_admin}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<SessionData> from_snapshot(std::string_view text, std::string_view boot_id) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Error{"not a JSON object"};
  if (get<std::string>(object, "boot_id", "") != boot_id)
    return Error{"written before the machine was started"};
  SessionData data;
  data.login = login_from_json(sub(object, "login"));
  if (!is_session_id(data.login.id.value)) return Error{"no session id"};
  if (data.login.leader.pid <= 1 || data.login.user.empty()) return Error{"no leader or no user"};
  if (!has_times(object, {"opened"})) return Error{"no time of the opening"};
  data.opened = get_boot(object, "opened");
  data.floor = get_boot(object, "floor");
  for (const json& terminal : sub(object, "terminals"))
    if (has_times(terminal, {"boot", "wall", "atime", "last_input", "ctime"}))
      data.terminals.push_back(terminal_from_json(terminal));
  data.cap_floor = get_boot(object, "cap_floor");
  data.tmout = get<std::string>(object, "tmout", "");
  data.warning = warning_from_json(sub(object, "warning"));
  data.cap_warning = warning_from_json(sub(object, "cap_warning"));
  if (has_times(object, {"reported_input"}))
    data.reported_input = get_boot(object, "reported_input");
  data.reported_cap = get<bool>(object, "reported_cap", false);
  if (has_times(object, {"closed_input"})) data.closed_input = get_boot(object, "closed_input");
  if (has_times(object, {"held_from"})) data.held_from = get_boot(object, "held_from");
  if (const json hold = sub(object, "hold"); has_times(hold, {"until"}))
    data.hold = core::Hold{get_boot(hold, "until"), get<std::string>(hold, "by", ""),
                           get<bool>(hold, "by_admin", false), get<std::string>(hold, "why", "")};
  if (const json kick = sub(object, "kick"); has_times(kick, {"at"}))
    data.kick =
        core::Kick{get_boot(kick, "at"), get<std::string>(kick, "by", ""),
                   get<std::string>(kick, "message", ""), get<bool>(kick, "by_admin", true)};
  return data;
}

bool is_session_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
  });
}

}  // namespace idled
