#include "policy/value.h"

#include <algorithm>

#include "base/duration.h"

namespace idled::policy {
namespace {

constexpr std::size_t kMostLeads = 16;
constexpr std::size_t kMostPrograms = 256;
constexpr std::size_t kLongestLine = 256;  // bytes

// `wanted` names the types for the error: a duration is not all that some keys take.
std::optional<seconds> read_span(const Field& field, std::string_view wanted) {
  const Node& node = field.node;
  if (node.type != Node::Type::kInteger && node.type != Node::Type::kString) {
    field.wrong_type(wanted);
    return std::nullopt;
  }
  const bool number = node.type == Node::Type::kInteger;
  const Result<seconds> value = parse_duration(number ? std::to_string(node.integer) : node.text);
  if (!value) {
    field.error(value.error().text);
    return std::nullopt;
  }
  return *value;
}

// Calls `read` for the value, or for each item if it is a list.
template <typename Reader>
void for_each(const Field& field, Reader read) {
  if (field.node.type != Node::Type::kList) return read(field);
  for (std::size_t i = 0; i < field.node.items.size(); ++i) read(field.item(i));
}

bool is_too_long(const Field& field, std::size_t most, std::string_view what) {
  if (field.node.items.size() <= most) return false;
  field.error(in_quotes(field.name) + " takes at most " + std::to_string(most) + ' ' +
              std::string(what));
  return true;
}

template <typename Items, typename Print>
std::string joined(const Items& items, Print print) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ", ";
    text += print(item);
  }
  return text.empty() ? "none" : text;
}

std::optional<std::string> read_program(const Field& field) {
  const std::string& name = field.node.text;
  if (field.node.type != Node::Type::kString) {
    field.wrong_type("names of programs");
  } else if (name.find('/') != std::string::npos) {
    field.error(in_quotes(name) + " is a path; a program goes by its name alone",
                name.substr(name.rfind('/') + 1));
  } else if (name.empty() || has_control(name)) {
    field.error(in_quotes(name) + " is not the name of a program");
  } else {
    return name;
  }
  return std::nullopt;
}

}  // namespace

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

std::string alternatives(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 < words.size() ? ", " : " or ";
    text += in_quotes(words[i]);
  }
  return text;
}

std::optional<std::size_t> read_one_of(const Field& field,
                                       std::span<const std::string_view> words) {
  if (field.node.type != Node::Type::kString) {
    field.wrong_type(alternatives(words));
    return std::nullopt;
  }
  const auto found = std::find(words.begin(), words.end(), field.node.text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  field.error(in_quotes(field.name) + " takes " + alternatives(words) + ", not " +
                  in_quotes(field.node.text),
              suggest(field.node.text, words));
  return std::nullopt;
}

std::optional<std::optional<seconds>> read_limit(const Field& field) {
  if (field.node.type == Node::Type::kString && field.node.text == "never")
    return std::optional<seconds>();
  if (field.node.type == Node::Type::kString) {
    constexpr std::string_view kNever[] = {"never"};
    if (std::string near = suggest(field.node.text, kNever); !near.empty()) {
      field.error(in_quotes(field.name) + " takes a duration or \"never\", not " +
                      in_quotes(field.node.text),
                  std::move(near));
      return std::nullopt;
    }
  }
  const std::optional<seconds> limit = read_span(field, "a duration or \"never\"");
  if (!limit) return std::nullopt;
  if (*limit < seconds(1)) {
    field.error(in_quotes(field.name) + " is at least a second; \"never\" switches it off",
                "never");
    return std::nullopt;
  }
  return limit;
}

std::optional<std::vector<seconds>> read_leads(const Field& field) {
  if (is_too_long(field, kMostLeads, "durations")) return std::nullopt;
  std::vector<seconds> leads;
  bool good = true;
  for_each(field, [&](const Field& item) {
    const std::optional<seconds> lead = read_span(item, "durations");
    if (lead && *lead < seconds(1)) item.error("a warning comes at least a second before");
    good = good && lead && *lead >= seconds(1);
    if (lead) leads.push_back(*lead);
  });
  if (!good) return std::nullopt;
  std::sort(leads.begin(), leads.end(), std::greater<>());
  leads.erase(std::unique(leads.begin(), leads.end()), leads.end());
  return leads;
}

std::optional<seconds> read_duration(const Field& field) {
  return read_span(field, "a duration");
}

std::optional<Programs> read_programs(const Field& field) {
  if (is_too_long(field, kMostPrograms, "programs")) return std::nullopt;
  std::vector<std::string> programs;
  bool good = true;
  for_each(field, [&](const Field& item) {
    std::optional<std::string> program = read_program(item);
    good = good && program;
    if (program) programs.push_back(*std::move(program));
  });
  if (!good) return std::nullopt;
  return Programs(std::move(programs));
}

std::optional<std::string> read_line(const Field& field) {
  const std::string& line = field.node.text;
  if (field.node.type != Node::Type::kString) {
    field.wrong_type("a line of text");
  } else if (has_control(line)) {
    field.error(in_quotes(field.name) + " is one line, without control characters");
  } else if (line.size() > kLongestLine) {
    field.error(in_quotes(field.name) + " takes at most " + std::to_string(kLongestLine) +
                " bytes, not " + std::to_string(line.size()));
  } else {
    return line;
  }
  return std::nullopt;
}

std::string print_value(const std::optional<seconds>& limit) {
  return limit ? format_duration(*limit) : "never";
}
std::string print_value(const std::vector<seconds>& leads) {
  return joined(leads, format_duration);
}
std::string print_value(seconds duration) {
  return format_duration(duration);
}
std::string print_value(const Programs& programs) {
  return joined(programs.names(), [](const std::string& name) { return name; });
}
std::string print_value(const std::string& line) {
  return line.empty() ? "none" : line;
}

}  // namespace idled::policy
