// The real libpam with a configuration of the test's own, and one handle on it.
#pragma once

#include <security/pam_appl.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/pam/fake_daemon.h"

namespace idled::testing {

// The module file under test.
std::string module_path();

// What the application says of a login before it opens the session.
struct Login {
  std::string user;
  std::string tty = {};
  std::string remote_host = {};
  std::vector<std::string> environment = {};  // "NAME=VALUE" for pam_putenv(3)
};

class PamHandle {
 public:
  PamHandle(const std::string& config_folder, const std::string& service, const Login& login);
  ~PamHandle();
  PamHandle(const PamHandle&) = delete;
  PamHandle& operator=(const PamHandle&) = delete;

  int open(int flags = 0) { return ::pam_open_session(handle_, flags); }
  int close(int flags = 0) { return ::pam_close_session(handle_, flags); }
  // As pam_getenv(3); "(unset)" where that is null.
  [[nodiscard]] std::string variable(const char* name) const;
  // What the user was told.
  [[nodiscard]] const std::vector<std::string>& messages() const { return messages_; }
  pam_handle_t* get() { return handle_; }

 private:
  static int converse(int count, const pam_message** messages, pam_response** responses,
                      void* self);

  pam_conv conversation_{};
  pam_handle_t* handle_ = nullptr;
  std::vector<std::string> messages_;
};

// A configuration folder with one service, and a place for the socket.
class PamStack {
 public:
  static constexpr const char* kService = "sshd";

  // `lines` are lines of the service's file; MODULE becomes the module under
  // test, SOCKET becomes socket=PATH.
  explicit PamStack(std::string lines);

  [[nodiscard]] std::string socket() const { return folder_.path() + "/socket"; }
  [[nodiscard]] PamHandle start(const Login& login) const {
    return PamHandle(folder_.path(), kService, login);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace idled::testing
