#include "policy/document.h"

#include <algorithm>

#include "policy/value.h"

namespace idled::policy {
namespace {

constexpr std::size_t kLongestName = 64;      // bytes
constexpr std::size_t kLongestPattern = 256;  // bytes

using Names = std::vector<std::string_view>;

template <typename Table>
const auto* find_row(const Table& table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [name](const auto& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

class Reader {
 public:
  explicit Reader(Builder& builder) : builder_(builder) {}

  void read(const Field& root) {
    if (!expect_object(root, "a policy")) return;
    for (const Member& member : root.node.members) {
      const Field field = root.member(member);
      if (member.key == "defaults") {
        read_defaults(field);
      } else if (member.key == "rules") {
        read_rules(field);
      } else if (member.key != "$schema") {  // editors put their schema there
        refuse_key(root, member, "key", {"defaults", "rules"});
      }
    }
  }

 private:
  static bool expect_object(const Field& field, std::string_view what) {
    if (field.node.type == Node::Type::kObject) return true;
    field.error(std::string(what) + " is an object, not " + std::string(describe(field.node.type)));
    return false;
  }

  void read_defaults(const Field& defaults) {
    if (!expect_object(defaults, "\"defaults\"")) return;
    for (const Member& member : defaults.node.members)
      if (std::optional<Stated> stated = read_setting(defaults, member, {}))
        builder_.add_default(*std::move(stated));
  }

  void read_rules(const Field& rules) {
    if (rules.node.type != Node::Type::kList) return rules.wrong_type("a list of rules");
    for (std::size_t i = 0; i < rules.node.items.size(); ++i)
      read_rule(rules.item(i), static_cast<std::uint32_t>(i));
  }

  void read_rule(const Field& rule, std::uint32_t number) {
    if (!expect_object(rule, "a rule")) return;
    builder_.begin_rule(read_name(rule), builder_.place(rule.node.begin), number);
    for (const Member& member : rule.node.members) {
      if (member.key == "name") continue;
      if (member.key == "match") {
        read_match(rule.member(member));
      } else if (auto stated = read_setting(rule, member, {"name", "match"})) {
        builder_.add_stated(*std::move(stated));
      }
    }
    builder_.end_rule();
  }

  std::string read_name(const Field& rule) const {
    const auto found = std::find_if(rule.node.members.begin(), rule.node.members.end(),
                                    [](const Member& member) { return member.key == "name"; });
    if (found == rule.node.members.end()) {
      rule.error("a rule needs a \"name\": list and log say by it why a login ended");
      return {};
    }
    const Field field = rule.member(*found);
    const std::string& name = field.node.text;
    if (field.node.type != Node::Type::kString) {
      field.wrong_type("a name");
    } else if (name.empty() || name.size() > kLongestName || has_control(name)) {
      field.error("a rule's name has 1 to 64 bytes, without control characters");
    } else if (name == "defaults" || name == "built-in") {
      field.error(in_quotes(name) + " means what no rule gives; a rule needs another name");
    }
    return name;
  }

  // `others` are keys that may stand beside the settings here.
  std::optional<Stated> read_setting(const Field& parent, const Member& member, Names others) {
    const auto table = setting_table();
    const SettingRow* row = find_row(table, member.key);
    if (row == nullptr) {
      for (const SettingRow& each : table) others.push_back(each.name);
      refuse_key(parent, member, "setting", others);
      return std::nullopt;
    }
    std::optional<Value> value = row->read(parent.member(member));
    if (!value) return std::nullopt;
    return Stated{static_cast<Setting>(row - table.data()), *std::move(value),
                  builder_.place(member.value.begin)};
  }

  void read_match(const Field& match) {
    if (!expect_object(match, "\"match\"")) return;
    for (const Member& member : match.node.members) {
      const auto table = match_table();
      const MatchRow* row = find_row(table, member.key);
      if (row == nullptr) {
        Names names;
        for (const MatchRow& each : table) names.push_back(each.name);
        refuse_key(match, member, "key of a match", names);
        continue;
      }
      read_patterns(match.member(member), static_cast<MatchKey>(row - table.data()));
    }
  }

  void read_patterns(const Field& field, MatchKey key) {
    if (field.node.type != Node::Type::kList) return read_pattern(field, key);
    if (field.node.items.empty())
      field.error("this list matches nothing; without the key, everything matches");
    for (std::size_t i = 0; i < field.node.items.size(); ++i) read_pattern(field.item(i), key);
  }

  void read_pattern(const Field& field, MatchKey key) {
    if (field.node.type != Node::Type::kString)
      return field.wrong_type("a string or a list of strings");
    std::string_view text = field.node.text;
    const bool excludes = text.starts_with('!');
    if (excludes) text.remove_prefix(1);
    if (text.empty() || text.size() > kLongestPattern || has_control(text) ||
        text.starts_with('!') || text.front() == ' ' || text.back() == ' ')
      return field.error(in_quotes(field.node.text) + " is not a value of " +
                         in_quotes(field.name));
    std::variant<Pattern, Refusal> read = row_of(key).read(text);
    if (auto* refusal = std::get_if<Refusal>(&read))
      return field.error(std::move(refusal->message), std::move(refusal->suggestion));
    builder_.add_term(key, excludes, std::get<Pattern>(std::move(read)), text,
                      builder_.place(field.node.begin), field.path);
  }

  // Says why `member` cannot stand in `parent`: it belongs elsewhere, or not at all.
  void refuse_key(const Field& parent, const Member& member, std::string_view what,
                  const Names& names) const {
    if (parent.report.is_full()) return parent.report.count_error();
    const std::string_view key = member.key;
    const SettingRow* setting = find_row(setting_table(), key);
    const MatchRow* match = find_row(match_table(), key);
    const bool in_match = what == "key of a match";
    std::string message;
    std::string suggestion;
    if (match != nullptr && !in_match) {
      message = " belongs in the \"match\" of a rule";
    } else if (setting != nullptr) {
      message = in_match ? " is a setting; it belongs beside \"match\""
                         : " belongs in \"defaults\" or a rule";
    } else {
      suggestion = suggest(key, names);
      message = " is not a known " + std::string(what);
    }
    parent.error_at(member.begin, parent.path.member(key), in_quotes(key) + message,
                    std::move(suggestion));
  }

  Builder& builder_;
};

}  // namespace

void read_document(const Node& root, Builder& builder, Report& report) {
  Reader(builder).read({builder.source(), report, "", root, {}});
}

}  // namespace idled::policy
