#include "policy/network.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace idled::policy {
namespace {

constexpr unsigned kMappedPrefix = 96;  // ::ffff:0:0/96 is IPv4

using Bytes = std::array<unsigned char, 16>;

std::uint64_t word(const Bytes& bytes, std::size_t from) {
  std::uint64_t value = 0;
  for (std::size_t i = from; i < from + 8; ++i) value = value << 8 | bytes[i];
  return value;
}

// The upper `prefix` of 64 bits.
std::uint64_t mask(unsigned prefix) {
  if (prefix == 0) return 0;
  return prefix >= 64 ? ~std::uint64_t{0} : ~std::uint64_t{0} << (64 - prefix);
}

Address masked(const Address& address, unsigned prefix) {
  return {address.high & mask(prefix), address.low & mask(prefix > 64 ? prefix - 64 : 0)};
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::string plain(text.substr(0, text.find('%')));
  in_addr v4{};
  if (inet_pton(AF_INET, plain.c_str(), &v4) == 1)
    return Address{0, std::uint64_t{0xffff} << 32 | ntohl(v4.s_addr)};
  Bytes v6{};
  if (inet_pton(AF_INET6, plain.c_str(), v6.data()) == 1) return Address{word(v6, 0), word(v6, 8)};
  return std::nullopt;
}

std::string format_address(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.is_v4()) {
    const in_addr v4{htonl(static_cast<std::uint32_t>(address.low))};
    inet_ntop(AF_INET, &v4, text, sizeof text);
    return text;
  }
  Bytes v6{};
  for (std::size_t i = 0; i < 8; ++i) {
    v6[i] = static_cast<unsigned char>(address.high >> (56 - 8 * i));
    v6[i + 8] = static_cast<unsigned char>(address.low >> (56 - 8 * i));
  }
  inet_ntop(AF_INET6, v6.data(), text, sizeof text);
  return text;
}

bool Network::contains(const Address& address) const {
  if (prefix < kMappedPrefix && address.is_v4()) return false;
  return masked(address, prefix) == base;
}

std::optional<NetworkText> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const std::optional<Address> address = parse_address(host);
  if (!address || text.find('%') != std::string_view::npos) return std::nullopt;
  // How it is written decides what its prefix counts: ::ffff:10.0.0.0/104 is 10/8.
  const unsigned offset = host.find(':') == std::string_view::npos ? kMappedPrefix : 0;
  unsigned prefix = 128 - offset;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* end = digits.data() + digits.size();
    unsigned number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc{} || stop != end || number > prefix) return std::nullopt;
    prefix = number;
  }
  prefix += offset;
  const Network network{masked(*address, prefix), prefix};
  return NetworkText{network, network.base != *address};
}

std::string format_network(const Network& network) {
  const unsigned offset =
      network.prefix >= kMappedPrefix && network.base.is_v4() ? kMappedPrefix : 0;
  return format_address(network.base) + '/' + std::to_string(network.prefix - offset);
}

}  // namespace idled::policy
