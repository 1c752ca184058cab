// Brings policies into force: at the start, on SIGHUP, for `idlectl reload`, and again
// when NSS has more to say. The loop never waits for NSS.
//
// A policy is read and parsed at once; a broken one is refused at once and changes nothing.
// The groups that it names are asked for in a child process (policy_io/group_lookup.h).
// It comes into force, whole, when they are known, or when the patience is over: a group
// that NSS has not told then has the id that it had before (kept over restarts, beside the
// last good policy), or none. Rules that name a group without an id match nobody, so
// that nobody is given, or denied, what is another's.
//
// NSS may come late (sssd starts after us) or fail for a while. So while a group of the
// policy is not known, it is asked for again: soon, and then ever less often.
#pragma once

#include <systemd/sd-event.h>

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "policy_io/group_lookup.h"
#include "policy_io/policy_files.h"

namespace idled {

class PolicyLoader {
 public:
  using milliseconds = std::chrono::milliseconds;
  struct Patience {
    milliseconds start{1500};          // below the 2 s that a login waits for the daemon
    milliseconds reload{5000};         // below the 10 s that idlectl waits
    milliseconds whole{60'000};        // then the child is ended
    milliseconds first_retry{10'000};  // doubled each time ...
    milliseconds last_retry{640'000};  // ... up to this
  };
  // A policy comes into force, or (without a policy in it) is refused. `admins`: the group
  // whose members may do as root does; none: unknown, or there is none.
  using Apply = std::function<void(const LoadedPolicy& policy, std::optional<gid_t> admins)>;
  // The outcome of one reload().
  using Told = std::function<void(const LoadedPolicy& policy)>;

  PolicyLoader(PolicyPaths paths, std::string admin_group);
  PolicyLoader(PolicyPaths paths, std::string admin_group, Patience patience, GroupLookup::Ask ask);
  ~PolicyLoader();
  PolicyLoader(const PolicyLoader&) = delete;
  PolicyLoader& operator=(const PolicyLoader&) = delete;

  // The policy to start with, which is there in any case; waits a little for NSS if there
  // are groups whose ids nobody remembers. Called once, first.
  LoadedPolicy first();
  [[nodiscard]] std::optional<gid_t> admins() const;

  // Goes on in the loop, which outlives the loader. `apply` is called for each change.
  Result<void> attach(sd_event* event, Apply apply);
  // Leaves the loop, for good; ends what is under way.
  void detach();

  // Reads the files. `told` is called when the policy is in force or refused: before this
  // returns, or later. What is asked for while another reload is under way waits for that
  // one and then reads anew: the files may have changed since.
  void reload(Told told);

 private:
  void load();
  void refuse(const LoadedPolicy& broken);
  void put_in_force();
  void tell(const LoadedPolicy& policy);
  [[nodiscard]] LoadedPolicy bound(const LoadedPolicy& policy) const;
  void keep();

  void look_up(const LoadedPolicy& policy);
  void watch_answers();
  bool learn();
  void on_answers();
  void finish_lookup();
  void on_time();
  void set_timer(milliseconds time);
  void set_retry();
  [[nodiscard]] bool lacks_groups() const;

  PolicyPaths paths_;
  std::string admin_group_;
  Patience patience_;
  GroupLookup::Ask ask_;

  GroupIds ids_;                       // as far as NSS has told, now or before
  std::set<std::string> unanswered_;   // of those last asked for
  LoadedPolicy in_force_;              // not bound
  bool from_files_ = false;            // it is; else a fallback
  std::optional<LoadedPolicy> next_;   // read, and waiting for its groups
  std::optional<GroupLookup> lookup_;  // under way
  milliseconds retry_;
  std::vector<Told> told_;   // those that wait for `next_`
  std::vector<Told> later_;  // those that came meanwhile

  sd_event* event_ = nullptr;
  Apply apply_;
  sd_event_source* answers_source_ = nullptr;
  sd_event_source* timer_ = nullptr;
};

}  // namespace idled
