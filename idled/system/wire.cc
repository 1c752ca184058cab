#include "idled/system/wire.h"
#include "base/files.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <sstream>
#include <string>

namespace idled::system {
namespace {

// Of include/net/tcp_states.h.
constexpr int kEstablished = 1;
constexpr int kCloseWait = 8;  // the client will send no more

// An address as IPv6 has it, IPv4 mapped into it, so that two can be compared.
struct Endpoint {
  in6_addr address{};
  std::uint16_t port = 0;
  std::uint32_t interface = 0;  // of a link-local address
  bool operator==(const Endpoint& other) const {
    return std::memcmp(&address, &other.address, sizeof address) == 0 && port == other.port;
  }
};

struct Connection {
  Endpoint client;
  Endpoint server;
};

bool is_v4(const Endpoint& endpoint) {
  return IN6_IS_ADDR_V4MAPPED(&endpoint.address);
}

void map_v4(const void* v4, in6_addr& out) {
  out = {};
  out.s6_addr[10] = out.s6_addr[11] = 0xff;
  std::memcpy(&out.s6_addr[12], v4, 4);
}

std::optional<Endpoint> parse_endpoint(std::string address, const std::string& port) {
  Endpoint endpoint;
  if (const std::size_t scope = address.find('%'); scope != std::string::npos) {
    endpoint.interface = if_nametoindex(address.c_str() + scope + 1);
    address.resize(scope);
  }
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1)
    map_v4(&v4, endpoint.address);
  else if (inet_pton(AF_INET6, address.c_str(), &endpoint.address) != 1)
    return std::nullopt;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  return endpoint;
}

std::optional<Connection> parse_connection(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string client;
  std::string client_port;
  std::string server;
  std::string server_port;
  if (!(words >> client >> client_port >> server >> server_port)) return std::nullopt;
  const std::optional<Endpoint> from = parse_endpoint(client, client_port);
  const std::optional<Endpoint> to = parse_endpoint(server, server_port);
  if (!from || !to) return std::nullopt;
  return Connection{*from, *to};
}

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 diag{};
};

void put_address(const Endpoint& endpoint, std::uint32_t (&out)[4]) {
  if (is_v4(endpoint))
    std::memcpy(out, &endpoint.address.s6_addr[12], 4);
  else
    std::memcpy(out, &endpoint.address, sizeof out);
}

Request request_for(const Connection& connection) {
  Request request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;  // one socket, no dump
  inet_diag_req_v2& diag = request.diag;
  diag.sdiag_family = is_v4(connection.client) ? AF_INET : AF_INET6;
  diag.sdiag_protocol = IPPROTO_TCP;
  diag.idiag_ext = 1 << (INET_DIAG_INFO - 1);
  diag.idiag_states = ~0U;
  // From the socket's own point of view: we are the source.
  diag.id.idiag_sport = htons(connection.server.port);
  diag.id.idiag_dport = htons(connection.client.port);
  put_address(connection.server, diag.id.idiag_src);
  put_address(connection.client, diag.id.idiag_dst);
  diag.id.idiag_if = connection.client.interface;
  diag.id.idiag_cookie[0] = diag.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

Endpoint endpoint_of(std::uint8_t family, const std::uint32_t (&address)[4], std::uint16_t port) {
  Endpoint endpoint;
  if (family == AF_INET)
    map_v4(address, endpoint.address);
  else
    std::memcpy(&endpoint.address, address, sizeof endpoint.address);
  endpoint.port = ntohs(port);
  return endpoint;
}

bool is_meant(const inet_diag_msg& answer, const Connection& connection,
              const std::vector<ino_t>& sockets) {
  const bool connected = answer.idiag_state == kEstablished || answer.idiag_state == kCloseWait;
  return connected &&
         endpoint_of(answer.idiag_family, answer.id.idiag_src, answer.id.idiag_sport) ==
             connection.server &&
         endpoint_of(answer.idiag_family, answer.id.idiag_dst, answer.id.idiag_dport) ==
             connection.client &&
         std::find(sockets.begin(), sockets.end(), answer.idiag_inode) != sockets.end();
}

// "milliseconds since" at this offset of struct tcp_info.
nanoseconds since(const char* info, std::size_t offset) {
  std::uint32_t milliseconds = 0;
  std::memcpy(&milliseconds, info + offset, sizeof milliseconds);
  return std::chrono::milliseconds(milliseconds);
}

// tcpi_last_data_recv and _sent among the attributes behind the message.
std::optional<core::WireQuiet> last_data(const char* attributes, std::size_t size) {
  while (size >= sizeof(rtattr)) {
    rtattr attribute{};
    std::memcpy(&attribute, attributes, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > size) return std::nullopt;
    constexpr std::size_t kNeeded = offsetof(tcp_info, tcpi_last_data_recv) + sizeof(std::uint32_t);
    if (attribute.rta_type == INET_DIAG_INFO && attribute.rta_len >= RTA_LENGTH(kNeeded)) {
      const char* const info = attributes + RTA_LENGTH(0);
      return core::WireQuiet{since(info, offsetof(tcp_info, tcpi_last_data_recv)),
                             since(info, offsetof(tcp_info, tcpi_last_data_sent))};
    }
    const std::size_t step = RTA_ALIGN(attribute.rta_len);
    if (step > size) return std::nullopt;
    attributes += step;
    size -= step;
  }
  return std::nullopt;
}

// "0100007F" and "00000000000000000000000001000000" of /proc/net/tcp: words in the
// machine's byte order.
std::optional<std::string> address_of_hex(const std::string& hex) {
  std::array<std::uint32_t, 4> words{};
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  for (std::size_t i = 0; i < hex.size() / 8; ++i) {
    const char* const start = hex.data() + i * 8;
    if (std::from_chars(start, start + 8, words[i], 16).ptr != start + 8) return std::nullopt;
  }
  char text[INET6_ADDRSTRLEN];
  in6_addr v6{};
  std::memcpy(&v6, words.data(), sizeof v6);
  if (hex.size() == 8)
    inet_ntop(AF_INET, words.data(), text, sizeof text);
  else if (IN6_IS_ADDR_V4MAPPED(&v6))
    inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text);
  else
    inet_ntop(AF_INET6, &v6, text, sizeof text);
  return text;
}

