// What the doctor says of one thing it has looked at.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace idled::tools::doctor {

// In order of weight.
enum class Severity {
  kWrong,     // the promise to the users, or a setting, does not hold as it stands
  kDoubtful,  // it holds, and somebody may not have meant it so
  kNote,      // to know
  kGood,
};

struct Finding {
  std::string id;  // "pam.missing": stable, for scripts; idlectl(1) lists them
  Severity severity = Severity::kGood;
  std::string what;  // one line, without a full stop
  std::string why;   // a sentence or two; empty where `what` says it all
  // What mends it, to be copied as it is: commands, and lines of files. Lines that begin with '#'
  // say where those go. Empty: there is nothing to do.
  std::string mend;
};

using Findings = std::vector<Finding>;

inline Finding wrong(std::string id, std::string what, std::string why, std::string mend) {
  return {std::move(id), Severity::kWrong, std::move(what), std::move(why), std::move(mend)};
}
inline Finding doubtful(std::string id, std::string what, std::string why, std::string mend) {
  return {std::move(id), Severity::kDoubtful, std::move(what), std::move(why), std::move(mend)};
}
inline Finding note(std::string id, std::string what, std::string why = {}, std::string mend = {}) {
  return {std::move(id), Severity::kNote, std::move(what), std::move(why), std::move(mend)};
}
inline Finding good(std::string id, std::string what) {
  return {std::move(id), Severity::kGood, std::move(what), {}, {}};
}

// A mend: lines to write in a file, and what to run then.
inline std::string write_in(const std::string& file, const std::string& lines,
                            const std::string& then = {}) {
  return "# in " + file + ":\n" + lines + (then.empty() ? "" : "\n# then:\n" + then);
}

// "wrong", "doubtful", "note", "good".
std::string_view name_of(Severity severity);

}  // namespace idled::tools::doctor
