// Where the tokens of a JSON text stand, and what its syntax errors mean.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace idled::policy {

// From `at`, past all that is no token: white space, comments, commas, colons.
std::size_t skip_filler(std::string_view text, std::size_t at);

// The end of the token that begins at `at`, in a text that is known to be well
// formed that far.
std::size_t token_end(std::string_view text, std::size_t at);

struct SyntaxTrouble {
  std::size_t offset;
  std::string message;
};

// What nlohmann's parser complains of, in words for somebody who edits a file.
// `last_end` is the end of the last good token; `read` how many bytes the parser has
// taken; `what` its message.
SyntaxTrouble explain_syntax(std::string_view text, std::size_t last_end, std::size_t read,
                             std::string_view what);

}  // namespace idled::policy
