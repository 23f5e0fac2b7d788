#include "net/allow_list.h"

#include <cstring>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace limpid::net {
namespace {

// check_address for an address as text.
Result<void> check(const AllowList& list, const std::string& address, std::string_view host = "host.example",
                   std::uint16_t port = 443) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  if (::inet_pton(AF_INET, address.c_str(), &four.sin_addr) == 1)
    return list.check_address(host, port, reinterpret_cast<const sockaddr*>(&four));
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, address.c_str(), &six.sin6_addr), 1) << address;
  return list.check_address(host, port, reinterpret_cast<const sockaddr*>(&six));
}

AllowList listing(std::initializer_list<std::string_view> entries) {
  AllowList list;
  for (const std::string_view entry : entries) EXPECT_TRUE(list.allow(entry)) << entry;
  return list;
}

TEST(ParseNetwork, AddressesAndPrefixes) {
  const auto ten = parse_network("10.1.2.3/8");
  ASSERT_TRUE(ten);
  EXPECT_EQ(ten->prefix, 104);
  const std::uint8_t expected[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0};
  EXPECT_EQ(std::memcmp(ten->address, expected, 16), 0) << "bits behind the prefix are cleared";
  EXPECT_EQ(parse_network("192.0.2.7")->prefix, 128);
  EXPECT_EQ(parse_network("::1")->prefix, 128);
  EXPECT_EQ(parse_network("2001:db8::/33")->prefix, 33);
  const auto mapped = parse_network("::ffff:10.0.0.0/104");
  ASSERT_TRUE(mapped);
  EXPECT_EQ(std::memcmp(mapped->address, expected, 16), 0);
  EXPECT_EQ(parse_network("0.0.0.0/0")->prefix, 96);
}

TEST(ParseNetwork, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8",
                                      "10.0.0/8", "0x0a.0.0.0/8", "example.com", "10.0.0.0/08888", "[::1]", "::1%lo"}) {
    const auto network = parse_network(text);
    ASSERT_FALSE(network) << text;
    EXPECT_EQ(network.error().code(), Code::usage) << text;
  }
}

TEST(AllowList, RefusesSpecialAddresses) {
  const AllowList list;
  // The first and last of each range, and its neighbours outside.
  for (const std::string address : {"0.0.0.0",
                                    "0.255.255.255",
                                    "10.0.0.0",
                                    "10.255.255.255",
                                    "100.64.0.0",
                                    "100.127.255.255",
                                    "127.0.0.1",
                                    "127.255.255.255",
                                    "169.254.0.0",
                                    "169.254.169.254",
                                    "172.16.0.0",
                                    "172.31.255.255",
                                    "192.0.0.170",
                                    "192.0.2.1",
                                    "192.88.99.1",
                                    "192.168.0.0",
                                    "192.168.255.255",
                                    "198.18.0.0",
                                    "198.19.255.255",
                                    "198.51.100.9",
                                    "203.0.113.5",
                                    "224.0.0.1",
                                    "239.255.255.255",
                                    "240.0.0.1",
                                    "255.255.255.255",
                                    "168.63.129.16",
                                    "::",
                                    "::1",
                                    "::ffff:127.0.0.1",
                                    "::ffff:10.0.0.1",
                                    "::ffff:169.254.169.254",
                                    "::127.0.0.1",
                                    "::ffff:0:127.0.0.1",
                                    "64:ff9b::127.0.0.1",
                                    "64:ff9b::10.1.2.3",
                                    "64:ff9b::a9fe:a9fe",
                                    "64:ff9b:1::1",
                                    "100::1",
                                    "2001::1",
                                    "2001:1ff:ffff::",
                                    "2001:db8::1",
                                    "2002:7f00:1::",
                                    "2002:808:808::",
                                    "3fff::1",
                                    "3fff:fff:ffff::1",
                                    "4000::1",
                                    "fc00::1",
                                    "fd00:ec2::254",
                                    "fdff::1",
                                    "fe80::1",
                                    "febf::1",
                                    "fec0::1",
                                    "ff02::1",
                                    "5f00::1"}) {
    const auto checked = check(list, address);
    ASSERT_FALSE(checked) << address;
    EXPECT_EQ(checked.error().code(), Code::usage) << address;
    EXPECT_NE(checked.error().message().find("not allowed"), std::string::npos) << checked.error().message();
  }
}

