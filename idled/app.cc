#include "idled/app.h"

#include <fcntl.h>
#include <getopt.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "base/version.h"
#include "idled/daemon.h"
#include "idled/linux_host.h"
#include "idled/policy_loader.h"
#include "idled/service/server.h"
#include "idled/system/lock_file.h"
#include "idled/system/pty_watch.h"
#include "idled/system/state_store.h"

namespace idled {
namespace {

using std::chrono::microseconds;

constexpr const char* kRunFolder = "/run/idled";
constexpr const char* kStateFolder = "/run/idled/sessions";
constexpr const char* kLock = "/run/idled/lock";
constexpr const char* kSocket = "/run/idled/io.idled.Sessions";
constexpr std::uint64_t kReadsUsec = 5000;
constexpr std::uint64_t kPtysUsec = 200'000;
constexpr std::uint64_t kSearchAfterUsec = 2'000'000;
constexpr std::uint64_t kSearchEveryUsec = 10'000'000;  // where nothing tells of logins
constexpr std::uint64_t kSearchShare = 100;             // of the time, one part at the most

struct Options {
  PolicyPaths paths;
  std::string admin_group = "idled";
  bool admin_group_given = false;
  bool check = false;
  std::optional<int> exit_status;  // decided by the command line alone
};

constexpr const char* kUsage =
    "usage: idled [--policy FILE] [--admin-group NAME] [--check]\n"
    "\n"
    "Logs out forgotten terminals. Runs in the foreground; see idled(8).\n"
    "\n"
    "  --policy FILE  use FILE alone, without drop-ins (default: /etc/idled/policy.json\n"
    "                 after /etc/idled/policy.d/*.json)\n"
    "  --admin-group NAME\n"
    "                 who may see and end every login, beside root (default: idled)\n"
    "  --check        say what is wrong with the policy and exit: 0 nothing, 1 something\n"
    "  --version      print the version and exit\n";

Options parse_options(int argc, char** argv) {
  static const option kLong[] = {
      {"policy", required_argument, nullptr, 'p'}, {"admin-group", required_argument, nullptr, 'a'},
      {"check", no_argument, nullptr, 'c'},        {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, 'v'},      {nullptr, 0, nullptr, 0}};
  Options options;
  for (int c = 0; (c = getopt_long(argc, argv, "h", kLong, nullptr)) != -1;) {
    switch (c) {
      case 'p':
        options.paths = only_file(optarg, /*must_be_trusted=*/true);
        break;
      case 'a':
        options.admin_group = optarg;
        options.admin_group_given = true;
        break;
      case 'c':
        options.check = true;
        break;
      case 'v':
        std::printf("idled %s\n", kVersion);
        options.exit_status = 0;
        return options;
      case 'h':
        std::fputs(kUsage, stdout);
        options.exit_status = 0;
        return options;
      default:
        std::fputs(kUsage, stderr);
        options.exit_status = 2;
        return options;
    }
  }
  if (options.admin_group.empty()) {
    std::fputs("idled: --admin-group takes the name of a group\n", stderr);
    options.exit_status = 2;
  }
  if (optind < argc) {
    std::fprintf(stderr, "idled: unexpected argument '%s'\n%s", argv[optind], kUsage);
    options.exit_status = 2;
  }
  return options;
}

int check_policy(const PolicyPaths& paths) {
  const LoadedPolicy policy = load_policy(paths);
  std::fputs((policy.errors + policy.warnings).c_str(), stderr);
  return policy.policy ? 0 : 1;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;  // one pidfd a login
  setrlimit(RLIMIT_NOFILE, &limit);
}

// A socket alone does not tell: of two daemons that start at once each would find that nobody
// serves there yet, and the second would put its own in the place of the first's.
Result<OwnedFd> be_the_only_one() {
  Result<OwnedFd> lock = system::lock_file(kLock);
  if (!lock && lock.error().code == EAGAIN)
    return Error{std::string("another daemon serves ") + kSocket, EADDRINUSE};
  return lock;
}

// They wait for the loop: a SIGHUP that comes before it would end the process.
Result<void> block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  if (sigprocmask(SIG_BLOCK, &signals, nullptr) < 0) return errno_error("sigprocmask");
  signal(SIGPIPE, SIG_IGN);
  return {};
}

// From systemd, or bound here.
Result<OwnedFd> take_listener() {
  const int passed = sd_listen_fds(/*unset_environment=*/1);
  if (passed > 1)
    return Error{"systemd passed " + std::to_string(passed) + " sockets instead of one"};
  if (passed == 1) {
    if (sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_STREAM, 1) <= 0)
      return Error{"what systemd passed is not a listening stream socket of AF_UNIX"};
    return OwnedFd(SD_LISTEN_FDS_START);
  }
  return service::listen_at(kSocket);
}

