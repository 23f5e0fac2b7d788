#include <ctime>

#include <gtest/gtest.h>

#include "net/client.h"

namespace limpid::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Response with_retry(std::string value, std::string date = "") {
  Response response;
  response.headers.emplace_back("content-type", "text/plain");
  if (!date.empty()) response.headers.emplace_back("date", std::move(date));
  response.headers.emplace_back("retry-after", std::move(value));
  return response;
}

TEST(Backoff, DoublesUpToTheMost) {
  Backoff backoff(milliseconds(100), milliseconds(1000), false);
  for (const int expected : {100, 200, 400, 800, 1000, 1000}) EXPECT_EQ(backoff.next().count(), expected);
  backoff.reset();
  EXPECT_EQ(backoff.next().count(), 100);
}

TEST(Backoff, JitterTakesUpToHalf) {
  bool shortened = false;
  for (int i = 0; i < 200; ++i) {
    Backoff backoff(milliseconds(1000), milliseconds(8000));
    const auto first = backoff.next().count();
    EXPECT_GE(first, 500);
    EXPECT_LE(first, 1000);
    shortened = shortened || first < 1000;
    const auto second = backoff.next().count();
    EXPECT_GE(second, 1000);
    EXPECT_LE(second, 2000);
  }
  EXPECT_TRUE(shortened);
}

TEST(IsTransient, ByStatusAndError) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    Response response;
    response.status = status;
    EXPECT_TRUE(is_transient(response)) << status;
  }
  for (const int status : {200, 304, 400, 401, 403, 404, 410, 501, 505}) {
    Response response;
    response.status = status;
    EXPECT_FALSE(is_transient(response)) << status;
  }
  EXPECT_TRUE(is_transient(fail(Code::io, {"refused"})));
  EXPECT_TRUE(is_transient(fail(Code::truncated, {"early"})));
  EXPECT_FALSE(is_transient(fail(Code::usage, {"not allowed"})));
  EXPECT_FALSE(is_transient(fail(Code::limit, {"too large"})));
  EXPECT_FALSE(is_transient(fail(Code::cancelled, {"cancelled"})));
}

TEST(RetryAfter, Seconds) {
  EXPECT_EQ(retry_after(with_retry("120")), seconds(120));
  EXPECT_EQ(retry_after(with_retry(" 7 ")), seconds(7));
  EXPECT_EQ(retry_after(with_retry("86400")), seconds(86400));
}

TEST(RetryAfter, DatesInAllThreeForms) {
  const std::string sent = "Sun, 06 Nov 1994 08:49:37 GMT";
  EXPECT_EQ(retry_after(with_retry("Sun, 06 Nov 1994 08:50:37 GMT", sent)), seconds(60));
  EXPECT_EQ(retry_after(with_retry("Sunday, 06-Nov-94 08:50:37 GMT", sent)), seconds(60));
  EXPECT_EQ(retry_after(with_retry("Sun Nov  6 08:50:37 1994", sent)), seconds(60));
}

TEST(RetryAfter, WithoutDateByOurOwnClock) {
  const std::time_t then = std::time(nullptr) + 3600;
  std::tm parts{};
  gmtime_r(&then, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  const seconds wait = retry_after(with_retry(text));
  EXPECT_LE(wait, seconds(3600));
  EXPECT_GE(wait, seconds(3500));
}

TEST(RetryAfter, NothingIfAbsentOrAbsurd) {
  EXPECT_EQ(retry_after(Response{}), seconds(0));
  const std::string sent = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (const char* value :
       {"", "soon", "-5", "1.5", "86401", "18446744073709551615", "99999999999999999999999", "9223372036854775808",
        "Sun, 06 Nov 1994 08:49:00 GMT", "Tue, 08 Nov 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:00 GMT"})
    EXPECT_EQ(retry_after(with_retry(value, sent)), seconds(0)) << value;
}

}  // namespace
}  // namespace limpid::net
