// The rules as resolve() wants them: numbers in rows, nothing to compare as text.
//
// A site may have a rule for each of ten thousand users. So every distinct pattern is
// an *atom*, and a rule is a few atom numbers. resolve() first finds which atoms are
// true of the login (names by one hash look-up each, whatever their number; only
// globs, networks and windows one by one), then walks the rules over those answers.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/match_table.h"
#include "policy/setting_table.h"
#include "policy/source_text.h"

namespace idled::policy {

using AtomIndex = std::uint32_t;
using SettingMask = std::uint16_t;  // bit n: Setting n

constexpr SettingMask mask_of(Setting setting) {
  return static_cast<SettingMask>(1U << static_cast<unsigned>(setting));
}

struct Atom {
  MatchKey key;
  Pattern pattern;
  std::string spelling;  // as the policy has it, without '!'
};

// Where something begins in a source.
struct Place {
  std::uint32_t source = 0;
  std::uint32_t offset = 0;  // bytes
};

struct Term {
  AtomIndex atom;
  MatchKey key;
  bool excludes;
};

// What is walked at every login.
struct RuleCode {
  std::uint32_t terms_begin = 0;
  std::uint32_t terms_end = 0;
  SettingMask states = 0;
};

struct Stated {
  Setting setting;
  Value value;
  Place place;  // of the value
};

// What is looked at only when a rule has matched, or is to be explained.
struct RuleText {
  std::string name;
  Place place;               // of the object
  std::uint32_t number = 0;  // in its source, for the JSON pointer
  std::uint32_t stated_begin = 0;
  std::uint32_t stated_end = 0;
};

// One mention of a group, for the warning that it does not exist.
struct GroupMention {
  AtomIndex atom;
  Place place;
  std::string pointer;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
using NameIndex = std::unordered_map<std::string, AtomIndex, TextHash, std::equal_to<>>;

struct Compiled {
  std::vector<SourceText> sources;
  std::vector<Atom> atoms;
  std::array<NameIndex, kMatchKeyCount> names;        // the atoms of Form::kName
  std::unordered_map<std::uint32_t, AtomIndex> uids;  // of kNumber, for `user`
  std::vector<AtomIndex> tried;                       // all other forms
  std::vector<AtomIndex> groups;                      // all of `group`
  bool asks_for_host = false;                         // whether any is of `host`
  std::vector<Term> terms;                            // of each rule, key by key
  std::vector<RuleCode> rules;
  std::vector<RuleText> texts;  // same order as `rules`
  std::vector<Stated> stated;
  std::array<std::optional<Stated>, kSettingCount> defaults;
  std::vector<GroupMention> group_mentions;

  [[nodiscard]] std::span<const Term> terms_of(std::size_t rule) const {
    const RuleCode& code = rules[rule];
    return {terms.data() + code.terms_begin, terms.data() + code.terms_end};
  }
  [[nodiscard]] std::span<const Stated> stated_by(std::size_t rule) const {
    const RuleText& text = texts[rule];
    return {stated.data() + text.stated_begin, stated.data() + text.stated_end};
  }
  // What the rule states for `setting`; null if nothing.
  [[nodiscard]] const Stated* find_stated(std::size_t rule, Setting setting) const;
  [[nodiscard]] const std::string& file_of(const Place& place) const {
    return sources[place.source].name();
  }
  [[nodiscard]] std::size_t line_of(const Place& place) const {
    return sources[place.source].line_of(place.offset);
  }
  [[nodiscard]] Diagnostic warning(const Place& place, std::string pointer,
                                   std::string message) const {
    return sources[place.source].diagnose(Severity::kWarning, place.offset, std::move(pointer),
                                          std::move(message));
  }
};

// What is known of an atom. Unknown: a group without an id.
enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };

// The ids of the groups.
struct Binding {
  std::unordered_multimap<gid_t, AtomIndex> members;  // who has the gid is in the group
  std::vector<Truth> start;                           // of every atom, before a login is known
};

}  // namespace idled::policy