// "ADDRESS PORT" of "HEX:HEX".
std::string endpoint_of_hex(const std::string& field) {
  const std::size_t colon = field.find(':');
  if (colon == std::string::npos) return {};
  const std::optional<std::string> address = address_of_hex(field.substr(0, colon));
  return address ? *address + " " + std::to_string(std::stoul(field.substr(colon + 1), nullptr, 16))
                 : std::string();
}

}  // namespace

Result<Wire> Wire::open() {
  OwnedFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG));
  if (!fd) return errno_error("sock_diag socket");
  return Wire(std::move(fd));
}

std::optional<core::WireQuiet> Wire::quiet_for(std::string_view ssh_connection,
                                               const std::vector<ino_t>& sockets) const {
  const std::optional<Connection> connection = parse_connection(ssh_connection);
  if (!connection || sockets.empty()) return std::nullopt;
  alignas(nlmsghdr) std::array<char, 8192> buffer;
  // An answer to an earlier question, left behind by an error, is not this one's.
  while (recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
  }
  const Request request = request_for(*connection);
  if (send(fd_.get(), &request, sizeof request, 0) != static_cast<ssize_t>(sizeof request))
    return std::nullopt;
  // The kernel has answered by the time that send() returns.
  const ssize_t got = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  nlmsghdr header{};
  inet_diag_msg answer{};
  constexpr std::size_t kFixed = NLMSG_LENGTH(sizeof answer);
  if (got < static_cast<ssize_t>(kFixed)) return std::nullopt;
  std::memcpy(&header, buffer.data(), sizeof header);
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || header.nlmsg_len > static_cast<std::size_t>(got))
    return std::nullopt;
  std::memcpy(&answer, buffer.data() + NLMSG_HDRLEN, sizeof answer);
  if (!is_meant(answer, *connection, sockets)) return std::nullopt;
  return last_data(buffer.data() + NLMSG_SPACE(sizeof answer), header.nlmsg_len - kFixed);
}

Connections Connections::read() {
  Connections connections;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const Result<std::string> text = read_file(path, std::size_t{64} << 20);
    if (!text) continue;
    std::istringstream lines(*text);
    std::string line;
    std::getline(lines, line);  // the heading
    while (std::getline(lines, line)) {
      std::istringstream fields(line);
      std::string number;
      std::string local;
      std::string remote;
      std::string state;
      std::string skipped;
      ino_t inode = 0;
      fields >> number >> local >> remote >> state;
      for (int i = 0; i < 5; ++i) fields >> skipped;  // queues, timers, retransmits, uid, timeout
      if (!(fields >> inode) || state != "01") continue;
      connections.by_inode_[inode] = endpoint_of_hex(remote) + " " + endpoint_of_hex(local);
    }
  }
  return connections;
}

std::string Connections::among(const std::vector<ino_t>& sockets) const {
  std::string found;
  for (const ino_t inode : sockets) {
    const auto it = by_inode_.find(inode);
    if (it == by_inode_.end()) continue;
    if (!found.empty() && found != it->second) return {};  // which is the user's cannot be told
    found = it->second;
  }
  return found;
}

}  // namespace idled::system
