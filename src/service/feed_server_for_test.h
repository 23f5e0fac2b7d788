// For tests: upstreams of feeds as a real HTTP server on loopback, with validators and ways to fail.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "net/testing.h"

namespace limpid::service {

class FeedServer {
 public:
  struct File {
    std::string body = {}, etag = {}, last_modified = {};
    int failures = 0;  // that many requests are answered with `failure` first
    int failure = 503;
    std::string failure_head = {};  // header lines of it
    bool cut = false;               // the connection ends in the middle of the body
    bool stalls = false;            // nothing comes after the head
  };
  struct Answer {
    std::string target;
    int status = 0;
    bool conditional = false;
  };

  FeedServer() : server_([this](auto& connection, const auto& request) { answer(connection, request); }) {}

  std::string url(std::string_view path) const { return server_.url(path); }
  void put(const std::string& path, File file) {
    const std::lock_guard lock(mutex_);
    files_[path] = std::move(file);
  }
  void remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    files_.erase(path);
  }
  // The answers since the last call.
  std::vector<Answer> answers() {
    const std::lock_guard lock(mutex_);
    return std::exchange(answers_, {});
  }
  void wait_for_requests(std::size_t count) { server_.wait_for_requests(count); }

 private:
  void answer(net::testing::Connection& connection, const net::testing::Received& request) {
    File file;
    int status = 200;
    {
      const std::lock_guard lock(mutex_);
      const auto found = files_.find(request.target);
      const std::string none_match = request.header("if-none-match");
      const std::string since = request.header("if-modified-since");
      if (found == files_.end()) {
        status = 404;
      } else {
        file = found->second;
        // RFC 9110 section 13.2.2: If-None-Match goes before If-Modified-Since.
        const bool same = none_match.empty() ? !since.empty() && since == file.last_modified : none_match == file.etag;
        if (file.failures > 0) {
          --found->second.failures;
          status = file.failure;
        } else if (same) {
          status = 304;
        }
      }
      answers_.push_back({request.target, status, !none_match.empty() || !since.empty()});
    }
    std::string head;
    if (status != 200) {
      connection.answer(status, "", status == file.failure ? file.failure_head : "");
      return;
    }
    if (!file.etag.empty()) base::append(head, {"ETag: ", file.etag, "\r\n"});
    if (!file.last_modified.empty()) base::append(head, {"Last-Modified: ", file.last_modified, "\r\n"});
    if (!file.cut && !file.stalls) {
      connection.answer(200, file.body, head);
      return;
    }
    connection.send(base::cat({"HTTP/1.1 200 OK\r\n", head, "Content-Length: ", file.body.size(), "\r\n\r\n"}));
    if (file.stalls) return connection.stall();
    connection.send(std::string_view(file.body).substr(0, file.body.size() / 2));
    connection.close();
  }

  std::mutex mutex_;
  std::map<std::string, File> files_;
  std::vector<Answer> answers_;
  net::testing::Server server_;  // last: its threads end first
};

// secdb with `count` flaws: CVE-2031-<first>, … of package "pkg".
inline std::string secdb(std::string_view release, int first, int count) {
  std::string ids;
  for (int i = 0; i < count; ++i) base::append(ids, {i > 0 ? "," : "", "\"CVE-2031-", first + i, "\""});
  return base::cat({R"({"distroversion":")", release, R"(","reponame":"main","packages":[{"pkg":{"name":"pkg",)",
                    R"("secfixes":{"1.0-r0":[)", ids, "]}}}]}"});
}

}  // namespace limpid::service
