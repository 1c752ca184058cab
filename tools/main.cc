#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "tools/cli.h"
#include "tools/colour.h"
#include "tools/terminal_name.h"
#include "tools/terminal_width.h"

int main(int argc, char** argv) {
  using namespace idled;
  tools::Context context{std::cout, std::cerr};
  context.width = tools::terminal_width(STDOUT_FILENO, std::getenv("COLUMNS"));
  const char* term = std::getenv("TERM");
  const bool is_terminal = context.width > 0;
  if (const char* name = is_terminal ? ttyname(STDOUT_FILENO) : nullptr)
    context.terminal = tools::without_dev(name);
  context.colours = tools::wants_colours(is_terminal, std::getenv("NO_COLOR"), term);
  if (tools::can_redraw(is_terminal, term))
    context.open_screen = [](bool colours) {
      return tools::open_live_screen(STDIN_FILENO, STDOUT_FILENO, colours);
    };
  context.now = [] { return WallTime(std::chrono::system_clock::now()); };
  context.read_journal = tools::read_journal;
  return static_cast<int>(tools::run({argv + (argc > 0 ? 1 : 0), argv + argc}, context));
}
