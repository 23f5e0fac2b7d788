// Shared libraries that most runs do without are opened when they are first wanted: libcurl, libpq and OpenSSL bring
// forty others along, and loading those takes several times as long as the rest of a short run.
//
// The header of such a library (net/curl.h, base/openssl.h, …) names the functions that we use; calls are then written
// as if it were linked, since the nearer name is found first:
//
//   inline constinit base::Library libcurl{"libcurl.so.4"};
//   LIMPID_IMPORT(libcurl, curl_easy_init)
//
// Whoever comes to a library first calls load() and passes the error on.
#pragma once

#include <atomic>

#include "base/error.h"

namespace limpid::base {

// Thread-safe; never closed again.
class Library {
 public:
  // The exact name that the dynamic loader knows, with the number of its interface.
  explicit constexpr Library(const char* name) : name_(name) {}
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // Code::not_found with the loader's reason where there is no such library.
  Result<void> load();
  // Ends the process where the library or the function is missing: load() was not asked, or it is another library.
  void* function(const char* name);

 private:
  const char* name_;
  std::atomic<void*> handle_{nullptr};
};

// A function of a library; looked for at the first call.
template <class Function>
class Imported {
 public:
  constexpr Imported(Library& library, const char* name) : library_(library), name_(name) {}
  Imported(const Imported&) = delete;
  Imported& operator=(const Imported&) = delete;

  // What a call goes through, whatever its arguments.
  operator Function*() const {
    Function* found = function_.load(std::memory_order_acquire);
    if (found == nullptr) {
      found = reinterpret_cast<Function*>(library_.function(name_));
      function_.store(found, std::memory_order_release);
    }
    return found;
  }

 private:
  Library& library_;
  const char* name_;
  mutable std::atomic<Function*> function_{nullptr};
};

}  // namespace limpid::base

#define LIMPID_IMPORT(library, function) \
  inline constinit ::limpid::base::Imported<decltype(::function)> function{library, #function};