// The process: owns the loop and what hangs on it.
class App {
 public:
  explicit App(const Options& options)
      : options_(options), loader_(options.paths, options.admin_group) {}
  ~App() {
    server_.reset();
    loader_.detach();
    sd_event_source_disable_unref(work_);
    sd_event_unref(event_);
  }
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  Result<void> start();
  int run();

 private:
  Result<void> watch_host();
  Result<void> watch_signals();
  Result<void> watch_for_logins();
  Result<void> prepare_work();
  void search_soon();
  void search_in(std::uint64_t usec);
  Result<void> add_io(int fd, sd_event_io_handler_t handler);
  void set_timer();
  void reload(PolicyLoader::Told told);

  static int on_timer(sd_event_source*, std::uint64_t, void* self);
  static int on_exits(sd_event_source*, int, std::uint32_t, void* self);
  static int on_reads(sd_event_source*, int, std::uint32_t, void* self);
  static int on_audit_failure(sd_event_source*, int, std::uint32_t, void* self);
  static int on_kept_records(sd_event_source*, int, std::uint32_t, void* self);
  static int on_clock(sd_event_source*, int, std::uint32_t, void* self);
  static int on_post(sd_event_source*, void* self);
  static int on_pty(sd_event_source*, int, std::uint32_t, void* self);
  static int on_search(sd_event_source*, std::uint64_t, void* self);
  static int on_work(sd_event_source*, void* self);
  static int on_reload(sd_event_source*, const signalfd_siginfo*, void* self);

  Options options_;
  OwnedFd lock_;  // given up last
  PolicyLoader loader_;
  sd_event* event_ = nullptr;
  std::unique_ptr<LinuxHost> host_;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<service::Server> server_;
  std::optional<system::ClockStepWatch> clock_watch_;
  std::optional<system::PtyWatch> pty_watch_;
  sd_event_source* timer_ = nullptr;   // owned by the loop
  sd_event_source* search_ = nullptr;  // so, too
  bool search_again_ = false;          // the next search may come too soon
  sd_event_source* work_ = nullptr;    // so, too; on while there is something to do
};

