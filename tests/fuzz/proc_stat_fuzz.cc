// /proc/PID/stat, where the program's name may be anything, and /proc/PID/status.
#include "fuzz.h"
#include "idled/system/proc.h"

namespace idled::fuzz {
namespace {

// As the kernel writes it, proc_pid_stat(5).
std::string written(const system::ProcStat& stat) {
  const auto number = [](auto value) { return ' ' + std::to_string(value); };
  std::string text = "1 (" + stat.comm + ") " + (stat.is_zombie ? 'Z' : 'S') + number(stat.ppid) +
                     number(stat.pgrp) + number(stat.session) + number(static_cast<int>(stat.tty)) +
                     number(stat.tpgid) + " 0 0 0 0 0";
  text += number(stat.cpu_ticks) + " 0 0 0 20 0 1 0" + number(stat.start_ticks) + " 0 0\n";
  return text;
}

void try_stat(std::string_view text) {
  const std::optional<system::ProcStat> stat = system::parse_stat(text);
  if (!stat) return;
  require(text.find(stat->comm) != std::string_view::npos, "the name is of the text");
  const std::optional<system::ProcStat> again = system::parse_stat(written(*stat));
  require(again.has_value(), "what the kernel would write is understood", written(*stat));
  require(written(*again) == written(*stat), "what a line says comes back", written(*stat));
}

}  // namespace

void try_one(std::string_view input) {
  try_stat(input);
  (void)system::parse_status(input);
}

}  // namespace idled::fuzz
