#include "pam_module/arguments.h"

#include <sys/un.h>

#include <array>
#include <string_view>

#include "base/duration.h"
#include "base/result.h"
#include "base/text.h"

namespace idled::pam {
namespace {

constexpr std::string_view kUsage =
    "timeout=DURATION, socket=PATH, fail=open, fail=closed or debug";

Result<void> set_timeout(std::string_view value, Arguments& arguments) {
  const Result<seconds> parsed = parse_duration(value);
  if (parsed && *parsed >= seconds(1) && *parsed <= kLongestTimeout) {
    arguments.timeout = *parsed;
    return {};
  }
  return Error{"whole seconds from 1s to " + std::to_string(kLongestTimeout.count()) +
               "s would be right; " + format_duration(arguments.timeout) + " is used"};
}

Result<void> set_socket(std::string_view value, Arguments& arguments) {
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (value.starts_with('/') && value.size() <= longest) {
    arguments.socket = value;
    return {};
  }
  return Error{"an absolute path of at most " + std::to_string(longest) +
               " bytes would be right; " + printable(arguments.socket) + " is used"};
}

Result<void> set_fail(std::string_view value, Arguments& arguments) {
  if (value == "open" || value == "closed") {
    arguments.fail_closed = value == "closed";
    return {};
  }
  return Error{std::string("fail=open or fail=closed would be right; fail=") +
               (arguments.fail_closed ? "closed" : "open") + " is used"};
}

Result<void> set_word(std::string_view word, Arguments& arguments) {
  if (word == "debug") {
    arguments.debug = true;
    return {};
  }
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = equals == word.npos ? "" : word.substr(equals + 1);
  if (equals != word.npos && name == "timeout") return set_timeout(value, arguments);
  if (equals != word.npos && name == "socket") return set_socket(value, arguments);
  if (equals != word.npos && name == "fail") return set_fail(value, arguments);

  constexpr std::array<std::string_view, 4> names{"timeout", "socket", "fail", "debug"};
  const std::string_view meant = nearest(name, names);
  return Error{(meant.empty() ? "" : "'" + std::string(meant) + "' is perhaps meant; ") +
               std::string(kUsage) + " would be right; it is ignored"};
}

}  // namespace

Arguments parse_arguments(Words words) {
  Arguments arguments;
  for (const char* const word : words) {
    if (const Result<void> set = set_word(word, arguments); !set)
      arguments.complaints.push_back("argument '" + printable(word) +
                                     "' is not understood: " + set.error().text);
  }
  return arguments;
}

bool asks_fail_closed(Words words) noexcept {
  bool closed = false;
  for (const std::string_view word : words) {
    if (word == "fail=closed") closed = true;
    if (word == "fail=open") closed = false;
  }
  return closed;
}

}  // namespace idled::pam
