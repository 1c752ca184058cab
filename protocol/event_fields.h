// Events are records, and those have fields as the journal names them.
#pragma once

#include <string_view>

#include "protocol/messages.h"

namespace idled::protocol {

// Takes one field over: "IDLED_USER", "alice". One that is empty, not known or not the number
// that it should be changes nothing.
void set_field(Event& event, std::string_view name, std::string_view value);

}  // namespace idled::protocol
