// Trying again: what may go better the next time, after growing waits, or after the wait that the server asks for.
// Private to this room.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "image/source.h"
#include "net/client.h"

namespace limpid::image {

inline constexpr unsigned kAttemptsMax = 5;
// Where nobody answers at all, mostly the name or the certificate is wrong: that is told sooner.
inline constexpr unsigned kSilentAttemptsMax = 3;
inline constexpr std::chrono::milliseconds kWaitMax{10'000};
// A server that asks for more is not waited for: its answer is the outcome.
inline constexpr std::chrono::seconds kRetryAfterMax{60};

// The last outcome, whatever it is, or Code::cancelled.
Result<net::Response> send_patiently(const RegistryOptions& options, const std::atomic<bool>* cancel,
                                     const std::function<Result<net::Response>()>& send);

Result<void> wait(std::chrono::milliseconds time, const std::atomic<bool>* cancel);

}  // namespace limpid::image
