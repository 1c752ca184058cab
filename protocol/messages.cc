// One function a type, `fields(message, visitor)`, names the fields of a message
// once; writing and reading are two visitors over it.
#include "protocol/messages.h"

#include <concepts>
#include <limits>
#include <type_traits>

#include "protocol/json_text.h"

namespace idled::protocol {
namespace {

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, GetInfoReply>
void fields(M& m, V&& visit) {
  visit("vendor", m.vendor);
  visit("product", m.product);
  visit("version", m.version);
  visit("url", m.url);
  visit("interfaces", m.interfaces);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, GetInterfaceDescriptionRequest>
void fields(M& m, V&& visit) {
  visit("interface", m.interface);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, GetInterfaceDescriptionReply>
void fields(M& m, V&& visit) {
  visit("description", m.description);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, EventsRequest>
void fields(M& m, V&& visit) {
  visit("user", m.user);
  visit("past", m.past);
  visit("follow", m.follow);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, Event>
void fields(M& m, V&& visit) {
  visit("at", m.at);
  visit("kind", m.kind);
  visit("message", m.message);
  visit("session", m.session);
  visit("user", m.user);
  visit("uid", m.uid);
  visit("service", m.service);
  visit("remote_host", m.remote_host);
  visit("leader_pid", m.leader_pid);
  visit("terminals", m.terminals);
  visit("cause", m.cause);
  visit("rule", m.rule);
  visit("limit_seconds", m.limit_seconds);
  visit("idle_seconds", m.idle_seconds);
  visit("witness", m.witness);
  visit("by", m.by);
  visit("reason", m.reason);
  visit("hold_seconds", m.hold_seconds);
  visit("forged", m.forged);
  visit("rung", m.rung);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, EventsReply>
void fields(M& m, V&& visit) {
  visit("events", m.events);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, NamedCount>
void fields(M& m, V&& visit) {
  visit("name", m.name);
  visit("count", m.count);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, LatencyCount>
void fields(M& m, V&& visit) {
  visit("microseconds", m.microseconds);
  visit("count", m.count);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, MetricsReply>
void fields(M& m, V&& visit) {
  visit("version", m.version);
  visit("started_at", m.started_at);
  visit("sessions", m.sessions);
  visit("logouts", m.logouts);
  visit("events", m.events);
  visit("registrations_within", m.registrations_within);
  visit("registrations", m.registrations);
  visit("registering_microseconds", m.registering_microseconds);
  visit("policy_loaded_at", m.policy_loaded_at);
  visit("policy_has_errors", m.policy_has_errors);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, RegisterRequest>
void fields(M& m, V&& visit) {
  visit("user", m.user);
  visit("uid", m.uid);
  visit("gids", m.gids);
  visit("service", m.service);
  visit("tty", m.tty);
  visit("remote_host", m.remote_host);
  visit("ssh_connection", m.ssh_connection);
  visit("logind_session", m.logind_session);
  visit("session_type", m.session_type);
  visit("session_class", m.session_class);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, RegisterReply>
void fields(M& m, V&& visit) {
  visit("session", m.session);
  visit("tmout", m.tmout);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ReleaseRequest>
void fields(M& m, V&& visit) {
  visit("session", m.session);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ListRequest>
void fields(M& m, V&& visit) {
  visit("user", m.user);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, TerminalInfo>
void fields(M& m, V&& visit) {
  visit("name", m.name);
  visit("idle_seconds", m.idle_seconds);
  visit("foreground", m.foreground);
  visit("forged", m.forged);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, SessionInfo>
void fields(M& m, V&& visit) {
  visit("id", m.id);
  visit("user", m.user);
  visit("uid", m.uid);
  visit("service", m.service);
  visit("kind", m.kind);
  visit("remote_host", m.remote_host);
  visit("leader_pid", m.leader_pid);
  visit("opened_at", m.opened_at);
  visit("idle_seconds", m.idle_seconds);
  visit("limit_seconds", m.limit_seconds);
  visit("logout_at", m.logout_at);
  visit("logout_cause", m.logout_cause);
  visit("state", m.state);
  visit("rule", m.rule);
  visit("witness", m.witness);
  visit("hold", m.hold);
  visit("terminals", m.terminals);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ListReply>
void fields(M& m, V&& visit) {
  visit("sessions", m.sessions);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, KickRequest>
void fields(M& m, V&& visit) {
  visit("session", m.session);
  visit("terminal", m.terminal);
  visit("user", m.user);
  visit("message", m.message);
  visit("delay_seconds", m.delay_seconds);
  visit("wait", m.wait);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, KickedLogin>
void fields(M& m, V&& visit) {
  visit("id", m.id);
  visit("user", m.user);
  visit("terminals", m.terminals);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, KickReply>
void fields(M& m, V&& visit) {
  visit("sessions", m.sessions);
  visit("logins", m.logins);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, StillThereError>
void fields(M& m, V&& visit) {
  visit("sessions", m.sessions);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, HoldRequest>
void fields(M& m, V&& visit) {
  visit("session", m.session);
  visit("terminal", m.terminal);
  visit("seconds", m.seconds);
  visit("why", m.why);
  visit("end", m.end);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, HoldReply>
void fields(M& m, V&& visit) {
  visit("session", m.session);
  visit("user", m.user);
  visit("until", m.until);
  visit("logout_at", m.logout_at);
  visit("logout_cause", m.logout_cause);
  visit("tmout_seconds", m.tmout_seconds);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, HoldRefusedError>
void fields(M& m, V&& visit) {
  visit("reason", m.reason);
  visit("hold_max_seconds", m.hold_max_seconds);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, StatusReply>
void fields(M& m, V&& visit) {
  visit("version", m.version);
  visit("pid", m.pid);
  visit("started_at", m.started_at);
  visit("sessions", m.sessions);
  visit("policy_source", m.policy_source);
  visit("policy_loaded_at", m.policy_loaded_at);
  visit("policy_error", m.policy_error);
  visit("witnesses", m.witnesses);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ExplainRequest>
void fields(M& m, V&& visit) {
  visit("session", m.session);
  visit("terminal", m.terminal);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ExplainedLogin>
void fields(M& m, V&& visit) {
  visit("id", m.id);
  visit("user", m.user);
  visit("uid", m.uid);
  visit("gids", m.gids);
  visit("service", m.service);
  visit("remote_host", m.remote_host);
  visit("terminals", m.terminals);
  visit("kind", m.kind);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ExplainedSetting>
void fields(M& m, V&& visit) {
  visit("name", m.name);
  visit("value", m.value);
  visit("rule", m.rule);
  visit("file", m.file);
  visit("line", m.line);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ExplainedMismatch>
void fields(M& m, V&& visit) {
  visit("key", m.key);
  visit("wanted", m.wanted);
  visit("was", m.was);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ExplainedRule>
void fields(M& m, V&& visit) {
  visit("name", m.name);
  visit("file", m.file);
  visit("line", m.line);
  visit("matches", m.matches);
  visit("mismatches", m.mismatches);
  visit("gives", m.gives);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ExplainReply>
void fields(M& m, V&& visit) {
  visit("login", m.login);
  visit("at", m.at);
  visit("policy", m.policy);
  visit("settings", m.settings);
  visit("rules", m.rules);
  visit("hidden_rules", m.hidden_rules);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, ReloadReply>
void fields(M& m, V&& visit) {
  visit("policy_source", m.policy_source);
  visit("warnings", m.warnings);
}

template <typename M, typename V>
requires std::same_as<std::remove_const_t<M>, PolicyRefusedError>
void fields(M& m, V&& visit) {
  visit("errors", m.errors);
}

template <typename M>
concept Message = requires(M& m) {
  fields(m, [](const char*, auto&) {});
};

// --- writing ----------------------------------------------------------------

template <Message M>
Json to_json_value(const M& message);

template <typename T>
Json write(const T& value) {
  return value;
}
template <typename T>
Json write(const std::optional<T>& value) {
  return value ? write(*value) : Json(nullptr);
}
template <Message M>
Json write(const M& message) {
  return to_json_value(message);
}
template <Message M>
Json write(const std::vector<M>& values) {
  Json array = Json::array();
  for (const M& value : values) array.push_back(to_json_value(value));
  return array;
}

template <Message M>
Json to_json_value(const M& message) {
  Json object = Json::object();
  fields(message, [&](const char* name, const auto& value) { object[name] = write(value); });
  return object;
}

// For a person or a script, so indented; and in ASCII, because what is printed
// may land on a terminal, to which U+009B and its like are commands.
std::string for_output(const Json& value) {
  return value.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

// --- reading ----------------------------------------------------------------

bool read(const Json& json, std::string& out) {
  if (!json.is_string()) return false;
  out = json.get<std::string>();
  return true;
}
bool read(const Json& json, bool& out) {
  if (!json.is_boolean()) return false;
  out = json.get<bool>();
  return true;
}
bool read(const Json& json, std::int64_t& out) {
  if (!json.is_number_integer()) return false;
  if (json.is_number_unsigned() &&
      json.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return false;
  out = json.get<std::int64_t>();
  return true;
}
bool read(const Json& json, std::uint32_t& out) {
  std::int64_t wide = 0;
  if (!read(json, wide) || wide < 0 || wide > std::numeric_limits<std::uint32_t>::max())
    return false;
  out = static_cast<std::uint32_t>(wide);
  return true;
}
template <Message M>
bool read(const Json& json, M& out);

template <typename T>
bool read(const Json& json, std::vector<T>& out) {
  if (!json.is_array()) return false;
  for (const Json& element : json)
    if (!read(element, out.emplace_back())) return false;
  return true;
}
template <typename T>
bool read(const Json& json, std::optional<T>& out) {
  return read(json, out.emplace());
}

// The name of the first wrong field; empty if there is none.
template <Message M>
std::string read_fields(const Json& json, M& out) {
  std::string wrong;
  fields(out, [&](const char* name, auto& value) {
    const auto it = json.find(name);
    if (it == json.end() || it->is_null()) return;  // missing: the default stays
    if (!read(*it, value) && wrong.empty()) wrong = name;
  });
  return wrong;
}

template <Message M>
bool read(const Json& json, M& out) {
  return json.is_object() && read_fields(json, out).empty();
}

template <Message M>
Result<M> decode_message(std::string_view parameters) {
  const Result<Json> object = parse_object(parameters);
  if (!object) return Error{"parameters"};
  M message;
  if (std::string wrong = read_fields(*object, message); !wrong.empty()) return Error{wrong};
  return message;
}

}  // namespace

std::string encode(const GetInfoReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const GetInterfaceDescriptionRequest& request) {
  return to_text(to_json_value(request));
}
std::string encode(const GetInterfaceDescriptionReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const RegisterRequest& request) {
  return to_text(to_json_value(request));
}
std::string encode(const RegisterReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const ReleaseRequest& request) {
  return to_text(to_json_value(request));
}
std::string encode(const ListRequest& request) {
  return to_text(to_json_value(request));
}
std::string encode(const SessionInfo& session) {
  return to_text(to_json_value(session));
}
std::string encode(const ListReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const KickRequest& request) {
  return to_text(to_json_value(request));
}
std::string encode(const KickReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const StillThereError& error) {
  return to_text(to_json_value(error));
}
std::string encode(const HoldRequest& request) {
  return to_text(to_json_value(request));
}
std::string encode(const HoldReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const HoldRefusedError& error) {
  return to_text(to_json_value(error));
}
std::string encode(const StatusReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const ExplainRequest& request) {
  return to_text(to_json_value(request));
}
std::string encode(const ExplainReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const ReloadReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const PolicyRefusedError& error) {
  return to_text(to_json_value(error));
}
std::string encode(const EventsRequest& request) {
  return to_text(to_json_value(request));
}
std::string encode(const Event& event) {
  return to_text(to_json_value(event));
}
std::string encode(const MetricsReply& reply) {
  return to_text(to_json_value(reply));
}
std::string encode(const EventsReply& reply) {
  return to_text(to_json_value(reply));
}

template <>
Result<GetInfoReply> decode(std::string_view parameters) {
  return decode_message<GetInfoReply>(parameters);
}
template <>
Result<GetInterfaceDescriptionRequest> decode(std::string_view parameters) {
  return decode_message<GetInterfaceDescriptionRequest>(parameters);
}
template <>
Result<GetInterfaceDescriptionReply> decode(std::string_view parameters) {
  return decode_message<GetInterfaceDescriptionReply>(parameters);
}
template <>
Result<RegisterRequest> decode(std::string_view parameters) {
  return decode_message<RegisterRequest>(parameters);
}
template <>
Result<RegisterReply> decode(std::string_view parameters) {
  return decode_message<RegisterReply>(parameters);
}
template <>
Result<ReleaseRequest> decode(std::string_view parameters) {
  return decode_message<ReleaseRequest>(parameters);
}
template <>
Result<ListRequest> decode(std::string_view parameters) {
  return decode_message<ListRequest>(parameters);
}
template <>
Result<ListReply> decode(std::string_view parameters) {
  return decode_message<ListReply>(parameters);
}
template <>
Result<KickRequest> decode(std::string_view parameters) {
  return decode_message<KickRequest>(parameters);
}
template <>
Result<KickReply> decode(std::string_view parameters) {
  return decode_message<KickReply>(parameters);
}
template <>
Result<StillThereError> decode(std::string_view parameters) {
  return decode_message<StillThereError>(parameters);
}
template <>
Result<HoldRequest> decode(std::string_view parameters) {
  return decode_message<HoldRequest>(parameters);
}
template <>
Result<HoldReply> decode(std::string_view parameters) {
  return decode_message<HoldReply>(parameters);
}
template <>
Result<HoldRefusedError> decode(std::string_view parameters) {
  return decode_message<HoldRefusedError>(parameters);
}
template <>
Result<StatusReply> decode(std::string_view parameters) {
  return decode_message<StatusReply>(parameters);
}

template <>
Result<ExplainRequest> decode(std::string_view parameters) {
  return decode_message<ExplainRequest>(parameters);
}
template <>
Result<ExplainReply> decode(std::string_view parameters) {
  return decode_message<ExplainReply>(parameters);
}
template <>
Result<ReloadReply> decode(std::string_view parameters) {
  return decode_message<ReloadReply>(parameters);
}
template <>
Result<PolicyRefusedError> decode(std::string_view parameters) {
  return decode_message<PolicyRefusedError>(parameters);
}

template <>
Result<EventsRequest> decode(std::string_view parameters) {
  return decode_message<EventsRequest>(parameters);
}
template <>
Result<MetricsReply> decode(std::string_view parameters) {
  return decode_message<MetricsReply>(parameters);
}
template <>
Result<EventsReply> decode(std::string_view parameters) {
  return decode_message<EventsReply>(parameters);
}
template <>
Result<Event> decode(std::string_view parameters) {
  return decode_message<Event>(parameters);
}

std::string to_json_array(const std::vector<SessionInfo>& sessions) {
  return for_output(write(sessions));
}

std::string to_json_text(const StatusReply& status) {
  return for_output(to_json_value(status));
}

std::string to_json_text(const ExplainReply& explanation) {
  return for_output(to_json_value(explanation));
}

std::string to_json_line(const Event& event) {
  return to_json_value(event).dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

}  // namespace idled::protocol
