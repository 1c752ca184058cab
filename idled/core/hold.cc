// Holds: a login that is kept for a while, by an administrator or by its user.
#include <algorithm>

#include "base/duration.h"
#include "base/text.h"
#include "idled/core/context.h"
#include "idled/core/engine.h"
#include "idled/core/notice.h"
#include "idled/core/records.h"

namespace idled::core {

void Engine::on(const HoldRequested& event, Context& context) {
  Session* session = lookup(event.id);
  const HoldOutcome outcome =
      session ? grant_hold(*session, event, context) : HoldOutcome::kNotHeld;
  context.want(HoldAnswered{event.token, event.id, outcome});
  if (session && outcome == HoldOutcome::kDone) decide(*session, context);
}

HoldOutcome Engine::grant_hold(Session& session, const HoldRequested& event, Context& context) {
  if (session.ending) return HoldOutcome::kEnding;
  if (session.hold && session.hold->by_admin && !event.by_admin) return HoldOutcome::kOfAnAdmin;
  if (!event.duration) {
    if (!session.hold) return HoldOutcome::kNotHeld;
    drop_hold(session, "ended by " + event.by, context);
    return HoldOutcome::kDone;
  }

  const BootTime now = context.boot();
  Hold hold{now + *event.duration, event.by, event.by_admin, event.why};
  if (!event.by_admin) {
    const seconds longest = session.rules->settings.hold_max;
    if (longest == seconds(0)) return HoldOutcome::kNotAllowed;
    if (*event.duration > longest) return HoldOutcome::kTooLong;
    // The line that asked for the hold is input too, and may count for as late as the end
    // of its block.
    const bool typed_since =
        !session.held_from ||
        (session.input && session.input->at > *session.held_from + kAtimeBlock);
    const BootTime from = typed_since ? now : *session.held_from;
    hold.until = std::min(hold.until, from + longest);
    if (hold.until <= now) return HoldOutcome::kUsedUp;
    session.held_from = from;
  }

  const bool was_warned = (session.warning && session.warning->shown) ||
                          (event.by_admin && session.cap_warning && session.cap_warning->shown);
  session.hold = hold;
  session.warning.reset();
  if (event.by_admin) session.cap_warning.reset();
  session.waits_for.reset();
  update_watch(session, context);
  if (was_warned)
    context.want(
        Write{session.login.id, names_of(session.terminals), held_text(hold, context.now)});
  const seconds length = std::chrono::round<seconds>(hold.until - now);
  Record record = record_of(
      RecordKind::kHeld, Severity::kNotice, session, context.now, std::nullopt,
      "Held for " + format_duration(length) + " by " + hold.by + ": " + describe(session) +
          (hold.why.empty() ? "" : ", because: " + printable(hold.why)));
  record.fields.emplace_back("IDLED_BY", hold.by);
  record.fields.emplace_back("IDLED_REASON", hold.why);
  record.fields.emplace_back("IDLED_HOLD_SECONDS", std::to_string(length.count()));
  context.want(std::move(record));
  context.want(Save{session.login.id});
  return HoldOutcome::kDone;
}

// The end of a hold logs nobody out without the warnings that come first.
void Engine::drop_hold(Session& session, const std::string& how, Context& context) {
  const policy::Settings& settings = session.rules->settings;
  const auto granted = [&](const std::optional<seconds>& limit) {
    return context.boot() + (limit ? longest_warning(settings, *limit) : seconds(0));
  };
  session.floor = std::max(session.floor, granted(settings.idle));
  if (session.hold->by_admin)
    session.cap_floor = std::max(session.cap_floor, granted(settings.session));
  Record record = record_of(RecordKind::kHoldOver, Severity::kInfo, session, context.now,
                            std::nullopt, "The hold is over, " + how + ": " + describe(session));
  record.fields.emplace_back("IDLED_BY", session.hold->by);
  record.fields.emplace_back("IDLED_REASON", session.hold->why);
  context.want(std::move(record));
  session.hold.reset();
  context.want(Save{session.login.id});
}

// A hold ends with its time, or where the policy does not grant it any more.
void Engine::keep_hold_in_bounds(Session& session, Context& context) {
  if (!session.hold) return;
  Hold& hold = *session.hold;
  const seconds longest = session.rules->settings.hold_max;
  const bool cut = !hold.by_admin && hold.until > session.held_from.value_or(BootTime{}) + longest;
  if (cut) hold.until = session.held_from.value_or(BootTime{}) + longest;
  if (context.boot() >= hold.until)
    drop_hold(session, cut ? "as the policy allows no longer one" : "its time is up", context);
}

}  // namespace idled::core
