#include "policy/json_tree.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "policy/json_scan.h"
#include "policy/source_text.h"

namespace idled::policy {
namespace {

constexpr std::size_t kMostDuplicates = 100;  // a text with more is not read on

// Takes nlohmann's events. They come in the order of the text, one a token, so the
// place of each is found by walking the text along with them (json_scan.h).
class TreeBuilder {
 public:
  using Json = nlohmann::json;

  TreeBuilder(std::string_view text, std::size_t deepest) : text_(text), deepest_(deepest) {
    if (text.starts_with("\xef\xbb\xbf")) end_ = 3;  // the parser skips this mark too
  }

  JsonTree take() && {
    if (!broken_) tree_.root = std::move(root_);
    return std::move(tree_);
  }

  bool null() { return add(Node::Type::kNull) != nullptr; }
  bool boolean(bool) { return add(Node::Type::kBoolean) != nullptr; }
  bool number_integer(Json::number_integer_t value) {
    add(Node::Type::kInteger)->integer = value;
    return true;
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    add(Node::Type::kInteger)->integer =
        static_cast<std::int64_t>(std::min<Json::number_unsigned_t>(value, kMost));
    return true;
  }
  bool number_float(Json::number_float_t, const std::string&) {
    return add(Node::Type::kReal) != nullptr;
  }
  bool string(std::string& value) {
    add(Node::Type::kString)->text = std::move(value);
    return true;
  }
  bool binary(Json::binary_t&) { return false; }  // not in JSON

  bool start_object(std::size_t) { return open(Node::Type::kObject); }
  bool start_array(std::size_t) { return open(Node::Type::kList); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    next_token();
    Frame& frame = open_.back();
    frame.key = std::move(name);
    frame.key_begin = begin_;
    frame.skip = !frame.seen.insert(frame.key).second;
    if (!frame.skip) return true;
    tree_.errors.push_back({begin_, pointer(), duplicate(frame)});
    broken_ = tree_.errors.size() >= kMostDuplicates;
    return !broken_;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) {
    const SyntaxTrouble trouble = explain_syntax(text_, end_, position, error.what());
    return fail(trouble.offset, trouble.message);
  }

 private:
  struct Frame {
    Node* node;  // stays where it is: its parent gets no child while it is open
    std::string key;
    std::size_t key_begin = 0;
    bool skip = false;  // the key stood there before
    std::unordered_set<std::string> seen;
  };

  void next_token() {
    begin_ = skip_filler(text_, end_);
    end_ = token_end(text_, begin_);
  }

  Node* add(Node::Type type) {
    next_token();
    Node node;
    node.type = type;
    node.begin = begin_;
    return place(std::move(node));
  }

  Node* place(Node node) {
    if (open_.empty()) return &(root_ = std::move(node));
    Frame& frame = open_.back();
    if (frame.node->type == Node::Type::kList)
      return &frame.node->items.emplace_back(std::move(node));
    if (frame.skip) return &(skipped_.emplace_back(std::move(node)));
    frame.node->members.push_back({frame.key, frame.key_begin, std::move(node)});
    return &frame.node->members.back().value;
  }

  bool open(Node::Type type) {
    if (open_.size() >= deepest_) {
      next_token();
      return fail(begin_, "nested deeper than " + std::to_string(deepest_) + " levels");
    }
    open_.push_back({add(type), {}, 0, false, {}});
    return true;
  }

  bool close() {
    next_token();
    open_.pop_back();
    return true;
  }

  bool fail(std::size_t offset, std::string message) {
    broken_ = true;
    tree_.errors.push_back({offset, pointer(), std::move(message)});
    return false;
  }

  // Of the value that is being read.
  std::string pointer() const {
    std::vector<Path> path(1);
    path.reserve(open_.size() + 1);  // a Path points to the one before it
    for (const Frame& frame : open_) {
      if (frame.node->type == Node::Type::kList) {
        // The item that an inner frame is filling is in the list already.
        const bool innermost = &frame == &open_.back();
        path.push_back(path.back().item(frame.node->items.size() - (innermost ? 0 : 1)));
      } else if (!frame.seen.empty()) {
        path.push_back(path.back().member(frame.key));
      }
    }
    return path.back().pointer();
  }

  std::string duplicate(const Frame& frame) const {
    const auto first = std::find_if(frame.node->members.begin(), frame.node->members.end(),
                                    [&](const Member& member) { return member.key == frame.key; });
    const auto line =
        1 +
        std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(first->begin), '\n');
    return "duplicate key " + in_quotes(frame.key) + "; the first is on line " +
           std::to_string(line);
  }

  std::string_view text_;
  std::size_t deepest_;
  std::size_t begin_ = 0;  // of the last token
  std::size_t end_ = 0;
  Node root_;
  std::vector<Frame> open_;
  std::deque<Node> skipped_;  // values of duplicate keys; a Frame may point into it
  bool broken_ = false;
  JsonTree tree_;
};

}  // namespace

std::string_view describe(Node::Type type) {
  switch (type) {
    case Node::Type::kNull:
      return "null";
    case Node::Type::kBoolean:
      return "true or false";
    case Node::Type::kInteger:
      return "a number";
    case Node::Type::kReal:
      return "a fraction";
    case Node::Type::kString:
      return "a string";
    case Node::Type::kList:
      return "a list";
    case Node::Type::kObject:
      return "an object";
  }
  return {};
}

JsonTree read_json(std::string_view text, std::size_t deepest) {
  // The parser takes one for the end of a comment; and it may be UTF-16.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return {std::nullopt, {{nul, "", "a NUL byte: a policy is text in UTF-8"}}};
  TreeBuilder builder(text, deepest);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder,
                            nlohmann::json::input_format_t::json, true, true);
  return std::move(builder).take();
}

}  // namespace idled::policy
