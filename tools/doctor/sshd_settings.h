// sshd's configuration: what `sshd -T` says is in force, else what the files say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/doctor/machine.h"

namespace idled::tools::doctor {

struct SshdLine {
  std::string keyword;  // in lower case
  std::string value;
  std::string match;  // the condition of its Match block; empty: it is for everybody
  std::string place;
};

class SshdSettings {
 public:
  // The value in force for everybody, as the first line has it; `otherwise` is sshd's default.
  [[nodiscard]] std::string value(const std::string& keyword, const std::string& otherwise) const;
  // All values of a keyword that adds up (AcceptEnv).
  [[nodiscard]] std::vector<std::string> values(const std::string& keyword) const;
  // "/etc/ssh/sshd_config:12"; the file where no line says it.
  [[nodiscard]] std::string place_of(const std::string& keyword) const;
  [[nodiscard]] std::vector<SshdLine> in_match_blocks() const;

 private:
  friend std::optional<SshdSettings> read_sshd_settings(const Machine& machine);

  std::string file_;
  std::vector<SshdLine> lines_;      // of the files
  std::vector<SshdLine> effective_;  // of `sshd -T`; empty: not to be had
};

// None: there is no sshd here, or its files may not be read.
std::optional<SshdSettings> read_sshd_settings(const Machine& machine);

// "5m", "300", "1h30m", as sshd_config(5), TIME FORMATS; -1: not to be understood.
long parse_sshd_time(const std::string& text);

}  // namespace idled::tools::doctor
