#include "tools/openmetrics.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using protocol::MetricsReply;
using protocol::NamedCount;

// A label's value: printable, and quoted as both formats want it.
std::string label(std::string_view name, std::string_view value) {
  std::string text = std::string(name) + "=\"";
  for (const char c : printable(value)) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

// 250000 is "0.25", 1000000 is "1.0": as OpenMetrics has the bounds of buckets.
std::string seconds_text(std::int64_t microseconds) {
  std::string fraction = std::to_string(1'000'000 + microseconds % 1'000'000).substr(1);
  while (fraction.size() > 1 && fraction.back() == '0') fraction.pop_back();
  return std::to_string(microseconds / 1'000'000) + "." + fraction;
}

std::int64_t count_of(const std::vector<NamedCount>& counts, std::string_view name) {
  const auto it = std::find_if(counts.begin(), counts.end(),
                               [&](const NamedCount& each) { return each.name == name; });
  return it == counts.end() ? 0 : it->count;
}

class Text {
 public:
  explicit Text(MetricsFormat format) : format_(format) {}

  // The samples of a family follow its head. `unit` ends its name, if it has one. A counter's
  // samples end in _total; Prometheus' format has that in the head, too.
  void head(const std::string& name, const std::string& type, const std::string& help,
            const std::string& unit = "") {
    const bool ends_in_total = is_prometheus() && type == "counter";
    const std::string family = "idled_" + name + (ends_in_total ? "_total" : "");
    text_ += "# HELP " + family + " " + help + "\n# TYPE " + family + " " + type + "\n";
    if (!unit.empty() && !is_prometheus()) text_ += "# UNIT " + family + " " + unit + "\n";
  }
  void sample(const std::string& name, const std::string& labels, const std::string& value) {
    text_ += "idled_" + name + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
  }
  void gauge(const std::string& name, const std::string& help, const std::string& value,
             const std::string& unit = "") {
    head(name, "gauge", help, unit);
    sample(name, "", value);
  }
  void counter(const std::string& name, const std::string& help, std::int64_t value) {
    head(name, "counter", help);
    sample(name + "_total", "", std::to_string(value));
  }

  std::string take() {
    if (!is_prometheus()) text_ += "# EOF\n";
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool is_prometheus() const { return format_ == MetricsFormat::kPrometheus; }

  MetricsFormat format_;
  std::string text_;
};

void add_time(Text& text, const std::string& name, const std::string& help,
              const std::string& time) {
  if (const auto instant = parse_rfc3339(time))
    text.gauge(name, help, std::to_string(instant->time_since_epoch().count()), "seconds");
}

struct EventCounter {
  const char* kind;
  const char* name;
  const char* help;
};
constexpr std::array<EventCounter, 12> kEventCounters{{
    {"refused", "refused_logins", "Logins that could not be watched."},
    {"warned", "warnings", "Warnings of a logout that were shown."},
    {"warning-undelivered", "undelivered_warnings", "Warnings that a terminal never took."},
    {"cancelled", "cancellations", "Logouts that input after a warning has called off."},
    {"forged", "forgeries", "Terminals whose times were found to be set by hand."},
    {"held", "holds", "Holds that were granted."},
    {"kick-requested", "kicks", "Logins that were asked to be ended by hand."},
    {"would-log-out", "reported_logouts", "Logouts that mode report has only reported."},
    {"stuck", "stuck_ends", "Logins that did not end, whatever was done."},
    {"policy-loaded", "policy_loads", "Policies that came into force by a reload."},
    {"policy-refused", "policy_refusals", "Policies that were refused for their errors."},
    {"trouble", "troubles", "What went wrong otherwise; the journal says what."},
}};

void add_registrations(Text& text, const MetricsReply& metrics) {
  const std::string name = "registration_latency_seconds";
  text.head(name, "histogram", "How long a login has waited for the daemon when it was registered.",
            "seconds");
  for (const protocol::LatencyCount& each : metrics.registrations_within)
    text.sample(name + "_bucket", label("le", seconds_text(each.microseconds)),
                std::to_string(each.count));
  text.sample(name + "_bucket", label("le", "+Inf"), std::to_string(metrics.registrations));
  text.sample(name + "_count", "", std::to_string(metrics.registrations));
  text.sample(name + "_sum", "", seconds_text(metrics.registering_microseconds));
}

}  // namespace

std::string render_metrics(const MetricsReply& metrics, MetricsFormat format) {
  Text text(format);
  text.head("build_info", "gauge", "The version of the daemon that runs.");
  text.sample("build_info", label("version", metrics.version), "1");
  add_time(text, "process_start_time_seconds", "When the daemon started, in Unix time.",
           metrics.started_at);
  text.head("sessions", "gauge", "Logins that are watched, by their state.");
  for (const NamedCount& each : metrics.sessions)
    text.sample("sessions", label("state", each.name), std::to_string(each.count));
  text.head("logins", "counter", "Logins that were taken up, by how: by PAM, or found without it.");
  for (const char* how : {"opened", "adopted"})
    text.sample("logins_total", label("how", how), std::to_string(count_of(metrics.events, how)));
  text.head("logouts", "counter", "Logins that were hung up, by what for.");
  for (const NamedCount& each : metrics.logouts)
    text.sample("logouts_total", label("cause", each.name), std::to_string(each.count));
  for (const EventCounter& each : kEventCounters)
    text.counter(each.name, each.help, count_of(metrics.events, each.kind));
  add_registrations(text, metrics);
  add_time(text, "policy_loaded_timestamp_seconds",
           "When the policy in force was loaded, in Unix time.", metrics.policy_loaded_at);
  text.gauge("policy_has_errors", "Whether the policy on disk has errors and is not in force.",
             metrics.policy_has_errors ? "1" : "0");
  return text.take();
}

}  // namespace idled::tools
