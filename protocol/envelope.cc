#include "protocol/json_text.h"
#include "protocol/messages.h"

namespace idled::protocol {
namespace {

bool flag(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

Result<std::string> parameters_of(const Json& object) {
  const auto it = object.find("parameters");
  if (it == object.end() || it->is_null()) return std::string("{}");
  if (!it->is_object()) return Error{"'parameters' is not an object"};
  return to_text(*it);
}

}  // namespace

Result<Call> decode_call(std::string_view message) {
  Result<Json> object = parse_object(message);
  if (!object) return object.error().within("call");
  const auto method = object->find("method");
  if (method == object->end() || !method->is_string()) return Error{"call: no method"};
  Result<std::string> parameters = parameters_of(*object);
  if (!parameters) return parameters.error().within("call");
  return Call{method->get<std::string>(), *std::move(parameters), flag(*object, "more"),
              flag(*object, "oneway")};
}

Result<Reply> decode_reply(std::string_view message) {
  Result<Json> object = parse_object(message);
  if (!object) return object.error().within("reply");
  Reply reply;
  if (const auto error = object->find("error"); error != object->end() && !error->is_null()) {
    // One that cannot be read must not pass for "done".
    if (!error->is_string() || error->get_ref<const std::string&>().empty())
      return Error{"reply: 'error' is not a name"};
    reply.error = error->get<std::string>();
  }
  Result<std::string> parameters = parameters_of(*object);
  if (!parameters) return parameters.error().within("reply");
  reply.parameters = *std::move(parameters);
  reply.continues = flag(*object, "continues");
  return reply;
}

// The parameters are JSON text already: put between the braces as they are.
std::string encode_call(const Call& call) {
  std::string text = R"({"method":)" + to_text(Json(call.method)) + R"(,"parameters":)" +
                     (call.parameters.empty() ? "{}" : call.parameters);
  if (call.more) text += R"(,"more":true)";
  if (call.oneway) text += R"(,"oneway":true)";
  return text + "}";
}

std::string encode_reply(const Reply& reply) {
  std::string text = "{";
  if (!reply.error.empty()) text += R"("error":)" + to_text(Json(reply.error)) + ",";
  text += R"("parameters":)" + (reply.parameters.empty() ? std::string("{}") : reply.parameters);
  if (reply.continues) text += R"(,"continues":true)";
  return text + "}";
}

std::string error_parameter(std::string_view name, std::string_view value) {
  return to_text(Json{{std::string(name), std::string(value)}});
}

std::string error_parameter_of(std::string_view parameters, std::string_view name) {
  const Result<Json> object = parse_object(parameters);
  if (!object) return {};
  const auto it = object->find(std::string(name));
  return it != object->end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace idled::protocol
