// The parts of Boost.Asio that the server uses, and how: every file that needs them includes this one. Private to this
// folder.
#pragma once

// Each io_context has one thread, and what others post goes through a mutex: Asio's own fences around handlers would
// order nothing more (and ThreadSanitizer cannot follow fences).
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include <boost/asio/defer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace limpid::service::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace limpid::service::http
