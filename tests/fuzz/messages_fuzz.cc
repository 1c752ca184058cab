// Calls, replies and every message: no text brings the decoder down, and what was understood
// is understood in the same way when it is written and read again.
#include <algorithm>

#include "fuzz.h"
#include "protocol/messages.h"

namespace idled::fuzz {
namespace {

template <typename T>
void try_message(std::string_view text) {
  const Result<T> message = protocol::decode<T>(text);
  if (!message) {
    require(!message.error().text.empty(), "an error names the field that is wrong");
    return;
  }
  const std::string written = protocol::encode(*message);
  const Result<T> again = protocol::decode<T>(written);
  require(static_cast<bool>(again), "what we write, we can read", written);
  require(protocol::encode(*again) == written, "a message comes back as it was", written);
}

// For a person's terminal: nothing in it may be a command to it.
void require_printable(std::string_view text) {
  const auto is_plain = [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); };
  require(std::all_of(text.begin(), text.end(), is_plain), "printed JSON is plain ASCII");
}

void try_printed(std::string_view text) {
  if (const auto list = protocol::decode<protocol::ListReply>(text))
    require_printable(protocol::to_json_array(list->sessions));
  if (const auto status = protocol::decode<protocol::StatusReply>(text))
    require_printable(protocol::to_json_text(*status));
  if (const auto explanation = protocol::decode<protocol::ExplainReply>(text))
    require_printable(protocol::to_json_text(*explanation));
}

void try_messages(std::string_view text) {
  try_message<protocol::RegisterRequest>(text);
  try_message<protocol::RegisterReply>(text);
  try_message<protocol::ReleaseRequest>(text);
  try_message<protocol::ListRequest>(text);
  try_message<protocol::ListReply>(text);
  try_message<protocol::KickRequest>(text);
  try_message<protocol::KickReply>(text);
  try_message<protocol::StillThereError>(text);
  try_message<protocol::StatusReply>(text);
  try_message<protocol::ExplainRequest>(text);
  try_message<protocol::ExplainReply>(text);
  try_message<protocol::ReloadReply>(text);
  try_message<protocol::PolicyRefusedError>(text);
  try_printed(text);
  (void)protocol::error_parameter_of(text, "id");
}

void try_call(std::string_view text) {
  const Result<protocol::Call> call = protocol::decode_call(text);
  if (!call) return;
  const std::string written = protocol::encode_call(*call);
  const Result<protocol::Call> again = protocol::decode_call(written);
  require(static_cast<bool>(again), "a call that we write, we can read", written);
  require(protocol::encode_call(*again) == written, "a call comes back as it was", written);
  try_messages(call->parameters);
}

void try_reply(std::string_view text) {
  const Result<protocol::Reply> reply = protocol::decode_reply(text);
  if (!reply) return;
  const std::string written = protocol::encode_reply(*reply);
  const Result<protocol::Reply> again = protocol::decode_reply(written);
  require(static_cast<bool>(again), "a reply that we write, we can read", written);
  require(protocol::encode_reply(*again) == written, "a reply comes back as it was", written);
  try_messages(reply->parameters);
}

}  // namespace

void try_one(std::string_view input) {
  try_call(input);
  try_reply(input);
  try_messages(input);
}

}  // namespace idled::fuzz
