// Every method, and who may call it: one table. Rights are checked before the
// caller's parameters are looked into.
#pragma once

#include <span>
#include <string_view>

#include "idled/service/handler.h"

namespace idled::service {

enum class Access {
  kRoot,    // uid 0: pam_idled.so inside a login program
  kAdmin,   // root and the admin group
  kAnyone,  // the handler shows and touches only what is the caller's, unless it is
            // root or in the admin group
};

struct Method {
  std::string_view name;
  Access access;
  void (*call)(Handler& handler, const Peer& peer, const protocol::Call& call, Answer answer);
};

std::span<const Method> methods();

// Looks the method up, authorises, decodes, calls. Every refusal is an answer.
void dispatch(Handler& handler, const Peer& peer, const protocol::Call& call, Answer answer);

}  // namespace idled::service
