#include "protocol/event_fields.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace idled::protocol {
namespace {

struct Text {
  std::string_view name;
  std::optional<std::string> Event::*member;
};
constexpr std::array<Text, 11> kTexts{{
    {"IDLED_SESSION", &Event::session},
    {"IDLED_USER", &Event::user},
    {"IDLED_SERVICE", &Event::service},
    {"IDLED_HOST", &Event::remote_host},
    {"IDLED_CAUSE", &Event::cause},
    {"IDLED_RULE", &Event::rule},
    {"IDLED_WITNESS", &Event::witness},
    {"IDLED_BY", &Event::by},
    {"IDLED_REASON", &Event::reason},
    {"IDLED_FORGED", &Event::forged},
    {"IDLED_RUNG", &Event::rung},
}};

struct Number {
  std::string_view name;
  std::optional<std::int64_t> Event::*member;
};
constexpr std::array<Number, 5> kNumbers{{
    {"IDLED_UID", &Event::uid},
    {"IDLED_LEADER", &Event::leader_pid},
    {"IDLED_LIMIT_SECONDS", &Event::limit_seconds},
    {"IDLED_IDLE_SECONDS", &Event::idle_seconds},
    {"IDLED_HOLD_SECONDS", &Event::hold_seconds},
}};

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

void set_field(Event& event, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (name == "IDLED_TERMINALS") event.terminals = words_of(value);
  for (const Text& text : kTexts)
    if (text.name == name) event.*text.member = std::string(value);
  for (const Number& number : kNumbers)
    if (number.name == name) event.*number.member = number_of(value);
}

}  // namespace idled::protocol
