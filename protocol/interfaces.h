// The interface files of this build, as the daemon tells them to any Varlink client.
#pragma once

#include <array>
#include <string_view>

#include "protocol/messages.h"

namespace idled::protocol {

inline constexpr std::array kInterfaces{kServiceInterface, kInterface};

// The text of NAME.varlink; empty: there is none of that name.
std::string_view interface_text(std::string_view name);

}  // namespace idled::protocol
