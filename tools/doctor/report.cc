#include "tools/doctor/report.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "tools/doctor/lines.h"

namespace idled::tools::doctor {
namespace {

constexpr std::size_t kIndent = 10;  // "doubtful  "
constexpr std::size_t kLongest = 4096;

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::kWrong:
      return "\x1b[1;31m";
    case Severity::kDoubtful:
      return "\x1b[1;33m";
    case Severity::kNote:
      return "\x1b[36m";
    case Severity::kGood:
      return "\x1b[32m";
  }
  return "";
}

// Words in lines of at most `width` columns, all but the first behind an indent. A word that is
// longer than a line (a path) has one of its own.
std::string wrapped(const std::string& text, std::size_t width) {
  std::string out;
  std::size_t column = kIndent;
  for (const std::string& word : words_of(text)) {
    if (column > kIndent && column + 1 + word.size() > width) {
      out += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    }
    if (column > kIndent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

std::string tag(Severity severity, bool has_colour) {
  const std::string name(name_of(severity));
  const std::string padding(kIndent - name.size(), ' ');
  if (!has_colour) return name + padding;
  return std::string(colour_of(severity)) + name + "\x1b[0m" + padding;
}

// What is to be copied stays as it is, however long.
std::string mending(const std::string& mend) {
  std::string out;
  std::istringstream lines(mend);
  for (std::string line; std::getline(lines, line);)
    out += std::string(kIndent + 2, ' ') + printable(line, kLongest) + "\n";
  return out;
}

std::string render_one(const Finding& finding, std::size_t width, bool has_colour) {
  std::string out = tag(finding.severity, has_colour) +
                    wrapped(printable(finding.what, kLongest) + " [" + finding.id + "]", width);
  if (!finding.why.empty())
    out += std::string(kIndent, ' ') + wrapped(printable(finding.why, kLongest), width);
  return out + mending(finding.mend);
}

std::string totals(const Findings& findings) {
  std::array<std::size_t, 4> counts{};
  for (const Finding& finding : findings) ++counts.at(static_cast<std::size_t>(finding.severity));
  const auto [wrong, doubtful, notes, good] = counts;
  return std::to_string(wrong) + " wrong, " + std::to_string(doubtful) + " doubtful, " +
         std::to_string(notes) + (notes == 1 ? " note, " : " notes, ") + std::to_string(good) +
         " good\n";
}

}  // namespace

std::string render(const Findings& findings, std::size_t width, bool has_colour) {
  std::string out;
  for (const Finding& finding : findings) {
    const bool is_good = finding.severity == Severity::kGood;
    // An empty line after each that has more than one of its own.
    if (!is_good) out += render_one(finding, width, has_colour) + "\n";
    if (is_good)
      out += tag(finding.severity, has_colour) + wrapped(printable(finding.what, kLongest), width);
  }
  return out + (out.empty() || out.ends_with("\n\n") ? "" : "\n") + totals(findings);
}

std::string to_json(const Findings& findings) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Finding& finding : findings)
    array.push_back({{"id", finding.id},
                     {"severity", name_of(finding.severity)},
                     {"what", finding.what},
                     {"why", finding.why},
                     {"mend", finding.mend}});
  return array.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace idled::tools::doctor
