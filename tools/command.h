// What makes a command: a file cmd_NAME.cc that defines add_NAME, which puts the
// subcommand into the app, and its line in commands.def. Nothing else lists them.
#pragma once

#include "tools/context.h"

namespace CLI {
class App;
}

namespace idled::tools {

// `context` outlives the app. The subcommand's callback sets context.code.
using AddCommand = void(CLI::App& app, Context& context);

#define IDLECTL_COMMAND(name) AddCommand add_##name;
#include "tools/commands.def"
#undef IDLECTL_COMMAND

}  // namespace idled::tools
