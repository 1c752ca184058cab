#include <thread>

#include "tools/live_output.h"
#include "tools/table.h"

namespace idled::tools {

void LivePlain::show(const LiveView& view) {
  const bool is_in_trouble = !view.trouble.empty();
  if (is_in_trouble) {
    // A table again would look like news.
    if (!is_in_trouble_) err_ << "idlectl: " << view.trouble << std::endl;
  } else {
    out_ << (is_first_ ? "" : "\n")
         << render_table(view.sessions, view.now, {width_, /*bars=*/true, colours_}) << std::flush;
    is_first_ = false;
  }
  is_in_trouble_ = is_in_trouble;
}

LiveOutput::Event LivePlain::wait_until(std::chrono::steady_clock::time_point deadline) {
  if (!out_) return Event::kLeave;
  std::this_thread::sleep_until(deadline);
  return Event::kDue;
}

}  // namespace idled::tools
