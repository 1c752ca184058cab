// The interface files are what others code against, and nothing compiles them: here what the
// daemon serves of them is held against what the encoders write.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>

#include "protocol/interfaces.h"
#include "protocol/messages.h"

namespace idled::protocol {
namespace {

struct Field {
  std::string type;  // "int", "[]string", "Terminal"
  bool optional = false;
};
using Fields = std::map<std::string, Field>;

// Name to fields; a method NAME has two entries, "NAME()" and "NAME->".
struct Interface {
  std::string name;
  std::map<std::string, Fields> types, methods, errors;
};

// As much of Varlink's grammar as the file uses; throws where it departs from it.
// Source: https://varlink.org/Interface-Definition
class Parser {
 public:
  explicit Parser(std::istream& file) {
    for (std::string line; std::getline(file, line);) split(line.substr(0, line.find('#')));
  }

  Interface interface() {
    Interface result;
    expect("interface");
    result.name = take();
    while (at_ < tokens_.size()) {
      const std::string keyword = take();
      const std::string name = take();
      if (std::isupper(static_cast<unsigned char>(name[0])) == 0)
        throw std::runtime_error(name + " does not begin with a capital");
      if (keyword == "type") {
        result.types[name] = fields();
      } else if (keyword == "error") {
        result.errors[name] = fields();
      } else if (keyword == "method") {
        result.methods[name + "()"] = fields();
        expect("->");
        result.methods[name + "->"] = fields();
      } else {
        throw std::runtime_error("unexpected " + keyword);
      }
    }
    return result;
  }

