#include "idled/system/audit.h"

#include <arpa/inet.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#ifdef IDLED_HAVE_LIBAUDIT
#include <libaudit.h>
#endif

namespace idled::system {
namespace {

constexpr std::string_view kUnknown = "?";
constexpr std::size_t kLongestValue = 256;  // bytes
constexpr std::size_t kLongestQueue = 1024;
constexpr std::chrono::seconds kLastChance{1};

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '\'';
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_plain(c); });
}

// As the kernel writes what it does not trust: audit_log_untrustedstring().
std::string encoded(std::string_view value) {
  if (is_plain(value)) return '"' + std::string(value) + '"';
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

std::string_view field(const core::Record& record, std::string_view name) {
  for (const auto& [key, value] : record.fields)
    if (key == name) return std::string_view(value).substr(0, kLongestValue);
  return {};
}

// For what libaudit writes as it is.
std::string word(std::string_view value) {
  return std::string(value.empty() || !is_plain(value) ? kUnknown : value);
}

}  // namespace

std::optional<AuditMessage> audit_message(const core::Record& record,
                                          std::optional<std::uint32_t> audit_session) {
  const bool is_stuck = record.kind == core::RecordKind::kStuck;
  if (record.kind != core::RecordKind::kLogout && !is_stuck) return std::nullopt;
  AuditMessage message;
  message.success = !is_stuck;
  message.text = "op=logout cause=" + word(field(record, "IDLED_CAUSE"));
  const auto add = [&](const char* name, std::string_view value) {
    if (!value.empty()) message.text.append(" ").append(name).append("=").append(encoded(value));
  };
  add("rule", field(record, "IDLED_RULE"));
  add("by", field(record, "IDLED_BY"));
  add("acct", field(record, "IDLED_USER"));
  message.text += " id=" + word(field(record, "IDLED_UID"));
  if (audit_session) message.text += " ses=" + std::to_string(*audit_session);
  message.host = word(field(record, "IDLED_HOST"));
  message.address = is_address(message.host) ? message.host : kUnknown;
  std::string terminals(field(record, "IDLED_TERMINALS"));
  std::replace(terminals.begin(), terminals.end(), ' ', ',');
  message.terminal = word(terminals);
  return message;
}

// --- the thread ---------------------------------------------------------------------

struct AuditLog::State {
  State(OwnedFd fd, Send sender) : failure_fd(std::move(fd)), send(std::move(sender)) {}

  void run();
  void fail(int code);

  OwnedFd failure_fd;
  Send send;
  std::thread thread;  // started by the first message
  std::mutex mutex;    // of what follows
  std::condition_variable changed;
  std::deque<AuditMessage> queue;
  int failure = 0;  // the first, until it is taken
  bool has_failed = false;
  bool stopping = false;
  bool stopped = false;
};

void AuditLog::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return stopping || !queue.empty(); });
    if (queue.empty()) break;
    const AuditMessage message = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    const int code = send(message);
    lock.lock();
    if (code != 0) fail(code);
  }
  stopped = true;
  changed.notify_all();
}

// With the mutex held.
void AuditLog::State::fail(int code) {
  if (std::exchange(has_failed, true)) return;
  failure = code;
  eventfd_write(failure_fd.get(), 1);
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(Send send) {
  OwnedFd failure(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!failure) return errno_error("eventfd");
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(failure), std::move(send)));
}

AuditLog::AuditLog(OwnedFd failure, Send send)
    : state_(std::make_shared<State>(std::move(failure), std::move(send))) {}

AuditLog::~AuditLog() {
  if (!state_->thread.joinable()) return;
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  const bool stopped =
      state_->changed.wait_for(lock, kLastChance, [this] { return state_->stopped; });
  lock.unlock();
  if (stopped)
    state_->thread.join();
  else
    state_->thread.detach();
}

void AuditLog::write(AuditMessage message) {
  const std::lock_guard lock(state_->mutex);
  if (state_->queue.size() >= kLongestQueue) return state_->fail(ENOBUFS);
  state_->queue.push_back(std::move(message));
  state_->changed.notify_all();
  if (state_->thread.joinable()) return;
  // Signals are the loop's.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    state_->thread = std::thread([state = state_] { state->run(); });
  } catch (const std::system_error& error) {  // the next message tries again
    state_->queue.clear();
    state_->fail(error.code().value());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int AuditLog::failure_fd() const {
  return state_->failure_fd.get();
}

int AuditLog::take_failure() {
  eventfd_t ignored = 0;
  eventfd_read(state_->failure_fd.get(), &ignored);
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->failure, 0);
}

// --- libaudit -----------------------------------------------------------------------

#ifdef IDLED_HAVE_LIBAUDIT

Result<std::unique_ptr<AuditLog>> AuditLog::open() {
  auto socket = std::make_shared<OwnedFd>(audit_open());
  if (!*socket) return errno_error("audit_open");
  return open([socket = std::move(socket)](const AuditMessage& message) {
    // Given an address, it asks no name server.
    const int sent = audit_log_user_message(socket->get(), AUDIT_USER_LOGOUT, message.text.c_str(),
                                            message.host.c_str(), message.address.c_str(),
                                            message.terminal.c_str(), message.success ? 1 : 0);
    if (sent > 0) return 0;
    return errno != 0 ? errno : EIO;
  });
}

#else

Result<std::unique_ptr<AuditLog>> AuditLog::open() {
  return Error{"built without libaudit", ENOSYS};
}

#endif

}  // namespace idled::system
