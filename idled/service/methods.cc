#include "idled/service/methods.h"

#include <algorithm>
#include <array>

#include "base/version.h"
#include "protocol/interfaces.h"

namespace idled::service {
namespace {

using protocol::Call;

// Decodes the parameters and hands them on; a wrong one is named to the caller.
template <typename Request, typename Use>
void decoded(const Call& call, const Answer& answer, Use use) {
  const Result<Request> request = protocol::decode<Request>(call.parameters);
  if (request) return use(*request);
  answer.fail(protocol::kInvalidParameter,
              protocol::error_parameter("parameter", request.error().text));
}

void get_info(const Answer& answer) {
  answer.done(protocol::encode(
      protocol::GetInfoReply{"idled",
                             "idled, the idle-logout daemon",
                             kVersion,
                             "https://idled.io",
                             {protocol::kInterfaces.begin(), protocol::kInterfaces.end()}}));
}

void get_interface_description(const protocol::GetInterfaceDescriptionRequest& request,
                               const Answer& answer) {
  const std::string_view text = protocol::interface_text(request.interface);
  if (text.empty())
    return answer.fail(protocol::kInterfaceNotFound,
                       protocol::error_parameter("interface", request.interface));
  answer.done(protocol::encode(protocol::GetInterfaceDescriptionReply{std::string(text)}));
}

constexpr std::array<Method, 12> kMethods{{
    {protocol::kGetInfo, Access::kAnyone,
     // NOLINTNEXTLINE(performance-unnecessary-value-param): all rows have it so
     [](Handler&, const Peer&, const Call&, Answer answer) { get_info(answer); }},
    {protocol::kGetInterfaceDescription, Access::kAnyone,
     [](Handler&, const Peer&, const Call& call, Answer answer) {
       decoded<protocol::GetInterfaceDescriptionRequest>(
           call, answer, [&](const auto& request) { get_interface_description(request, answer); });
     }},
    {protocol::kRegister, Access::kRoot,
     [](Handler& handler, const Peer& peer, const Call& call, Answer answer) {
       decoded<protocol::RegisterRequest>(
           call, answer, [&](const auto& request) { handler.on_register(peer, request, answer); });
     }},
    {protocol::kRelease, Access::kRoot,
     [](Handler& handler, const Peer& peer, const Call& call, Answer answer) {
       decoded<protocol::ReleaseRequest>(
           call, answer, [&](const auto& request) { handler.on_release(peer, request, answer); });
     }},
    {protocol::kList, Access::kAnyone,
     [](Handler& handler, const Peer& peer, const Call& call, Answer answer) {
       decoded<protocol::ListRequest>(call, answer, [&](const auto& request) {
         handler.on_list(peer, request, call.more, answer);
       });
     }},
    {protocol::kKick, Access::kAnyone,
     [](Handler& handler, const Peer& peer, const Call& call, Answer answer) {
       decoded<protocol::KickRequest>(
           call, answer, [&](const auto& request) { handler.on_kick(peer, request, answer); });
     }},
    {protocol::kHold, Access::kAnyone,
     [](Handler& handler, const Peer& peer, const Call& call, Answer answer) {
       decoded<protocol::HoldRequest>(
           call, answer, [&](const auto& request) { handler.on_hold(peer, request, answer); });
     }},
    {protocol::kStatus, Access::kAnyone,
     [](Handler& handler, const Peer& peer, const Call&, Answer answer) {
       handler.on_status(peer, std::move(answer));
     }},
    {protocol::kExplain, Access::kAnyone,
     [](Handler& handler, const Peer& peer, const Call& call, Answer answer) {
       decoded<protocol::ExplainRequest>(
           call, answer, [&](const auto& request) { handler.on_explain(peer, request, answer); });
     }},
    {protocol::kReload, Access::kAdmin,
     [](Handler& handler, const Peer& peer, const Call&, Answer answer) {
       handler.on_reload(peer, std::move(answer));
     }},
    {protocol::kMetrics, Access::kAdmin,
     [](Handler& handler, const Peer& peer, const Call&, Answer answer) {
       handler.on_metrics(peer, std::move(answer));
     }},
    {protocol::kEvents, Access::kAnyone,
     [](Handler& handler, const Peer& peer, const Call& call, Answer answer) {
       decoded<protocol::EventsRequest>(call, answer, [&](const auto& request) {
         if (request.follow && !call.more) return answer.fail(protocol::kExpectedMore);
         handler.on_events(peer, request, call.more, answer);
       });
     }},
}};

bool may_call(const Handler& handler, const Peer& peer, Access access) {
  switch (access) {
    case Access::kRoot:
      return peer.uid == 0;
    case Access::kAdmin:
      return handler.is_admin(peer);
    case Access::kAnyone:
      return true;
  }
  return false;
}

void unknown(const Call& call, const Answer& answer) {
  const std::string interface = call.method.substr(0, call.method.rfind('.'));
  if (!protocol::interface_text(interface).empty())
    answer.fail(protocol::kMethodNotFound, protocol::error_parameter("method", call.method));
  else
    answer.fail(protocol::kInterfaceNotFound, protocol::error_parameter("interface", interface));
}

}  // namespace

std::span<const Method> methods() {
  return kMethods;
}

void dispatch(Handler& handler, const Peer& peer, const Call& call, Answer answer) {
  const auto method = std::find_if(kMethods.begin(), kMethods.end(),
                                   [&](const Method& m) { return m.name == call.method; });
  if (method == kMethods.end()) return unknown(call, answer);
  if (!may_call(handler, peer, method->access)) return answer.fail(protocol::kPermissionDenied);
  method->call(handler, peer, call, std::move(answer));
}

}  // namespace idled::service
