// Parts of blobs, from a registry of the test's own that also misbehaves.
#include <gtest/gtest.h>

#include "image/registry_client.h"
#include "image/testing.h"
#include "net/testing.h"

namespace limpid::image {
namespace {

using net::testing::Connection;
using net::testing::Received;
using net::testing::Server;
using testing::error_of;

std::string numbers(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) bytes += std::to_string(i) + ",";
  bytes.resize(size);
  return bytes;
}
const std::string kBlob = numbers(500'000);

struct Asked {
  std::size_t first = 0, last = 0;
};
Asked asked_by(const Received& request) {
  const std::string range = request.header("range");
  std::string_view rest = range;
  base::strip_prefix(rest, "bytes=");
  const auto first = base::parse_unsigned(base::take_until(rest, '-')).value_or(0);
  return {first, base::parse_unsigned(rest).value_or(0)};
}
// The head says what was asked for, of which `size` bytes follow.
void send_part(Connection& to, const Asked& asked, std::size_t size, std::string range = {}) {
  if (range.empty()) range = base::cat({"bytes ", asked.first, "-", asked.last, "/", kBlob.size()});
  to.send(base::cat({"HTTP/1.1 206 Partial\r\nContent-Range: ", range,
                     "\r\nContent-Length: ", asked.last + 1 - asked.first, "\r\n\r\n"}));
  to.send(kBlob.substr(asked.first, size));
}

using Answer = std::function<void(Connection&, const Asked&)>;
// What comes of the bytes [offset, offset + size), where `answer` answers requests for parts.
struct Outcome {
  Result<std::string> bytes;
  std::size_t requests = 0;
};
Outcome range_of(std::uint64_t offset, std::uint64_t size, const Answer& answer) {
  Server server([&](Connection& to, const Received& request) {
    if (request.target == "/v2/") {
      to.answer(200, "{}");
    } else {
      answer(to, asked_by(request));
    }
  });
  RegistryOptions options;
  options.proxy = "none";
  options.read_credential_files = false;
  options.first_wait = std::chrono::milliseconds(1);
  const auto bytes = [&]() -> Result<std::string> {
    LIMPID_ASSIGN(const Name name, parse_name(base::cat({"127.0.0.1:", server.port(), "/app"})));
    LIMPID_ASSIGN(const auto client, RegistryClient::connect(name, options, nullptr));
    LIMPID_ASSIGN(const auto source, client->range(base::sha256(base::as_bytes(kBlob)), offset, size));
    return archive::read_all(*source, kBlob.size());
  }();
  std::size_t requests = 0;
  for (const Received& request : server.requests()) requests += request.target.starts_with("/v2/app/blobs/") ? 1 : 0;
  return {bytes, requests};
}

TEST(RegistryRange, OnlyThePartIsFetched) {
  const auto outcome = range_of(100, 300'000, [](Connection& to, const Asked& asked) {
    EXPECT_EQ(asked.first, 100U);
    EXPECT_EQ(asked.last, 300'099U);
    send_part(to, asked, asked.last + 1 - asked.first);
  });
  EXPECT_TRUE(outcome.bytes == kBlob.substr(100, 300'000)) << error_of(outcome.bytes);
  EXPECT_EQ(outcome.requests, 1U);
}

TEST(RegistryRange, WhatBreaksOffIsResumed) {
  const auto outcome = range_of(7, 300'000, [](Connection& to, const Asked& asked) {
    send_part(to, asked, 100'000);
    to.close();
  });
  EXPECT_TRUE(outcome.bytes == kBlob.substr(7, 300'000)) << error_of(outcome.bytes);
  EXPECT_GE(outcome.requests, 3U);
}

TEST(RegistryRange, WhatStaysBrokenEnds) {
  const auto outcome = range_of(7, 300'000, [](Connection& to, const Asked& asked) {
    send_part(to, asked, asked.first == 7 ? 1000 : 0);
    to.close();
  });
  EXPECT_FALSE(outcome.bytes);
  EXPECT_LE(outcome.requests, 2U + kResumesInVainMax);
}

TEST(RegistryRange, SaysWhatIsWrong) {
  const auto error = [](const Answer& answer) { return range_of(10, 20, answer).bytes.error(); };
  const Error whole = error([](Connection& to, const Asked&) { to.answer(200, kBlob); });
  EXPECT_EQ(whole.code(), Code::unsupported);
  EXPECT_CONTAINS(whole.describe(), "the registry does not give parts of it");
  const Error beyond = error([](Connection& to, const Asked&) { to.answer(416, ""); });
  EXPECT_EQ(beyond.code(), Code::truncated);
  const Error missing = error([](Connection& to, const Asked&) { to.answer(404, ""); });
  EXPECT_EQ(missing.code(), Code::not_found);
  for (const std::string range : {"bytes 11-30/500000", "bytes 10-28/500000", "bytes 0-499999/500000", "x"}) {
    const Error other = error([&](Connection& to, const Asked& asked) { send_part(to, asked, 20, range); });
    EXPECT_EQ(other.code(), Code::invalid) << range;
    EXPECT_CONTAINS(other.describe(), "the bytes 10 to 30 were asked for, others came");
  }
}

}  // namespace
}  // namespace limpid::image
