// Addresses and networks (CIDR, RFC 4632) of remote hosts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace idled::policy {

// 128 bits; an IPv4 address is held as its v4-mapped one (RFC 4291, 2.5.5.2), so
// that ::ffff:192.0.2.1, which a dual-stack sshd reports, equals 192.0.2.1.
struct Address {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const Address&) const = default;
  [[nodiscard]] bool is_v4() const { return high == 0 && low >> 32 == 0xffff; }
};

// The text of an address as inet_pton(3) takes it; a zone ("%eth0") is left out.
std::optional<Address> parse_address(std::string_view text);

// As inet_ntop(3) writes it; v4-mapped addresses as IPv4.
std::string format_address(const Address& address);

struct Network {
  Address base;         // bits beyond the prefix are zero
  unsigned prefix = 0;  // of the 128: an IPv4 /8 is held as 104

  bool operator==(const Network&) const = default;
  // A network wider than all of v4-mapped space (::/0) is meant for IPv6 alone.
  [[nodiscard]] bool contains(const Address& address) const;
};

struct NetworkText {
  Network network;
  bool has_host_bits = false;  // "10.0.0.7/8": `network` is what was probably meant
};

// "10.0.0.0/8", "2001:db8::/32", or a single address; none if it is neither.
std::optional<NetworkText> parse_network(std::string_view text);

// "10.0.0.0/8"
std::string format_network(const Network& network);

}  // namespace idled::policy
