#include "policy/parse.h"

#include "policy/builder.h"
#include "policy/document.h"
#include "policy/json_tree.h"
#include "policy/lint.h"
#include "policy/report.h"

namespace idled::policy {
namespace {

void read_source(const Source& source, Builder& builder, Report& report) {
  builder.begin_source(SourceText(source.name, source.text));
  const SourceText& text = builder.source();
  const JsonTree tree = read_json(text.text(), kDeepestNesting);
  for (const JsonError& error : tree.errors)
    report.add(text.diagnose(Severity::kError, error.offset, error.pointer, error.message));
  if (tree.root) read_document(*tree.root, builder, report);
}

// The first source with which there are too many bytes; null if there are not.
const Source* find_excess(std::span<const Source> sources) {
  std::size_t total = 0;
  for (const Source& source : sources)
    if ((total += source.text.size()) > kLargestSource) return &source;
  return nullptr;
}

Parsed refuse_size(const Source& source) {
  Parsed parsed;
  parsed.errors.emplace_back().file = source.name;
  parsed.errors.back().message =
      "a policy has at most " + std::to_string(kLargestSource) + " bytes, all its files together";
  return parsed;
}

}  // namespace

Parsed parse(std::span<const Source> sources) {
  if (const Source* excess = find_excess(sources)) return refuse_size(*excess);
  Builder builder;
  Report report(kMostErrors);
  for (const Source& source : sources) read_source(source, builder, report);
  Parsed parsed;
  parsed.errors = report.take_errors();
  if (!parsed.errors.empty()) return parsed;
  auto compiled = std::make_shared<const Compiled>(builder.take());
  parsed.warnings = lint(*compiled);
  parsed.policy = Policy(std::move(compiled));
  return parsed;
}

}  // namespace idled::policy
