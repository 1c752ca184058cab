#include "protocol/frame.h"

#include <algorithm>

namespace idled::protocol {

Result<void> FrameDecoder::feed(std::string_view bytes) {
  buffer_.erase(0, start_);
  scanned_ -= start_;
  start_ = 0;
  // Only the new bytes are looked at, so a long message that comes in small
  // pieces costs no more than one that comes at once.
  for (std::string_view rest = bytes;;) {
    const std::size_t end = rest.find('\0');
    open_ += std::min(end, rest.size());
    if (open_ > max_message_)
      return Error{"message is longer than " + std::to_string(max_message_) + " bytes"};
    if (end == std::string_view::npos) break;
    open_ = 0;
    rest.remove_prefix(end + 1);
  }
  buffer_ += bytes;
  return {};
}

std::optional<std::string> FrameDecoder::next() {
  const std::size_t end = buffer_.find('\0', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return std::nullopt;
  }
  std::string message = buffer_.substr(start_, end - start_);
  start_ = scanned_ = end + 1;
  return message;
}

std::string frame(std::string_view message) {
  std::string framed(message);
  framed += '\0';
  return framed;
}

}  // namespace idled::protocol
