// What is wrong with a policy, and where: data, and as a compiler prints it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace idled::policy {

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string file;         // the Source's name
  std::size_t line = 0;     // from 1; 0: the file as a whole
  std::size_t column = 0;   // from 1, in bytes
  std::string pointer;      // RFC 6901: "/rules/2/match/user"; empty: the whole document
  std::string message;      // a sentence without its full stop
  std::string suggestion;   // the text that was probably meant; empty: none
  std::string source_line;  // the line, or a piece of at most 120 bytes round the column
  std::size_t caret = 0;    // where in source_line the column is, from 0
};

// FILE:LINE:COLUMN: error: MESSAGE [POINTER]
//     the source line
//     ^ did you mean 'SUGGESTION'?
// Plain ASCII, whatever the file holds; ends in a newline.
std::string render(const Diagnostic& diagnostic);
std::string render(const std::vector<Diagnostic>& diagnostics);

}  // namespace idled::policy
