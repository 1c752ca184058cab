// Records about sessions: the same fields in every one of them.
#pragma once

#include <string>

#include "idled/core/record.h"
#include "idled/core/session.h"

namespace idled::core {

// "session c3 of alice (pts/3, from 192.0.2.7)": how messages name a login.
std::string describe(const Session& session);

// A record with who, where and under which rule: IDLED_SESSION, IDLED_USER,
// IDLED_UID, IDLED_SERVICE, IDLED_HOST, IDLED_LEADER, IDLED_TERMINALS, IDLED_RULE,
// IDLED_LIMIT_SECONDS and, where known, IDLED_IDLE_SECONDS and IDLED_WITNESS.
// `cause`: of the logout that it is about, as IDLED_CAUSE; rule and limit are then those of
// the cap or of the idle limit. None: it is about no logout.
Record record_of(RecordKind kind, Severity severity, const Session& session, const Now& now,
                 std::optional<Cause> cause, std::string message);

// Whether a terminal's times were changed again and again while its reads were watched.
// Once or twice is `mesg n`.
bool is_forged(std::uint32_t forgeries);
Record record_forgery(const Session& session, const std::string& terminal, const Now& now);
// Those terminals, with how often: "pts/3 (57 times)"; empty if there are none.
std::string forged_terminals(const Session& session);

std::string_view name_of(Witness witness);
std::string_view name_of(Cause cause);
std::string_view name_of(Rung rung);

}  // namespace idled::core
