// Bytes in, messages out: whatever the pieces they come in, the messages are the same, and a
// peer never makes the decoder keep more than its cap. The first byte says how long the
// pieces are.
#include <vector>

#include "fuzz.h"
#include "protocol/frame.h"

namespace idled::fuzz {
namespace {

constexpr std::size_t kCap = 64;

struct Outcome {
  std::vector<std::string> messages;
  bool refused = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view bytes, std::size_t piece) {
  protocol::FrameDecoder decoder(kCap);
  Outcome outcome;
  while (!bytes.empty() && !outcome.refused) {
    const std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    outcome.refused = !decoder.feed(part);
    if (outcome.refused) break;
    while (std::optional<std::string> message = decoder.next())
      outcome.messages.push_back(*std::move(message));
    require(decoder.buffered() <= kCap, "what waits for its end is within the cap");
  }
  return outcome;
}

}  // namespace

void try_one(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  const Outcome one_by_one = decode(input, 1);
  const Outcome in_pieces = decode(input, piece);
  require(one_by_one.refused == in_pieces.refused, "a refusal does not hang on the pieces");
  if (!one_by_one.refused)
    require(one_by_one == in_pieces, "messages do not hang on the pieces they come in");

  std::string again;
  for (const std::string& message : one_by_one.messages) {
    require(message.find('\0') == std::string::npos, "no message holds a NUL");
    require(message.size() <= kCap, "no message is longer than the cap");
    again += protocol::frame(message);
  }
  require(input.substr(0, again.size()) == again, "framed again, messages are what came in");
}

}  // namespace idled::fuzz
