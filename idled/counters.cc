#include "idled/counters.h"

#include "idled/core/records.h"
#include "idled/system/journal.h"

namespace idled {
namespace {

constexpr std::array kCauses{core::Cause::kIdle, core::Cause::kCap, core::Cause::kKick};

}  // namespace

void Counters::count(const core::Record& record) {
  ++records_[static_cast<std::size_t>(record.kind)];
  if (record.kind != core::RecordKind::kLogout) return;
  for (const auto& [name, value] : record.fields)
    for (std::size_t i = 0; name == "IDLED_CAUSE" && i < kCauses.size(); ++i)
      if (value == core::name_of(kCauses[i])) ++logouts_[i];
}

void Counters::count_registration(nanoseconds latency) {
  ++registrations_;
  registering_ += latency;
  for (std::size_t i = 0; i < kBounds.size(); ++i)
    if (latency <= kBounds[i]) ++registrations_within_[i];
}

void Counters::tell(protocol::MetricsReply& reply) const {
  for (std::size_t i = 0; i < records_.size(); ++i)
    reply.events.push_back(
        {std::string(system::event_name(static_cast<core::RecordKind>(i))), records_[i]});
  for (std::size_t i = 0; i < kCauses.size(); ++i)
    reply.logouts.push_back({std::string(core::name_of(kCauses[i])), logouts_[i]});
  for (std::size_t i = 0; i < kBounds.size(); ++i)
    reply.registrations_within.push_back({kBounds[i].count(), registrations_within_[i]});
  reply.registrations = registrations_;
  reply.registering_microseconds =
      std::chrono::floor<std::chrono::microseconds>(registering_).count();
}

}  // namespace idled
