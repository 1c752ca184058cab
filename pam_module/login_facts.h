// What the PAM handle and the user database know of a login.
//
// The lookups in the user database are made here, in the login's own process,
// because they may wait for a directory server: the daemon never does.
#pragma once

#include <security/pam_modules.h>

#include <string_view>

#include "base/result.h"
#include "protocol/messages.h"

namespace idled::pam {

// Caps that keep any login within one message (protocol::kMaxMessage).
inline constexpr std::size_t kMaxText = 512;     // bytes of one string
inline constexpr std::size_t kMaxWord = 32;      // of one that is a word: "wayland"
inline constexpr std::size_t kMaxGroups = 4096;  // the kernel's own is 65,536

struct LoginFacts {
  protocol::RegisterRequest request;
  std::size_t groups_left_out = 0;  // beyond kMaxGroups; policy cannot match them
};

// Fails without a user, or with one whom the user database does not have.
Result<LoginFacts> read_login(pam_handle_t* pamh);

// A text item of the handle (PAM_USER, PAM_TTY, …); empty if it is not set.
// PAM_TTY comes without "/dev/".
std::string_view text_item(pam_handle_t* pamh, int item) noexcept;

}  // namespace idled::pam
