#include "policy/network.h"

#include <gtest/gtest.h>

namespace idled::policy {
namespace {

TEST(Address, ReadsAndWrites) {
  const std::pair<const char*, const char*> kCases[] = {
      {"192.0.2.7", "192.0.2.7"},
      {"::ffff:192.0.2.7", "192.0.2.7"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"fe80::1%eth0", "fe80::1"},
      {"::1", "::1"},
      {"::", "::"},
  };
  for (const auto& [text, written] : kCases) {
    ASSERT_TRUE(parse_address(text)) << text;
    EXPECT_EQ(format_address(*parse_address(text)), written);
  }
  for (const char* bad : {"", "1.2.3", "1.2.3.256", "1.2.3.4/32", "2001:db8", "host", "1.2.3.4 "})
    EXPECT_FALSE(parse_address(bad)) << bad;
}

struct Case {
  const char* network;
  const char* address;
  bool contains;
};

TEST(Network, Contains) {
  constexpr Case kCases[] = {
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/8", "::ffff:10.1.2.3", true},
      {"::ffff:10.0.0.0/104", "10.1.2.3", true},
      {"::ffff:10.0.0.0/104", "11.1.2.3", false},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.8", false},
      {"192.0.2.6/31", "192.0.2.7", true},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "203.0.113.9", false},
      {"::/0", "::ffff:203.0.113.9", false},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::1", false},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"2001:db8:0:1::/64", "2001:db8:0:1:ffff::", true},
      {"2001:db8:0:1::/64", "2001:db8:0:2::", false},
      {"2001:db8::8/125", "2001:db8::f", true},
      {"2001:db8::8/125", "2001:db8::10", false},
      {"2001:db8::1/128", "2001:db8::1", true},
      {"fe80::/10", "fe80::1%eth0", true},
  };
  for (const Case& each : kCases) {
    const auto network = parse_network(each.network);
    ASSERT_TRUE(network) << each.network;
    EXPECT_EQ(network->network.contains(*parse_address(each.address)), each.contains)
        << each.network << " " << each.address;
  }
}

TEST(Network, NoticesHostBits) {
  const auto network = parse_network("10.1.2.3/8");
  ASSERT_TRUE(network);
  EXPECT_TRUE(network->has_host_bits);
  EXPECT_EQ(format_network(network->network), "10.0.0.0/8");
  EXPECT_FALSE(parse_network("10.0.0.0/8")->has_host_bits);
  EXPECT_EQ(format_network(parse_network("2001:db8::1/32")->network), "2001:db8::/32");
  EXPECT_EQ(format_network(parse_network("0.0.0.0/0")->network), "0.0.0.0/0");
}

TEST(Network, RefusesWhatIsNone) {
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                          "10.0.0/8", "2001:db8::/129", "fe80::1%eth0", "host/8", "10.0.0.0/8/8"})
    EXPECT_FALSE(parse_network(bad)) << bad;
}

}  // namespace
}  // namespace idled::policy
