#include "service/http/message.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "service/http/server.h"

namespace limpid::service::http {
namespace {

using Progress = RequestReader::Progress;

struct Read {
  Progress progress = Progress::need_more;
  int status = 0;
  std::string body, path, query;
  bool cut = false;
  bool keep_alive = false;
  std::string left;

  bool operator==(const Read&) const = default;
};

// Feeds `bytes`, `step` at a time, as a connection does: what was not used is seen again.
Read read_in_steps(std::string_view bytes, std::size_t step, std::size_t body_max = 1'000) {
  RequestReader reader;
  Message message;
  reader.begin(message, body_max);
  Read read;
  std::string waiting;
  while (!bytes.empty() && read.progress == Progress::need_more) {
    waiting += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    std::size_t used = 0;
    read.progress = reader.take(waiting, used);
    waiting.erase(0, used);
  }
  if (read.progress == Progress::refused) {
    read.status = reader.refusal().status;
    return read;
  }
  read.body = message.body;
  read.path = message.path;
  read.query = message.query;
  read.cut = message.body_cut;
  read.keep_alive = message.keep_alive;
  read.left = waiting + std::string(bytes);
  return read;
}

TEST(RequestReader, ReadsTheSameHoweverTheBytesCome) {
  const std::string requests[] = {
      "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;x=\"y\"\r\n!\r\n0\r\nTrailer: dropped\r\n\r\n",
      "\r\nPOST http://h:80/a?b=c HTTP/1.0\r\nConnection: keep-alive\r\ncontent-length: 00005\r\n\r\nhello",
      "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n000\r\n\r\n",
  };
  for (const std::string& request : requests) {
    const Read whole = read_in_steps(request + "GET", request.size() + 3);
    EXPECT_EQ(whole.progress, Progress::complete) << request;
    EXPECT_EQ(whole.path, "/a");
    EXPECT_EQ(whole.query, "b=c");
    EXPECT_EQ(whole.left, "GET") << request;
    EXPECT_TRUE(whole.keep_alive);
    for (std::size_t step = 1; step < request.size(); ++step) {
      EXPECT_EQ(read_in_steps(request + "GET", step), whole) << request << " by " << step;
    }
  }
}

TEST(RequestReader, KeepsOfABodyWhatTheHandlerTakes) {
  const Read length = read_in_steps("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdefGET", 4, 4);
  EXPECT_EQ(length.body, "abcd");
  EXPECT_TRUE(length.cut);
  EXPECT_FALSE(length.keep_alive);
  EXPECT_FALSE(read_in_steps("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd", 9, 4).cut);
  const Read chunks = read_in_steps(
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", 3, 4);
  EXPECT_EQ(chunks.body, "abcd");
  EXPECT_TRUE(chunks.cut);
}

TEST(RequestReader, RefusesWhatCouldBeReadInTwoWays) {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n";
  using namespace std::string_literals;
  const std::pair<std::string, int> cases[] = {
      {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
      {post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400},
      {post + "Content-Length: 5, 5\r\n\r\nhello", 400},
      {post + "Content-Length: +5\r\n\r\nhello", 400},
      {post + "Content-Length: -5\r\n\r\nhello", 400},
      {post + "Content-Length: 0x5\r\n\r\nhello", 400},
      {post + "Content-Length: \r\n\r\nhello", 400},
      {post + "Content-Length: 99999999999999999999999\r\n\r\nhello", 400},
      {post + "Content-Length : 5\r\n\r\nhello", 400},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {post + "Transfer-Encoding: identity\r\n\r\n", 501},
      {post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
      {post + "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {chunked + "\r\n5\r\nhelloX\r\n0\r\n\r\n", 400},
      {chunked + "\r\nx\r\nhello\r\n0\r\n\r\n", 400},
      {chunked + "\r\n-1\r\nhello\r\n0\r\n\r\n", 400},
      {chunked + "\r\n0x5\r\nhello\r\n0\r\n\r\n", 400},
      {chunked + "\r\n5\nhello\r\n0\r\n\r\n", 400},
      {chunked + "\r\n5;a\nb\r\nhello\r\n0\r\n\r\n", 400},
      {chunked + "\r\n11111111111111111\r\nhello\r\n0\r\n\r\n", 400},
      {chunked + "\r\n5;" + std::string(kChunkHeadMax + 1, 'a'), 400},
      {get + "X: a\r\n b\r\n\r\n", 400},
      {get + "X: a\r\n\tb\r\n\r\n", 400},
      {get + " X: a\r\n\r\n", 400},
      {get + "X: a\nY: b\r\n\r\n", 400},
      {get + "X: a\rY: b\r\n\r\n", 400},
      {get + "X: a\r\n\n", 400},
      {get + "X: a\0b\r\n\r\n"s, 400},
      {get + "X: a\x7f\r\n\r\n", 400},
      {get + ": a\r\n\r\n", 400},
      {get + "no colon\r\n\r\n", 400},
      {get + "Host: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"GET /\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"GET / HTCPCP/1.0\r\nHost: h\r\n\r\n", 400},
      {"\x16\x03\x01\x02", 400},  // how a TLS client begins
      {get + "Expect: 200-ok\r\n\r\n", 417},
      {get + "X: " + std::string(kHeaderBytesMax, 'x') + "\r\n\r\n", 431},
      {"GET /" + std::string(kHeaderBytesMax, 'x'), 431},
  };
  for (const auto& [request, status] : cases) {
    for (const std::size_t step : {request.size(), std::size_t{1}, std::size_t{7}}) {
      const Read read = read_in_steps(request, step);
      EXPECT_EQ(read.progress, Progress::refused) << request.substr(0, 200);
      EXPECT_EQ(read.status, status) << request.substr(0, 200);
    }
  }
}

TEST(RequestReader, TakesHeadersUpToTheLimit) {
  std::string head = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  head.append(kHeaderBytesMax - head.size() - 4, 'x').append("\r\n\r\n");
  EXPECT_EQ(read_in_steps(head, 100).progress, Progress::complete);
  EXPECT_EQ(read_in_steps(head.insert(30, 1, 'x'), 100).status, 431);
}

TEST(RequestReader, TellsWhenTheClientWaitsForLeaveToSend) {
  RequestReader reader;
  Message message;
  std::size_t used = 0;
  reader.begin(message, 10);
  EXPECT_EQ(reader.take("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n", used),
            Progress::need_more);
  EXPECT_TRUE(reader.take_expectation());
  EXPECT_FALSE(reader.take_expectation());
  EXPECT_EQ(reader.take("hello", used), Progress::complete);
  // It did not wait.
  reader.begin(message, 10);
  EXPECT_EQ(reader.take("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe", used),
            Progress::need_more);
  EXPECT_FALSE(reader.take_expectation());
  // It need not send.
  reader.begin(message, 4);
  EXPECT_EQ(reader.take("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", used),
            Progress::complete);
  EXPECT_TRUE(message.body_cut);
  EXPECT_FALSE(message.keep_alive);
}

TEST(RequestReader, TrailersChangeNothing) {
  RequestReader reader;
  Message message;
  std::size_t used = 0;
  reader.begin(message, 10);
  EXPECT_EQ(reader.take("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "0\r\nAuthorization: Bearer x\r\nHost: other\r\n\r\n",
                        used),
            Progress::complete);
  EXPECT_EQ(message.header("authorization"), "");
  EXPECT_EQ(message.header("HOST"), "h");
}

}  // namespace
}  // namespace limpid::service::http
