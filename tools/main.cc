#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "tools/cli.h"
#include "tools/terminal_width.h"

int main(int argc, char** argv) {
  using namespace idled;
  tools::Context context{std::cout, std::cerr};
  context.width = tools::terminal_width(STDOUT_FILENO, std::getenv("COLUMNS"));
  const char* no_colour = std::getenv("NO_COLOR");  // no-color.org: set and not empty
  context.colour = isatty(STDOUT_FILENO) == 1 && (!no_colour || *no_colour == '\0');
  context.now = [] { return WallTime(std::chrono::system_clock::now()); };
  return static_cast<int>(tools::run({argv + (argc > 0 ? 1 : 0), argv + argc}, context));
}