TEST(AllowList, TakesPublicAddresses) {
  const AllowList list;
  for (const std::string address :
       {"1.0.0.0",          "9.255.255.255",   "11.0.0.0",        "100.63.255.255",   "100.128.0.0",
        "126.255.255.255",  "128.0.0.1",       "169.253.255.255", "169.255.0.0",      "172.15.255.255",
        "172.32.0.0",       "192.0.1.1",       "192.167.255.255", "192.169.0.0",      "198.17.255.255",
        "198.20.0.0",       "223.255.255.255", "8.8.8.8",         "168.63.129.15",    "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8", "2000::1",         "2001:200::1",     "2001:db7:ffff::1", "2001:db9::1",
        "2003::1",          "2606:4700::1111", "3ffe::1",         "3fff:1000::1"}) {
    const auto checked = check(list, address);
    EXPECT_TRUE(checked) << address << ": " << checked.error().message();
  }
}

TEST(AllowList, OtherFamiliesAreRefused) {
  sockaddr_storage local{};
  local.ss_family = AF_UNIX;
  EXPECT_FALSE(AllowList().check_address("host.example", 80, reinterpret_cast<const sockaddr*>(&local)));
  EXPECT_FALSE(AllowList().check_address("host.example", 80, nullptr));
}

TEST(AllowList, ListedNetworks) {
  const AllowList list = listing({"10.0.0.0/8", "fd00::/48", "127.0.0.1", "[::1]"});
  for (const std::string address :
       {"10.200.3.4", "::ffff:10.1.1.1", "64:ff9b::10.1.1.1", "fd00::77", "127.0.0.1", "::1"})
    EXPECT_TRUE(check(list, address)) << address;
  for (const std::string address : {"192.168.1.1", "fd00:0:1::1", "127.0.0.2", "::2", "64:ff9b::127.0.0.2"})
    EXPECT_FALSE(check(list, address)) << address;
  EXPECT_TRUE(check(list, "8.8.8.8")) << "public ones stay allowed";
}

TEST(AllowList, AllOfIpv6IsNotAllOfIpv4) {
  EXPECT_FALSE(check(listing({"::/0"}), "10.0.0.1"));
  EXPECT_TRUE(check(listing({"::/0"}), "fd00::1"));
  EXPECT_TRUE(check(listing({"0.0.0.0/0"}), "10.0.0.1"));
  EXPECT_FALSE(check(listing({"0.0.0.0/0"}), "fd00::1"));
}

TEST(AllowList, ListedHostsMayHaveAnyAddress) {
  const AllowList list = listing(
      {"registry.internal", "Other.Internal:5000", "*.corp.example", "localhost", "10.1.1.1:5000", "[fd00::1]:443"});
  EXPECT_TRUE(check(list, "10.0.0.1", "registry.internal", 80));
  EXPECT_TRUE(check(list, "10.0.0.1", "REGISTRY.internal.", 8080));
  EXPECT_FALSE(check(list, "10.0.0.1", "xregistry.internal"));
  EXPECT_FALSE(check(list, "10.0.0.1", "a.registry.internal"));
  EXPECT_TRUE(check(list, "10.0.0.1", "other.internal", 5000));
  EXPECT_FALSE(check(list, "10.0.0.1", "other.internal", 5001));
  EXPECT_TRUE(check(list, "10.0.0.1", "a.b.corp.example"));
  EXPECT_FALSE(check(list, "10.0.0.1", "corp.example"));
  EXPECT_FALSE(check(list, "10.0.0.1", "evilcorp.example"));
  EXPECT_TRUE(check(list, "127.0.0.1", "localhost"));
  EXPECT_TRUE(check(list, "10.1.1.1", "10.1.1.1", 5000));
  EXPECT_TRUE(check(list, "10.1.1.1", "10.1.257", 5000)) << "the same host in another spelling";
  EXPECT_FALSE(check(list, "10.1.1.1", "10.1.1.1", 5001));
  EXPECT_TRUE(check(list, "fd00::1", "[fd00:0::1]", 443));
}

TEST(AllowList, OnlyListed) {
  AllowList list = listing({"registry.internal", "10.0.0.0/8"});
  list.only_listed();
  EXPECT_TRUE(check(list, "8.8.8.8", "registry.internal"));
  EXPECT_TRUE(check(list, "10.0.0.1"));
  EXPECT_FALSE(check(list, "8.8.8.8"));
  EXPECT_TRUE(list.check_url("http://registry.internal/x"));
  EXPECT_TRUE(list.check_url("http://10.0.0.1/x"));
  EXPECT_FALSE(list.check_url("http://8.8.8.8/x"));
  EXPECT_TRUE(list.check_url("http://other.example/x")) << "may lead into 10.0.0.0/8";
  AllowList hosts_only = listing({"registry.internal"});
  hosts_only.only_listed();
  EXPECT_FALSE(hosts_only.check_url("http://other.example/x"));
}

