#include "net/proxy.h"

#include <map>

#include <gtest/gtest.h>

namespace limpid::net {
namespace {

std::string choose(const std::map<std::string, std::string>& variables, std::string_view url,
                   const std::string& setting = "") {
  const auto parsed = Url::parse(url);
  EXPECT_TRUE(parsed) << url;
  return choose_proxy(setting, *parsed, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

TEST(ChooseProxy, SettingBeatsEnvironment) {
  EXPECT_EQ(choose({{"http_proxy", "http://p:1"}}, "http://a.example/", "none"), "");
  EXPECT_EQ(choose({{"http_proxy", "http://p:1"}}, "http://a.example/", "http://q:2"), "http://q:2");
  EXPECT_EQ(choose({{"no_proxy", "*"}}, "http://127.0.0.1/", "http://q:2"), "http://q:2");
}

TEST(ChooseProxy, ByScheme) {
  const std::map<std::string, std::string> both = {{"http_proxy", "http://p:1"}, {"HTTPS_PROXY", "http://s:1"}};
  EXPECT_EQ(choose(both, "http://a.example/"), "http://p:1");
  EXPECT_EQ(choose(both, "https://a.example/"), "http://s:1");
  EXPECT_EQ(choose({{"ALL_PROXY", "http://all:1"}}, "https://a.example/"), "http://all:1");
  EXPECT_EQ(choose({}, "https://a.example/"), "");
  EXPECT_EQ(choose({{"HTTP_PROXY", "http://p:1"}}, "http://a.example/"), "http://p:1");
  EXPECT_EQ(choose({{"HTTP_PROXY", "http://p:1"}, {"REQUEST_METHOD", "GET"}}, "http://a.example/"), "");
}

TEST(ChooseProxy, NoProxy) {
  const auto is_direct = [](const std::string& list, std::string_view url) {
    return choose({{"all_proxy", "http://p:1"}, {"no_proxy", list}}, url).empty();
  };
  EXPECT_TRUE(is_direct("*", "http://a.example/"));
  EXPECT_TRUE(is_direct("x, example", "http://a.example/"));
  EXPECT_TRUE(is_direct(".example", "http://a.example/"));
  EXPECT_TRUE(is_direct("*.example", "http://a.example/"));
  EXPECT_TRUE(is_direct("A.Example.", "http://a.example./"));
  EXPECT_FALSE(is_direct("ample", "http://a.example/"));
  EXPECT_FALSE(is_direct("a.a.example", "http://a.example/"));
  EXPECT_TRUE(is_direct("a.example:8080", "http://a.example:8080/"));
  EXPECT_FALSE(is_direct("a.example:8080", "http://a.example/"));
  EXPECT_TRUE(is_direct("10.0.0.0/8", "http://10.1.2.3/"));
  EXPECT_FALSE(is_direct("10.0.0.0/8", "http://11.1.2.3/"));
  EXPECT_TRUE(is_direct("192.0.2.7", "http://192.0.2.7/"));
  EXPECT_TRUE(is_direct("[2001:db8::7]", "http://[2001:db8::7]/"));
  EXPECT_TRUE(is_direct("2001:db8::/32", "http://[2001:db8::8]:80/"));
  EXPECT_FALSE(is_direct("", "http://a.example/"));
  EXPECT_EQ(choose({{"all_proxy", "http://p:1"}, {"NO_PROXY", "a.example"}}, "http://a.example/"), "");
}

TEST(ChooseProxy, TheEnvironmentsServesNoLoopback) {
  for (const char* url :
       {"http://localhost:1/", "http://127.0.0.1/", "http://127.1/", "http://127.9.9.9/", "http://[::1]/"})
    EXPECT_EQ(choose({{"http_proxy", "http://p:1"}}, url), "") << url;
}

Result<void> check(const AllowList& allow, std::string_view url, const std::atomic<bool>* cancel = nullptr) {
  const auto parsed = Url::parse(url);
  EXPECT_TRUE(parsed) << url;
  return check_target_behind_proxy(allow, *parsed, std::chrono::seconds(60), cancel);
}

// A label of more than 63 bytes fails before anything is asked of a name server.
const std::string kUnresolvable = "http://" + std::string(64, 'x') + ".example/";

TEST(BehindProxy, EveryAddressIsChecked) {
  AllowList list;
  EXPECT_FALSE(check(list, "http://10.0.0.1/"));
  EXPECT_FALSE(check(list, "http://[::1]/"));
  EXPECT_TRUE(check(list, "http://8.8.8.8/"));
  ASSERT_TRUE(list.allow("10.0.0.0/8"));
  EXPECT_TRUE(check(list, "http://10.0.0.1/"));
  const auto local = check(list, "http://localhost/");
  ASSERT_FALSE(local);
  EXPECT_EQ(local.error().code(), Code::usage);
  ASSERT_TRUE(list.allow("127.0.0.0/8"));
  ASSERT_TRUE(list.allow("::1"));
  EXPECT_TRUE(check(list, "http://localhost/"));
}

TEST(BehindProxy, UnresolvableHostsAreRefusedUnlessListed) {
  AllowList list;
  const auto checked = check(list, kUnresolvable);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), Code::usage);
  EXPECT_NE(checked.error().message().find("cannot be resolved here"), std::string::npos);
  ASSERT_TRUE(list.allow("*.example"));
  EXPECT_TRUE(check(list, kUnresolvable));
}

TEST(BehindProxy, Cancelled) {
  const std::atomic<bool> cancel = true;
  const auto checked = check(AllowList(), "http://cancelled.example/", &cancel);
  // The lookup may be over before the first look at `cancel`, but then it was refused.
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().code() == Code::cancelled || checked.error().code() == Code::usage);
}

}  // namespace
}  // namespace limpid::net
