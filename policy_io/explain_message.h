// An explanation as the daemon sends it, and back.
#pragma once

#include "policy/explain.h"
#include "policy/subject.h"
#include "protocol/messages.h"

namespace idled {

// Without `at` and `policy`, which the caller knows. `session`: the id, or empty.
protocol::ExplainReply to_message(const policy::Explanation& explanation,
                                  const policy::Subject& login, std::string session);

policy::Explanation from_message(const protocol::ExplainReply& reply);

}  // namespace idled
