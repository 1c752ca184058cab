// The daemon's numbers as monitoring reads them. Pure.
#pragma once

#include <string>

#include "protocol/messages.h"

namespace idled::tools {

enum class MetricsFormat {
  kOpenMetrics,  // OpenMetrics 1.0: https://openmetrics.io
  kPrometheus,   // Prometheus' text format 0.0.4, which node_exporter's textfile folder takes
};

std::string render_metrics(const protocol::MetricsReply& metrics, MetricsFormat format);

}  // namespace idled::tools