Result<void> App::start() {
  if (Result<void> blocked = block_signals(); !blocked) return blocked;
  raise_descriptor_limit();
  umask(077);
  // Its socket is for everybody, its state is not.
  if (Result<void> own = system::own_folder(kRunFolder, 0755); !own) return own;
  if (const int r = sd_event_default(&event_); r < 0) return errno_error("sd_event_default", -r);

  // Of two daemons the second stops here, before it touches socket and state.
  Result<OwnedFd> lock = be_the_only_one();
  if (!lock) return lock.error();
  lock_ = *std::move(lock);
  Result<OwnedFd> listener = take_listener();
  if (!listener) return listener.error();
  Result<std::unique_ptr<LinuxHost>> host = LinuxHost::open(kStateFolder);
  if (!host) return host.error();
  host_ = *std::move(host);

  const LoadedPolicy policy = loader_.first();
  daemon_ = std::make_unique<Daemon>(*host_, policy, loader_.admins());
  daemon_->set_reload([this](PolicyLoader::Told told) { reload(std::move(told)); });
  Result<void> attached =
      loader_.attach(event_, [this](const LoadedPolicy& changed, std::optional<gid_t> admins) {
        daemon_->set_admins(admins);
        daemon_->take_policy(changed);
      });
  if (!attached) return attached;
  daemon_->set_search_later([this] {
    search_again_ = true;
    search_in(kSearchEveryUsec);
  });
  daemon_->set_witnesses(host_->witnesses());
  std::string witnesses;
  for (const std::string& witness : host_->witnesses())
    witnesses += (witnesses.empty() ? "" : ", ") + witness;
  daemon_->record({core::RecordKind::kStarted,
                   core::Severity::kInfo,
                   std::string("idled ") + kVersion + " started; policy: " + policy.source +
                       "; evidence: " + witnesses + "; Linux audit: " +
                       (host_->no_audit().empty() ? "yes" : "no, " + host_->no_audit()) +
                       (policy.warnings.empty() ? "" : "\n" + policy.warnings),
                   {}});
  if (options_.admin_group_given && !loader_.admins())
    daemon_->record(
        {core::RecordKind::kTrouble,
         core::Severity::kWarning,
         "The group '" + printable(options_.admin_group, 64) +
             "' of --admin-group is not known; until it is, root alone sees and ends the "
             "logins of others",
         {}});
  if (!policy.errors.empty())
    daemon_->record({core::RecordKind::kPolicyRefused,
                     core::Severity::kError,
                     "The policy has errors, so the " + policy.source + " policy is in force:\n" +
                         policy.errors,
                     {}});

  if (Result<void> watching = watch_host(); !watching) return watching;
  if (Result<void> watching = watch_signals(); !watching) return watching;
  if (Result<void> watching = watch_for_logins(); !watching) return watching;
  if (Result<void> prepared = prepare_work(); !prepared) return prepared;
  Result<std::unique_ptr<service::Server>> server =
      service::Server::start(event_, *std::move(listener), *daemon_);
  if (!server) return server.error();
  server_ = *std::move(server);
  daemon_->start();
  set_timer();
  return {};
}

Result<void> App::add_io(int fd, sd_event_io_handler_t handler) {
  const int r = sd_event_add_io(event_, nullptr, fd, EPOLLIN, handler, this);
  return r < 0 ? Result<void>(errno_error("sd_event_add_io", -r)) : Result<void>();
}

Result<void> App::watch_host() {
  // A millisecond's slack lets neighbouring deadlines share a wake-up.
  int r = sd_event_add_time(event_, &timer_, CLOCK_BOOTTIME, 0, 1000, &on_timer, this);
  if (r < 0) return errno_error("sd_event_add_time", -r);
  sd_event_source_set_enabled(timer_, SD_EVENT_OFF);
  // The timer is set once after each round of events, whatever they were.
  r = sd_event_add_post(event_, nullptr, &on_post, this);
  if (r < 0) return errno_error("sd_event_add_post", -r);
  if (Result<void> added = add_io(host_->exits_fd(), &on_exits); !added) return added;
  if (host_->reads_fd() >= 0) {
    sd_event_source* reads = nullptr;
    r = sd_event_add_io(event_, &reads, host_->reads_fd(), EPOLLIN, &on_reads, this);
    if (r < 0) return errno_error("sd_event_add_io", -r);
    // A loop that makes a terminal look read must not keep the daemon busy: events of
    // one terminal merge in the queue until they are taken.
    sd_event_source_set_ratelimit(reads, kReadsUsec, 1);
    sd_event_source_set_floating(reads, true);
    sd_event_source_unref(reads);
  }
  if (host_->kept_records_fd() >= 0)
    if (Result<void> added = add_io(host_->kept_records_fd(), &on_kept_records); !added)
      return added;
  if (host_->audit_failure_fd() >= 0)
    if (Result<void> added = add_io(host_->audit_failure_fd(), &on_audit_failure); !added)
      return added;
  Result<system::ClockStepWatch> clock = system::ClockStepWatch::open();
  if (!clock) return clock.error();
  clock_watch_.emplace(*std::move(clock));
  return add_io(clock_watch_->fd(), &on_clock);
}

