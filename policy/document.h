// From the tree of one source to rules.
#pragma once

#include "policy/builder.h"
#include "policy/report.h"

namespace idled::policy {

// Reads the builder's current source, of which `root` is the tree. What is refused is
// in the report, and the builder is then good for nothing but more errors.
void read_document(const Node& root, Builder& builder, Report& report);

}  // namespace idled::policy
