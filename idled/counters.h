// What has happened since the daemon started, in numbers: counted in one place, from the
// records.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "idled/core/record.h"
#include "protocol/messages.h"

namespace idled {

class Counters {
 public:
  void count(const core::Record& record);
  // A login was registered, and waited so long for the answer.
  void count_registration(nanoseconds latency);

  // Fills in what is counted.
  void tell(protocol::MetricsReply& reply) const;

 private:
  // Upper bounds. sshd and its client wait for it; 2 s are the module's patience.
  static constexpr std::array<std::chrono::microseconds, 10> kBounds{
      std::chrono::microseconds(100),  std::chrono::microseconds(250),
      std::chrono::microseconds(500),  std::chrono::milliseconds(1),
      std::chrono::milliseconds(5),    std::chrono::milliseconds(10),
      std::chrono::milliseconds(50),   std::chrono::milliseconds(250),
      std::chrono::milliseconds(1000), std::chrono::milliseconds(2000)};
  static constexpr std::size_t kKinds = static_cast<std::size_t>(core::RecordKind::kTrouble) + 1;

  std::array<std::int64_t, kKinds> records_{};
  std::array<std::int64_t, 3> logouts_{};  // by core::Cause
  std::array<std::int64_t, kBounds.size()> registrations_within_{};
  std::int64_t registrations_ = 0;
  nanoseconds registering_{0};
};

}  // namespace idled
