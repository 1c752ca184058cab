// The boundary between libpam, which is C, and this house, which is not.
//
// The module runs inside sshd, login and su, as root, and is a guest there: no
// exception leaves it, no state outlives the handle, and dlclose(3) takes all of
// it away. See CMakeLists.txt for how it is linked, tests/pam for what holds it
// to this.
#include <pthread.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <syslog.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "base/text.h"
#include "pam_module/arguments.h"
#include "pam_module/login_facts.h"
#include "pam_module/registration.h"
#include "pam_module/verdict.h"

#ifdef IDLED_STATIC_RUNTIME
// libstdc++ keeps 72 kB aside at load for exceptions thrown when memory is out,
// and never gives them back: dlclose(3) would leak them at every login of a
// long-lived program. This is libstdc++'s own release of them (eh_alloc.cc),
// called on our static copy only; weak, for C++ libraries that have none.
namespace __gnu_cxx {                    // NOLINT(bugprone-reserved-identifier)
__attribute__((weak)) void __freeres();  // NOLINT(bugprone-reserved-identifier)
}
__attribute__((destructor)) static void free_exception_pool() {
  if (__gnu_cxx::__freeres != nullptr) __gnu_cxx::__freeres();
}
#endif

namespace idled::pam {
namespace {

constexpr const char* kSessionData = "idled_session";  // pam_set_data(3)
constexpr const char* kTmoutVariable = "IDLED_TMOUT";

// A thread of the application's that is cancelled inside the module would unwind
// C++ frames through C ones. It is cancelled when the module has returned.
class NoCancellation {
 public:
  NoCancellation() { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~NoCancellation() { ::pthread_setcancelstate(before_, nullptr); }
  NoCancellation(const NoCancellation&) = delete;
  NoCancellation& operator=(const NoCancellation&) = delete;

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

Words words_of(int argc, const char** argv) {
  return {argv, argc > 0 ? static_cast<std::size_t>(argc) : 0};
}

void log(pam_handle_t* pamh, int priority, const std::string& text) {
  ::pam_syslog(pamh, priority, "%s", text.c_str());
}

// --- what is kept in the handle ----------------------------------------------

void free_session(pam_handle_t* /*pamh*/, void* data, int /*status*/) {
  std::free(data);
}

std::string remembered_session(pam_handle_t* pamh) {
  const void* data = nullptr;
  if (::pam_get_data(pamh, kSessionData, &data) != PAM_SUCCESS || data == nullptr) return {};
  return static_cast<const char*>(data);
}

void remember_session(pam_handle_t* pamh, const std::string& session) {
  char* const copy = session.empty() ? nullptr : ::strdup(session.c_str());
  if (::pam_set_data(pamh, kSessionData, copy, free_session) != PAM_SUCCESS) std::free(copy);
}

// Empty: none.
void set_tmout(pam_handle_t* pamh, const std::string& value) {
  if (value.empty() && ::pam_getenv(pamh, kTmoutVariable) == nullptr) return;
  const std::string change = kTmoutVariable + (value.empty() ? "" : "=" + value);
  if (const int code = ::pam_putenv(pamh, change.c_str()); code != PAM_SUCCESS)
    ::pam_syslog(pamh, LOG_ERR, "cannot set %s: %s", kTmoutVariable, ::pam_strerror(pamh, code));
}

// Without the user database, the name must do. Does not allocate.
bool calls_itself_root_on_console(pam_handle_t* pamh) noexcept {
  return is_root_on_console(text_item(pamh, PAM_USER) == "root", text_item(pamh, PAM_TTY),
                            text_item(pamh, PAM_RHOST));
}

// --- opening -------------------------------------------------------------------

void take_reply(pam_handle_t* pamh, const protocol::RegisterReply& reply,
                const Arguments& arguments) {
  remember_session(pamh, reply.session);
  const bool is_usable = reply.tmout.empty() || is_shell_timeout(reply.tmout);
  set_tmout(pamh, is_usable ? reply.tmout : std::string());
  if (!is_usable)
    log(pamh, LOG_ERR,
        "idled sent '" + printable(reply.tmout, 40) + "' as the shell's TMOUT; " + kTmoutVariable +
            " is left unset");
  if (arguments.debug)
    log(pamh, LOG_DEBUG,
        "registered as session '" + printable(reply.session) + "', TMOUT '" +
            printable(reply.tmout, 40) + "'");
}

int refuse_or_admit(pam_handle_t* pamh, int flags, const Verdict& verdict) {
  log(pamh, verdict.priority, verdict.log);
  const bool is_silent = (static_cast<unsigned>(flags) & PAM_SILENT) != 0;
  if (!verdict.tell_user.empty() && !is_silent) ::pam_error(pamh, "%s", verdict.tell_user.c_str());
  return verdict.is_admitted ? PAM_SUCCESS : PAM_SESSION_ERR;
}

void log_facts(pam_handle_t* pamh, const LoginFacts& facts, const Arguments& arguments) {
  if (facts.groups_left_out > 0)
    log(pamh, LOG_ERR,
        "user '" + printable(facts.request.user) + "' is in more than " +
            std::to_string(kMaxGroups) + " groups; rules cannot match the other " +
            std::to_string(facts.groups_left_out));
  if (arguments.debug)
    log(pamh, LOG_DEBUG,
        "registering on " + printable(arguments.socket) + ": " +
            printable(encode(facts.request), 1024));
}

int open_session(pam_handle_t* pamh, int flags, Words words) {
  const Arguments arguments = parse_arguments(words);
  for (const std::string& complaint : arguments.complaints) log(pamh, LOG_ERR, complaint);

  // The variable is the daemon's word: what a user's own ~/.pam_environment put
  // there is not. A second line in the same stack keeps what the first one got.
  if (remembered_session(pamh).empty()) set_tmout(pamh, "");

  Connection daemon(arguments);
  const Result<LoginFacts> facts = read_login(pamh);
  if (!facts) {
    const Failure failure{Failure::Kind::kBroken, facts.error().text};
    const Applicant applicant{text_item(pamh, PAM_USER), calls_itself_root_on_console(pamh)};
    return refuse_or_admit(pamh, flags, judge(failure, applicant, arguments.fail_closed));
  }
  log_facts(pamh, *facts, arguments);

  const protocol::RegisterRequest& request = facts->request;
  const Registration registration = daemon.register_login(request);
  if (const auto* const failure = std::get_if<Failure>(&registration)) {
    const Applicant applicant{
        request.user, is_root_on_console(request.uid == 0, request.tty, request.remote_host)};
    return refuse_or_admit(pamh, flags, judge(*failure, applicant, arguments.fail_closed));
  }
  take_reply(pamh, std::get<protocol::RegisterReply>(registration), arguments);
  return PAM_SUCCESS;
}

// --- closing -------------------------------------------------------------------

void close_session(pam_handle_t* pamh, Words words) {
  const std::string session = remembered_session(pamh);
  if (session.empty()) return;  // never registered, or released by another line of the stack
  remember_session(pamh, "");
  const Arguments arguments = parse_arguments(words);
  const std::string problem = release_login(session, arguments);
  if (arguments.debug)
    log(pamh, LOG_DEBUG,
        "released session '" + printable(session) + "'" + (problem.empty() ? "" : ": " + problem));
}

// What is left to do when an exception ended the work, most likely for want of
// memory: so nothing here allocates.
int admit_without_memory(pam_handle_t* pamh, Words words, const char* what) noexcept {
  const bool is_admitted = calls_itself_root_on_console(pamh) || !asks_fail_closed(words);
  ::pam_syslog(pamh, LOG_ERR, "cannot register the login: %s; it %s", what,
               is_admitted ? "proceeds unwatched" : "is refused, for fail=closed is set");
  return is_admitted ? PAM_SUCCESS : PAM_SESSION_ERR;
}

}  // namespace
}  // namespace idled::pam

#define IDLED_EXPORT extern "C" __attribute__((visibility("default")))

IDLED_EXPORT int pam_sm_open_session(pam_handle_t* pamh, int flags, int argc, const char** argv) {
  using namespace idled::pam;
  const NoCancellation no_cancellation;
  const Words words = words_of(argc, argv);
  try {
    return open_session(pamh, flags, words);
  } catch (const std::exception& exception) {
    return admit_without_memory(pamh, words, exception.what());
  } catch (...) {
    return admit_without_memory(pamh, words, "unknown exception");
  }
}

IDLED_EXPORT int pam_sm_close_session(pam_handle_t* pamh, int /*flags*/, int argc,
                                      const char** argv) {
  using namespace idled::pam;
  const NoCancellation no_cancellation;
  try {
    close_session(pamh, words_of(argc, argv));
  } catch (...) {  // NOLINT(bugprone-empty-catch): the end of the process tells the daemon the same
  }
  return PAM_SUCCESS;
}