 private:
  void split(const std::string& line) {
    for (std::size_t i = 0; i < line.size();) {
      const auto is_word = [&](std::size_t at) {
        return std::isalnum(static_cast<unsigned char>(line[at])) != 0 || line[at] == '_' ||
               line[at] == '.';
      };
      std::size_t end = i + 1;
      if (is_word(i))
        while (end < line.size() && is_word(end)) ++end;
      else if (line.compare(i, 2, "->") == 0 || line.compare(i, 2, "[]") == 0)
        ++end;
      if (line[i] != ' ') tokens_.push_back(line.substr(i, end - i));
      i = end;
    }
  }
  std::string take() {
    if (at_ == tokens_.size()) throw std::runtime_error("the file ends too early");
    return tokens_[at_++];
  }
  bool take_if(const std::string& token) {
    const bool is_next = at_ < tokens_.size() && tokens_[at_] == token;
    if (is_next) ++at_;
    return is_next;
  }
  void expect(const std::string& token) {
    if (const std::string found = take(); found != token)
      throw std::runtime_error("'" + found + "' where '" + token + "' belongs");
  }
  Fields fields() {
    Fields result;
    expect("(");
    if (take_if(")")) return result;
    do {
      const std::string name = take();
      expect(":");
      Field field;
      field.optional = take_if("?");
      if (take_if("[]")) field.type = "[]";
      field.type += take();
      if (!result.emplace(name, field).second) throw std::runtime_error(name + " is there twice");
    } while (take_if(","));
    expect(")");
    return result;
  }

  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
};

Interface parse(std::string_view name) {
  std::istringstream text{std::string(interface_text(name))};
  return Parser(text).interface();
}

const Interface& interface() {
  static const Interface parsed = parse(kInterface);
  return parsed;
}

const Interface& service_interface() {
  static const Interface parsed = parse(kServiceInterface);
  return parsed;
}

// What the file may call a value that an encoder wrote; "" for null.
std::string type_of(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_number_integer()) return "int";
  if (value.is_boolean()) return "bool";
  if (value.is_object()) return "Explained";
  return value.is_array() ? "[]" : "";
}

// `message` is a default value as encoded: what is optional in it is null.
void expect_same(const Fields& fields, const Json& message) {
  for (const auto& [name, field] : fields)
    EXPECT_TRUE(message.contains(name)) << name << " is not in the messages";
  for (const auto& [name, value] : message.items()) {
    const auto it = fields.find(name);
    if (it == fields.end()) {
      ADD_FAILURE() << name << " is not in the file";
      continue;
    }
    EXPECT_EQ(it->second.optional, value.is_null()) << name;
    if (!value.is_null()) {
      EXPECT_TRUE(it->second.type.starts_with(type_of(value))) << name << ": " << it->second.type;
    }
  }
}

template <typename M>
void expect_same(const Fields& fields, const M& message) {
  expect_same(fields, Json::parse(encode(message)));
}

TEST(VarlinkFile, IsOfThisInterface) {
  EXPECT_EQ(interface().name, kInterface);
  EXPECT_EQ(service_interface().name, kServiceInterface);
  EXPECT_EQ(interface_text("io.idled"), "");
}

TEST(VarlinkFile, IsServedAsItIsInstalled) {
  std::ifstream file(VARLINK_FILE);
  ASSERT_TRUE(file) << VARLINK_FILE;
  std::ostringstream installed;
  installed << file.rdbuf();
  EXPECT_EQ(interface_text(kInterface), installed.str());
}

TEST(VarlinkFile, TheServiceInterfaceIsVarlinks) {
  const auto& methods = service_interface().methods;
  EXPECT_EQ(methods.size(), 4U);
  expect_same(methods.at("GetInfo()"), Json::object());
  expect_same(methods.at("GetInfo->"), GetInfoReply{});
  expect_same(methods.at("GetInterfaceDescription()"), GetInterfaceDescriptionRequest{});
  expect_same(methods.at("GetInterfaceDescription->"), GetInterfaceDescriptionReply{});
  const auto& errors = service_interface().errors;
  EXPECT_EQ(errors.size(), 6U);
  for (const auto& [error, parameter] : {std::pair{kInterfaceNotFound, "interface"},
                                         {kMethodNotFound, "method"},
                                         {kMethodNotImplemented, "method"},
                                         {kInvalidParameter, "parameter"}})
    expect_same(errors.at(std::string(error.substr(kServiceInterface.size() + 1))),
                Json::parse(error_parameter(parameter, "x")));
  for (const auto error : {kPermissionDenied, kExpectedMore})
    EXPECT_TRUE(errors.at(std::string(error.substr(kServiceInterface.size() + 1))).empty());
}

TEST(VarlinkFile, HasTheMethodsAndErrorsWeName) {
  const auto full = [](const std::string& name) { return std::string(kInterface) + "." + name; };
  std::set<std::string> methods, errors;
  for (const auto& [name, fields] : interface().methods)
    methods.insert(full(name.substr(0, name.size() - 2)));
  for (const auto& [name, fields] : interface().errors) errors.insert(full(name));
  EXPECT_EQ(methods,
            (std::set<std::string>{
                std::string(kRegister), std::string(kRelease), std::string(kList),
                std::string(kKick), std::string(kHold), std::string(kStatus), std::string(kExplain),
                std::string(kReload), std::string(kMetrics), std::string(kEvents)}));
  EXPECT_EQ(errors, (std::set<std::string>{std::string(kNoSuchSession), std::string(kLeaderRefused),
                                           std::string(kStillThere), std::string(kHoldRefused),
                                           std::string(kPolicyRefused), std::string(kTooSlow)}));
}

TEST(VarlinkFile, MethodsHaveTheFieldsOfTheMessages) {
  const auto& methods = interface().methods;
  expect_same(methods.at("Register()"), RegisterRequest{});
  expect_same(methods.at("Register->"), RegisterReply{});
  expect_same(methods.at("Release()"), ReleaseRequest{});
  expect_same(methods.at("Release->"), Json::object());
  expect_same(methods.at("List()"), ListRequest{});
  expect_same(methods.at("List->"), ListReply{});
  expect_same(methods.at("Kick()"), KickRequest{});
  expect_same(methods.at("Kick->"), KickReply{});
  expect_same(methods.at("Hold()"), HoldRequest{});
  expect_same(methods.at("Hold->"), HoldReply{});
  expect_same(methods.at("Status()"), Json::object());
  expect_same(methods.at("Status->"), StatusReply{});
  expect_same(methods.at("Explain()"), ExplainRequest{});
  expect_same(methods.at("Explain->"), ExplainReply{});
  expect_same(methods.at("Reload()"), Json::object());
  expect_same(methods.at("Reload->"), ReloadReply{});
  expect_same(methods.at("Metrics()"), Json::object());
  expect_same(methods.at("Metrics->"), MetricsReply{});
  expect_same(methods.at("Events()"), EventsRequest{});
  expect_same(methods.at("Events->"), EventsReply{});
}

TEST(VarlinkFile, TypesHaveTheFieldsOfTheMessages) {
  ListReply list;
  list.sessions.emplace_back();
  const Json session = Json::parse(encode(list))["sessions"][0];
  expect_same(interface().types.at("Session"), session);
  list.sessions[0].terminals.emplace_back();
  expect_same(interface().types.at("Terminal"),
              Json::parse(encode(list))["sessions"][0]["terminals"][0]);
  const Json kick = Json::parse(encode(KickReply{{}, {{}}}));
  expect_same(interface().types.at("KickedLogin"), kick["logins"][0]);
  const Json explained =
      Json::parse(encode(ExplainReply{{}, "", "", {{}}, {{"", "", 0, false, {{}}, {}}}, 0}));
  expect_same(interface().types.at("ExplainedLogin"), explained["login"]);
  expect_same(interface().types.at("ExplainedSetting"), explained["settings"][0]);
  expect_same(interface().types.at("ExplainedRule"), explained["rules"][0]);
  expect_same(interface().types.at("ExplainedMismatch"), explained["rules"][0]["mismatches"][0]);
  expect_same(interface().types.at("Event"), Event{});
  MetricsReply counted;
  counted.sessions.emplace_back();
  counted.registrations_within.emplace_back();
  const Json metrics = Json::parse(encode(counted));
  expect_same(interface().types.at("NamedCount"), metrics["sessions"][0]);
  expect_same(interface().types.at("LatencyCount"), metrics["registrations_within"][0]);
  EXPECT_EQ(interface().types.size(), 10U);
}

TEST(VarlinkFile, ErrorsHaveTheirParameters) {
  const auto& errors = interface().errors;
  expect_same(errors.at("NoSuchSession"), Json::parse(error_parameter("id", "c3")));
  expect_same(errors.at("LeaderRefused"), Json::parse(error_parameter("reason", "x")));
  expect_same(errors.at("StillThere"), StillThereError{});
  EXPECT_TRUE(errors.at("TooSlow").empty());
  EXPECT_EQ(errors.size(), 6U);
  expect_same(errors.at("HoldRefused"), HoldRefusedError{});
  expect_same(errors.at("PolicyRefused"), PolicyRefusedError{});
}

TEST(VarlinkFile, EveryTypeNamedIsDefined) {
  const auto check = [](const std::map<std::string, Fields>& group) {
    for (const auto& [owner, fields] : group) {
      for (const auto& [name, field] : fields) {
        const std::string type = field.type.starts_with("[]") ? field.type.substr(2) : field.type;
        const bool is_known =
            type == "string" || type == "int" || type == "bool" || interface().types.contains(type);
        EXPECT_TRUE(is_known) << owner << " " << name << ": " << type;
      }
    }
  };
  check(interface().types);
  check(interface().methods);
  check(interface().errors);
}

}  // namespace
}  // namespace idled::protocol
