// Whole files: base/files.h, by the name that this folder knows.
#pragma once

#include "base/files.h"

namespace idled::system {

using idled::read_file;
using idled::read_trusted_file;
using idled::replace_file;

}  // namespace idled::system
