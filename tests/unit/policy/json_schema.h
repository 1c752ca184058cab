// As much of JSON Schema (2020-12) as etc/policy.schema.json uses; throws on a word that
// it does not know, so that none is left unchecked.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>

namespace idled::policy::test {

using Json = nlohmann::json;

class JsonSchema {
 public:
  explicit JsonSchema(Json schema) : root_(std::move(schema)) {}

  [[nodiscard]] const Json& root() const { return root_; }
  [[nodiscard]] bool takes(const Json& value) const { return takes(root_, value); }
  // By the schema in $defs of that name.
  [[nodiscard]] bool takes(const std::string& definition, const Json& value) const {
    return takes(root_.at("$defs").at(definition), value);
  }

 private:
  [[nodiscard]] bool takes(const Json& schema, const Json& value) const {
    if (schema.is_boolean()) return schema.get<bool>();
    return std::all_of(schema.items().begin(), schema.items().end(), [&](const auto& entry) {
      return holds(schema, entry.key(), entry.value(), value);
    });
  }

  [[nodiscard]] bool any_takes(const Json& schemas, const Json& value) const {
    return std::any_of(schemas.begin(), schemas.end(),
                       [&](const Json& schema) { return takes(schema, value); });
  }
  [[nodiscard]] bool all_take(const Json& schemas, const Json& value) const {
    return std::all_of(schemas.begin(), schemas.end(),
                       [&](const Json& schema) { return takes(schema, value); });
  }

  [[nodiscard]] bool holds(const Json& schema, const std::string& word, const Json& wanted,
                           const Json& value) const {
    static const std::set<std::string> kSaysNothing = {"$schema", "$id",         "$defs",
                                                       "title",   "description", "default"};
    if (kSaysNothing.contains(word)) return true;
    if (word == "$ref")  // "#/$defs/NAME"
      return takes(root_.at(Json::json_pointer(wanted.get<std::string>().substr(1))), value);
    if (word == "anyOf") return any_takes(wanted, value);
    if (word == "allOf") return all_take(wanted, value);
    if (word == "not") return !takes(wanted, value);
    if (word == "const") return value == wanted;
    if (word == "enum") return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
    if (word == "type") return is_type(wanted, value);
    if (value.is_string()) return text_holds(word, wanted, value);
    if (value.is_object()) return object_holds(schema, word, wanted, value);
    if (value.is_array()) return list_holds(word, wanted, value);
    if (word == "minimum") return !value.is_number() || value >= wanted;
    if (word == "maximum") return !value.is_number() || value <= wanted;
    return is_known(word);
  }

  static bool is_type(const std::string& type, const Json& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    throw std::runtime_error("type " + type);
  }

  static bool text_holds(const std::string& word, const Json& wanted, const std::string& text) {
    if (word == "pattern") return std::regex_search(text, std::regex(wanted.get<std::string>()));
    if (word == "maxLength") return text.size() <= wanted;
    return is_known(word);
  }

  [[nodiscard]] bool list_holds(const std::string& word, const Json& wanted,
                                const Json& list) const {
    if (word == "minItems") return list.size() >= wanted;
    if (word == "maxItems") return list.size() <= wanted;
    if (word == "items")
      return std::all_of(list.begin(), list.end(),
                         [&](const Json& item) { return takes(wanted, item); });
    return is_known(word);
  }

  [[nodiscard]] bool object_holds(const Json& schema, const std::string& word, const Json& wanted,
                                  const Json& object) const {
    if (word == "required")
      return std::all_of(wanted.begin(), wanted.end(),
                         [&](const Json& key) { return object.contains(key); });
    if (word == "properties")
      return std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& property) {
        return !object.contains(property.key()) || takes(property.value(), object[property.key()]);
      });
    if (word == "additionalProperties")  // always false here
      return std::all_of(object.items().begin(), object.items().end(), [&](const auto& member) {
        return schema["properties"].contains(member.key());
      });
    return is_known(word);
  }

  // A word for values of another type.
  static bool is_known(const std::string& word) {
    static const std::set<std::string> kWords = {
        "pattern", "maxLength", "minItems",   "maxItems",
        "items",   "required",  "properties", "additionalProperties",
        "minimum", "maximum"};
    if (!kWords.contains(word)) throw std::runtime_error("schema word " + word);
    return true;
  }

  Json root_;
};

}  // namespace idled::policy::test
