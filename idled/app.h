// The daemon as a process: command line, event loop, signals, systemd.
#pragma once

namespace idled {

// Runs until SIGTERM or SIGINT; nobody is logged out by that. Returns the exit
// status: 0 done, 1 failed (the reason is on standard error), 2 usage.
int run_daemon(int argc, char** argv);

}  // namespace idled