// Logins that PAM does not announce: a new pty, or a line in utmp, is the sign to look.
// A moment later, so that who comes in has got there, and that a crowd costs one search.
Result<void> App::watch_for_logins() {
  const int r = sd_event_add_time(event_, &search_, CLOCK_BOOTTIME, 0, 0, &on_search, this);
  if (r < 0) return errno_error("sd_event_add_time", -r);
  sd_event_source_set_enabled(search_, SD_EVENT_OFF);
  Result<system::PtyWatch> watch = system::PtyWatch::open();
  if (!watch) {
    search_in(kSearchEveryUsec);
    return {};
  }
  pty_watch_.emplace(*std::move(watch));
  sd_event_source* ptys = nullptr;
  if (const int added = sd_event_add_io(event_, &ptys, pty_watch_->fd(), EPOLLIN, &on_pty, this);
      added < 0)
    return errno_error("sd_event_add_io", -added);
  // Nor must a loop that opens terminals: one sign is as good as a thousand.
  sd_event_source_set_ratelimit(ptys, kPtysUsec, 1);
  sd_event_source_set_floating(ptys, true);
  sd_event_source_unref(ptys);
  return {};
}

// What users ask for: a turn at a time, among their calls.
Result<void> App::prepare_work() {
  if (const int r = sd_event_add_defer(event_, &work_, &on_work, this); r < 0)
    return errno_error("sd_event_add_defer", -r);
  sd_event_source_set_priority(work_, service::kUserPriority);
  sd_event_source_set_enabled(work_, SD_EVENT_OFF);
  daemon_->set_wake([this] { sd_event_source_set_enabled(work_, SD_EVENT_ONESHOT); });
  return {};
}

// Where many processes run, and terminals are made or closed all the time, less often.
void App::search_soon() {
  const auto took = std::chrono::duration_cast<microseconds>(daemon_->search_took()).count();
  const auto rest = kSearchShare * static_cast<std::uint64_t>(took);
  search_in(std::clamp(rest, kSearchAfterUsec, kSearchEveryUsec));
}

void App::search_in(std::uint64_t usec) {
  std::uint64_t now = 0;
  std::uint64_t due = 0;
  int enabled = SD_EVENT_OFF;
  (void)sd_event_now(event_, CLOCK_BOOTTIME, &now);
  if (sd_event_source_get_enabled(search_, &enabled) > 0 &&
      sd_event_source_get_time(search_, &due) >= 0 && due <= now + usec)
    return;  // it comes sooner
  sd_event_source_set_time(search_, now + usec);
  sd_event_source_set_enabled(search_, SD_EVENT_ONESHOT);
}

Result<void> App::watch_signals() {
  for (const int number : {SIGTERM, SIGINT})  // no handler: the loop ends
    if (const int r = sd_event_add_signal(event_, nullptr, number, nullptr, nullptr); r < 0)
      return errno_error("sd_event_add_signal", -r);
  if (const int r = sd_event_add_signal(event_, nullptr, SIGHUP, &on_reload, this); r < 0)
    return errno_error("sd_event_add_signal", -r);
  return {};
}

int App::run() {
  sd_event_set_watchdog(event_, true);
  sd_notifyf(0, "READY=1\nSTATUS=%zu sessions", daemon_->engine().size());
  const int r = sd_event_loop(event_);
  sd_notify(0, "STOPPING=1");
  daemon_->record({core::RecordKind::kStopped,
                   core::Severity::kInfo,
                   "idled stopped; nobody is logged out by that",
                   {}});
  return r < 0 ? 1 : 0;
}

