// Varlink's framing: JSON objects, each ended by one NUL byte.
//
// Bytes in, messages out: no socket, no JSON here. The buffer is capped, so a
// peer that never ends its message costs at most kMaxMessage bytes.
// Source: https://varlink.org/Method-Call
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace idled::protocol {

// In bytes, without the NUL; for requests and for one chunk of a reply.
inline constexpr std::size_t kMaxMessage = std::size_t{64} * 1024;

class FrameDecoder {
 public:
  explicit FrameDecoder(std::size_t max_message = kMaxMessage) : max_message_(max_message) {}

  // Takes bytes as they arrived, in any pieces. Fails once a message is longer
  // than the cap; the stream is then useless and should be closed.
  Result<void> feed(std::string_view bytes);

  // The next whole message, without its NUL; none until more bytes are fed.
  std::optional<std::string> next();

  [[nodiscard]] std::size_t buffered() const { return buffer_.size() - start_; }

 private:
  std::size_t max_message_;
  std::string buffer_;
  std::size_t start_ = 0;    // where the next message begins
  std::size_t scanned_ = 0;  // no NUL in [start_, scanned_): never looked at twice
  std::size_t open_ = 0;     // bytes of the last message fed, which has no NUL yet
};

// The message with its NUL, ready to be written.
std::string frame(std::string_view message);

}  // namespace idled::protocol
