// A session as `list` shows it.
#pragma once

#include "idled/core/engine.h"
#include "protocol/messages.h"

namespace idled {

protocol::SessionInfo view_of(const core::Session& session, const core::Now& now);

// Every state, also those that no session has.
std::vector<protocol::NamedCount> count_by_state(const core::Engine& engine);

}  // namespace idled