void App::set_timer() {
  const std::optional<BootTime> next = daemon_->next();
  if (!next) {
    sd_event_source_set_enabled(timer_, SD_EVENT_OFF);
    return;
  }
  const auto usec = std::chrono::ceil<std::chrono::microseconds>(next->time_since_epoch()).count();
  sd_event_source_set_time(timer_, static_cast<std::uint64_t>(usec > 0 ? usec : 0));
  sd_event_source_set_enabled(timer_, SD_EVENT_ONESHOT);
}

int App::on_post(sd_event_source*, void* self) {
  static_cast<App*>(self)->set_timer();
  return 0;
}

int App::on_timer(sd_event_source*, std::uint64_t, void* self) {
  static_cast<App*>(self)->daemon_->deliver(core::TimerExpired{});
  return 0;
}

int App::on_exits(sd_event_source*, int, std::uint32_t, void* self) {
  auto* app = static_cast<App*>(self);
  for (const core::ProcessIdentity& leader : app->host_->take_exited()) {
    app->daemon_->on_exit(leader);
    // It may have left its terminals to a child, without a word to PAM.
    app->search_soon();
  }
  return 0;
}

int App::on_reads(sd_event_source*, int, std::uint32_t, void* self) {
  auto* app = static_cast<App*>(self);
  app->daemon_->tell_seen();
  return 0;
}

int App::on_kept_records(sd_event_source*, int, std::uint32_t, void* self) {
  static_cast<App*>(self)->host_->send_kept_records();
  return 0;
}

int App::on_audit_failure(sd_event_source*, int, std::uint32_t, void* self) {
  auto* app = static_cast<App*>(self);
  const int code = app->host_->take_audit_failure();
  if (code == 0) return 0;
  // In a container with users of its own it is never otherwise.
  app->daemon_->record(
      {core::RecordKind::kTrouble,
       code == ECONNREFUSED ? core::Severity::kInfo : core::Severity::kWarning,
       errno_error("A logout is in the journal, but could not be written to the Linux audit", code)
               .text +
           " (not said again)",
       {}});
  return 0;
}

int App::on_clock(sd_event_source*, int, std::uint32_t, void* self) {
  auto* app = static_cast<App*>(self);
  app->clock_watch_->acknowledge();
  app->host_->forget_zone();
  app->daemon_->deliver(core::ClockStepped{});
  return 0;
}

int App::on_pty(sd_event_source*, int, std::uint32_t, void* self) {
  auto* app = static_cast<App*>(self);
  const system::PtyWatch::Told told = app->pty_watch_->take();
  if (told.arrivals) app->search_soon();
  app->daemon_->look_where_closed(told.closed);
  return 0;
}

int App::on_search(sd_event_source*, std::uint64_t, void* self) {
  auto* app = static_cast<App*>(self);
  const bool again = std::exchange(app->search_again_, false);
  app->daemon_->find_logins();
  if (again || !app->pty_watch_) app->search_in(kSearchEveryUsec);
  return 0;
}

int App::on_work(sd_event_source*, void* self) {
  auto* app = static_cast<App*>(self);
  if (app->daemon_->work()) sd_event_source_set_enabled(app->work_, SD_EVENT_ONESHOT);
  return 0;
}

int App::on_reload(sd_event_source*, const signalfd_siginfo*, void* self) {
  static_cast<App*>(self)->reload([](const LoadedPolicy&) {});
  return 0;
}

void App::reload(PolicyLoader::Told told) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", static_cast<long long>(now.count()));
  host_->forget_zone();
  loader_.reload([told = std::move(told)](const LoadedPolicy& policy) {
    told(policy);
    sd_notify(0, "READY=1");
  });
}

}  // namespace

int run_daemon(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  if (options.exit_status) return *options.exit_status;
  if (options.check) return check_policy(options.paths);
  App app(options);
  if (const Result<void> started = app.start(); !started) {
    std::fprintf(stderr, "idled: %s\n", started.error().text.c_str());
    return 1;
  }
  return app.run();
}

}  // namespace idled
