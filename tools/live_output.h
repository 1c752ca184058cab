// Where a live view goes: the screen of a terminal, or a pipe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>

#include "tools/live_view.h"

namespace idled::tools {

class LiveOutput {
 public:
  enum class Event {
    kDue,     // the time is over
    kRedraw,  // the screen has another size, or has been somebody else's
    kLeave,   // the user has seen enough
  };

  LiveOutput() = default;
  LiveOutput(const LiveOutput&) = delete;
  LiveOutput& operator=(const LiveOutput&) = delete;
  virtual ~LiveOutput() = default;

  virtual void show(const LiveView& view) = 0;
  // Until something happens, or `deadline` has come.
  virtual Event wait_until(std::chrono::steady_clock::time_point deadline) = 0;
};

// One table after the other, an empty line between: for pipes, and for terminals that cannot
// do more. `width` as of TableStyle. What troubles is told on `err`, once each time. Ends with the
// process, or when nobody reads any more.
class LivePlain : public LiveOutput {
 public:
  LivePlain(std::ostream& out, std::ostream& err, std::size_t width, bool colours)
      : out_(out), err_(err), width_(width), colours_(colours) {}

  void show(const LiveView& view) override;
  Event wait_until(std::chrono::steady_clock::time_point deadline) override;

 private:
  std::ostream& out_;
  std::ostream& err_;
  std::size_t width_;
  bool colours_;
  bool is_first_ = true;
  bool is_in_trouble_ = false;
};

// The screen of the terminal `output`, drawn in place on its alternate screen, with keys from
// `input` if that is a terminal. The terminal is as it was before when the object is destroyed,
// when a signal ends the process, and while Ctrl-Z has stopped it. q leaves; Ctrl-C
// ends the process, as it always does. Nothing is asked of the terminal that it would have
// to answer: its answers would be input. One at a time, since signals know of no object.
std::unique_ptr<LiveOutput> open_live_screen(int input, int output, bool colours);

}  // namespace idled::tools
