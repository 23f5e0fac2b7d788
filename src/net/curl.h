// libcurl, opened when it is first wanted (base/library.h). Include this in place of <curl/curl.h>. Private to this
// room.
#pragma once

#include <curl/curl.h>

#include "base/library.h"

namespace limpid::net {

inline constinit base::Library libcurl{"libcurl.so.4"};

LIMPID_IMPORT(libcurl, curl_easy_cleanup)
LIMPID_IMPORT(libcurl, curl_easy_getinfo)
LIMPID_IMPORT(libcurl, curl_easy_init)
LIMPID_IMPORT(libcurl, curl_easy_pause)
LIMPID_IMPORT(libcurl, curl_easy_setopt)
LIMPID_IMPORT(libcurl, curl_easy_strerror)
LIMPID_IMPORT(libcurl, curl_free)
LIMPID_IMPORT(libcurl, curl_getdate)
LIMPID_IMPORT(libcurl, curl_global_init)
LIMPID_IMPORT(libcurl, curl_multi_add_handle)
LIMPID_IMPORT(libcurl, curl_multi_cleanup)
LIMPID_IMPORT(libcurl, curl_multi_info_read)
LIMPID_IMPORT(libcurl, curl_multi_init)
LIMPID_IMPORT(libcurl, curl_multi_perform)
LIMPID_IMPORT(libcurl, curl_multi_poll)
LIMPID_IMPORT(libcurl, curl_multi_remove_handle)
LIMPID_IMPORT(libcurl, curl_slist_append)
LIMPID_IMPORT(libcurl, curl_slist_free_all)
LIMPID_IMPORT(libcurl, curl_url)
LIMPID_IMPORT(libcurl, curl_url_cleanup)
LIMPID_IMPORT(libcurl, curl_url_dup)
LIMPID_IMPORT(libcurl, curl_url_get)
LIMPID_IMPORT(libcurl, curl_url_set)
LIMPID_IMPORT(libcurl, curl_url_strerror)

// Opens and initializes libcurl, once for the process and from any thread.
Result<void> initialize_curl();

}  // namespace limpid::net
