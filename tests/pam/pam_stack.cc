#include "tests/pam/pam_stack.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace idled::testing {
namespace {

void replace_all(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

void check(int code, const char* what) {
  if (code != PAM_SUCCESS) throw std::runtime_error(std::string(what) + " failed");
}

}  // namespace

std::string module_path() {
  return IDLED_MODULE_FILE;
}

PamHandle::PamHandle(const std::string& config_folder, const std::string& service,
                     const Login& login)
    : conversation_{&PamHandle::converse, this} {
  check(::pam_start_confdir(service.c_str(), login.user.c_str(), &conversation_,
                            config_folder.c_str(), &handle_),
        "pam_start_confdir");
  if (!login.tty.empty()) check(::pam_set_item(handle_, PAM_TTY, login.tty.c_str()), "PAM_TTY");
  if (!login.remote_host.empty())
    check(::pam_set_item(handle_, PAM_RHOST, login.remote_host.c_str()), "PAM_RHOST");
  for (const std::string& variable : login.environment)
    check(::pam_putenv(handle_, variable.c_str()), "pam_putenv");
}

PamHandle::~PamHandle() {
  ::pam_end(handle_, PAM_SUCCESS);
}

std::string PamHandle::variable(const char* name) const {
  const char* const value = ::pam_getenv(handle_, name);
  return value == nullptr ? "(unset)" : value;
}

int PamHandle::converse(int count, const pam_message** messages, pam_response** responses,
                        void* self) {
  for (int i = 0; i < count; ++i)
    static_cast<PamHandle*>(self)->messages_.emplace_back(messages[i]->msg);
  *responses =
      static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof **responses));
  return *responses == nullptr ? PAM_BUF_ERR : PAM_SUCCESS;
}

PamStack::PamStack(std::string lines) {
  replace_all(lines, "MODULE", module_path());
  replace_all(lines, "SOCKET", "socket=" + socket());
  std::ofstream(folder_.path() + "/" + kService) << lines;
  std::ofstream(folder_.path() + "/other") << "session required pam_deny.so\n";
}

}  // namespace idled::testing