TEST(AllowList, EntriesThatAreNeither) {
  for (const std::string_view entry : {"",          "*",     "*.",          ".corp.example", "a..b",      "http://host",
                                       "host/path", "host:", "host:0",      "host:65536",    "host:x",    "10.0.0.0/40",
                                       "127.1",     "1.2.3", "h\xc3\xb6st", "ho st",         "user@host", "*.*.corp",
                                       "[::1",      "::1]",  "fe80::1%lo"}) {
    AllowList list;
    const auto allowed = list.allow(entry);
    ASSERT_FALSE(allowed) << entry;
    EXPECT_EQ(allowed.error().code(), Code::usage);
  }
}

TEST(AllowList, UrlsThatCouldNeverBeAllowed) {
  const AllowList list;
  for (const std::string_view url : {"",
                                     "/etc/passwd",
                                     "host/path",
                                     "file:///etc/passwd",
                                     "ftp://host.example/",
                                     "gopher://host.example/",
                                     "dict://host.example/",
                                     "javascript:1",
                                     "http://",
                                     "http:///path",
                                     "http://user@host.example/",
                                     "http://user:secret@host.example/",
                                     "http://:secret@host.example/",
                                     "http://localhost/",
                                     "http://LOCALHOST./",
                                     "http://a.localhost/",
                                     "http://127.0.0.1/",
                                     "http://127.1/",
                                     "http://0x7f000001/",
                                     "http://0x7f.1/",
                                     "http://2130706433/",
                                     "http://017700000001/",
                                     "http://0177.0.0.1/",
                                     "http://127.0.0.1./",
                                     "http://%31%32%37.1/",
                                     "http://[::1]/",
                                     "http://[::]/",
                                     "http://[::ffff:127.0.0.1]/",
                                     "http://[::ffff:7f00:1]/",
                                     "http://[0:0:0:0:0:ffff:7f00:1]/",
                                     "http://[64:ff9b::7f00:1]/",
                                     "http://[fe80::1%25eth0]/",
                                     "http://[fe80::1]/",
                                     "http://[fc00::1]/",
                                     "http://169.254.169.254/latest",
                                     "http://100.64.1.1/",
                                     "http://0.0.0.0/",
                                     "http://0/",
                                     "http://10.0.0.1:8080/",
                                     "http://192.168.1.1/",
                                     "http://host.example:0/",
                                     "http://host.example:99999/",
                                     "http://h\xc3\xb6st.example/",
                                     "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1/",
                                     "http://host.example\\@127.0.0.1/",
                                     "http://ho st/",
                                     "http://host.example/\r\nX: y",
                                     "http://127.0.0.1#@host.example/",
                                     "http://127.0.0.1?@host.example/"}) {
    const auto checked = list.check_url(url);
    ASSERT_FALSE(checked) << url;
    EXPECT_EQ(checked.error().code(), Code::usage) << url;
    EXPECT_EQ(checked.error().message().find("secret"), std::string::npos) << "credentials are not repeated";
  }
  EXPECT_FALSE(list.check_url(std::string("http://host.example/\0x", 22)));
  EXPECT_FALSE(list.check_url("http://host.example/" + std::string(40000, 'a')));
}

TEST(AllowList, UrlsThatMayBe) {
  const AllowList list;
  for (const std::string_view url : {"http://host.example", "https://host.example:8443/v2/a?b=c#d", "HTTP://HOST/",
                                     "https://8.8.8.8/", "https://[2606:4700::1111]:443/", "http://0x08080808/"})
    EXPECT_TRUE(list.check_url(url)) << url;
  const AllowList here = listing({"localhost", "127.0.0.1:8080"});
  EXPECT_TRUE(here.check_url("http://localhost:99/"));
  EXPECT_TRUE(here.check_url("http://127.1:8080/"));
  EXPECT_FALSE(here.check_url("http://127.0.0.1:8081/"));
  EXPECT_FALSE(here.check_url("http://u:p@localhost/")) << "listed or not";
}

}  // namespace
}  // namespace limpid::net
