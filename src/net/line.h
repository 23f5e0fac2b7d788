// What one transfer at a time uses, and the next one may use after it: a multi handle of libcurl with the connections
// that it keeps open. (libcurl's own way to share them, CURL_LOCK_DATA_CONNECT, is not for several threads.)
// Private to this room.
#pragma once

#include <memory>

#include "net/allow_list.h"
#include "net/curl.h"

namespace limpid::net {

struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

struct Line {
  const AllowList* allow = nullptr;  // under which all its connections were made
  // Set by the farewell (close_notify) of a TLS peer, if a transfer wants to know of it. It stands here since a
  // connection outlives its transfer, and keeps the address. Before `multi`: closing connections may call for it.
  bool* was_closed = nullptr;
  std::unique_ptr<CURLM, FreeMulti> multi;
};

// After initialize_curl(). nullptr within it where libcurl has no memory.
std::unique_ptr<Line> make_line(const AllowList* allow);

}  // namespace limpid::net
