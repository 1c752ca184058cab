// idlectl's command line. Nothing is taken from the environment: root runs this.
#pragma once

#include <string>
#include <vector>

#include "tools/context.h"

namespace idled::tools {

// Parses the arguments (without the program's name), runs the command that they
// name, and says how it ended. --help and --version are answered here.
ExitCode run(std::vector<std::string> arguments, Context& context);

}  // namespace idled::tools
