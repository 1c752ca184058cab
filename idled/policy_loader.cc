#include "idled/policy_loader.h"

#include <algorithm>
#include <utility>

namespace idled {

PolicyLoader::PolicyLoader(PolicyPaths paths, std::string admin_group)
    : PolicyLoader(std::move(paths), std::move(admin_group), Patience(), look_up_group) {}

PolicyLoader::PolicyLoader(PolicyPaths paths, std::string admin_group, Patience patience,
                           GroupLookup::Ask ask)
    : paths_(std::move(paths)),
      admin_group_(std::move(admin_group)),
      patience_(patience),
      ask_(ask),
      retry_(patience.first_retry) {}

PolicyLoader::~PolicyLoader() {
  detach();
}

void PolicyLoader::detach() {
  answers_source_ = sd_event_source_disable_unref(answers_source_);
  timer_ = sd_event_source_disable_unref(timer_);
  lookup_.reset();
}

// --- the start --------------------------------------------------------------------------

LoadedPolicy PolicyLoader::first() {
  const LastGood last = read_last_good(paths_);
  ids_ = last.groups;
  LoadedPolicy files = read_policy(paths_);
  from_files_ = files.policy != nullptr;
  in_force_ = with_fallback(std::move(files), last);
  look_up(in_force_);
  if (lookup_ && lacks_groups()) lookup_->wait(patience_.start);
  if (lookup_ && learn()) lookup_.reset();
  keep();
  return bound(in_force_);
}

std::optional<gid_t> PolicyLoader::admins() const {
  const auto found = ids_.find(admin_group_);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> PolicyLoader::attach(sd_event* event, Apply apply) {
  event_ = event;
  apply_ = std::move(apply);
  const int r = sd_event_add_time_relative(
      event_, &timer_, CLOCK_MONOTONIC, 0, 0,
      [](sd_event_source*, std::uint64_t, void* self) {
        static_cast<PolicyLoader*>(self)->on_time();
        return 0;
      },
      this);
  if (r < 0) return errno_error("sd_event_add_time_relative", -r);
  sd_event_source_set_enabled(timer_, SD_EVENT_OFF);
  if (lookup_) {  // it goes on from the start
    watch_answers();
    set_timer(patience_.whole);
  } else {
    set_retry();
  }
  return {};
}

// --- reloads ----------------------------------------------------------------------------

void PolicyLoader::reload(Told told) {
  (next_ ? later_ : told_).push_back(std::move(told));
  if (!next_) load();
}

void PolicyLoader::load() {
  LoadedPolicy files = read_policy(paths_);
  if (!files.policy) return refuse(files);
  retry_ = patience_.first_retry;
  next_ = std::move(files);
  look_up(*next_);
  if (!lookup_) return put_in_force();
  watch_answers();
  if (!lookup_) return put_in_force();
  set_timer(patience_.reload);
}

void PolicyLoader::refuse(const LoadedPolicy& broken) {
  in_force_.errors = broken.errors;  // whenever it is applied again, this is still so
  apply_(broken, admins());
  tell(broken);
}

void PolicyLoader::put_in_force() {
  in_force_ = *std::exchange(next_, std::nullopt);
  from_files_ = true;
  const LoadedPolicy policy = bound(in_force_);
  apply_(policy, admins());
  keep();
  tell(policy);
}

void PolicyLoader::tell(const LoadedPolicy& policy) {
  for (const Told& told : std::exchange(told_, std::exchange(later_, {}))) told(policy);
  if (!told_.empty() && !next_) load();
}

LoadedPolicy PolicyLoader::bound(const LoadedPolicy& policy) const {
  return bind_groups(policy, ids_, unanswered_);
}

// Without it a later start has the built-in policy, should the files be broken then.
void PolicyLoader::keep() {
  if (from_files_) (void)keep_last_good(paths_, in_force_, ids_);
}

// --- groups -----------------------------------------------------------------------------

// Replaces what is under way: it was asked for an older policy.
void PolicyLoader::look_up(const LoadedPolicy& policy) {
  answers_source_ = sd_event_source_disable_unref(answers_source_);
  lookup_.reset();
  std::vector<std::string> names = policy.policy->group_names();
  names.push_back(admin_group_);
  unanswered_.insert(names.begin(), names.end());
  Result<GroupLookup> lookup = GroupLookup::start(std::move(names), ask_);
  if (lookup) lookup_ = *std::move(lookup);  // else the ids of before count, and a retry follows
}

void PolicyLoader::watch_answers() {
  const int r = sd_event_add_io(
      event_, &answers_source_, lookup_->fd(), EPOLLIN,
      [](sd_event_source*, int, std::uint32_t, void* self) {
        static_cast<PolicyLoader*>(self)->on_answers();
        return 0;
      },
      this);
  if (r < 0) lookup_.reset();  // no memory: as if NSS had said nothing
}

// Takes over what NSS has said so far; true if that is all. An id that it does not tell now
// stays what it was.
bool PolicyLoader::learn() {
  const bool done = lookup_->take();
  const GroupAnswers answers = lookup_->answers();
  for (const std::string& name : lookup_->names()) {
    if (answers.unanswered.contains(name)) continue;
    unanswered_.erase(name);
    ids_.erase(name);
  }
  ids_.insert(answers.ids.begin(), answers.ids.end());
  return done;
}

void PolicyLoader::on_answers() {
  if (lookup_->take()) finish_lookup();
}

void PolicyLoader::finish_lookup() {
  const GroupIds before = ids_;
  learn();
  answers_source_ = sd_event_source_disable_unref(answers_source_);
  lookup_.reset();
  if (next_) {
    put_in_force();
  } else if (ids_ != before) {
    apply_(bound(in_force_), admins());
    keep();
  }
  if (!lookup_) set_retry();
}

void PolicyLoader::on_time() {
  if (next_) {  // it has waited long enough; NSS is given more time
    learn();
    set_timer(patience_.whole);
    return put_in_force();
  }
  if (lookup_) return finish_lookup();  // NSS has had time enough
  look_up(in_force_);
  if (lookup_) watch_answers();
  if (lookup_)
    set_timer(patience_.whole);
  else
    set_retry();
}

void PolicyLoader::set_timer(milliseconds time) {
  sd_event_source_set_time_relative(
      timer_, static_cast<std::uint64_t>(std::chrono::microseconds(time).count()));
  sd_event_source_set_enabled(timer_, SD_EVENT_ONESHOT);
}

void PolicyLoader::set_retry() {
  if (!lacks_groups()) {
    sd_event_source_set_enabled(timer_, SD_EVENT_OFF);
    return;
  }
  set_timer(retry_);
  retry_ = std::min(retry_ * 2, patience_.last_retry);
}

bool PolicyLoader::lacks_groups() const {
  if (unanswered_.contains(admin_group_) && !admins()) return true;
  const std::vector<std::string> names = in_force_.policy->group_names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return !ids_.contains(name); });
}

}  // namespace idled
