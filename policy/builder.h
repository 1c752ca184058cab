// Puts a Compiled together, rule by rule.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "policy/compiled.h"

namespace idled::policy {

class Builder {
 public:
  // The source that all places are in, until the next one.
  void begin_source(SourceText source);
  void add_default(Stated stated);  // ignored if an earlier source states it

  // The terms and statements that follow are the rule's, until end_rule().
  void begin_rule(std::string name, Place place, std::uint32_t number);
  // The terms of one key come one after another.
  void add_term(MatchKey key, bool excludes, Pattern pattern, std::string_view spelling,
                Place place, const Path& path);
  void add_stated(Stated stated);
  void end_rule();

  [[nodiscard]] Place place(std::size_t offset) const;
  [[nodiscard]] const SourceText& source() const { return compiled_.sources.back(); }

  // The builder is of no use afterwards.
  Compiled take() { return std::move(compiled_); }

 private:
  AtomIndex intern(MatchKey key, Pattern pattern, std::string_view spelling);

  Compiled compiled_;
  std::unordered_map<std::string, AtomIndex> atoms_;  // by key and text
};

}  // namespace idled::policy
