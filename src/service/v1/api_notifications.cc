// Notifications: pages of one, and the mark that it was read.
#include <algorithm>

#include "base/date.h"
#include "service/http/target.h"
#include "service/v1/answers.h"
#include "service/v1/api.h"
#include "service/v1/codec.h"
#include "service/v1/notifications.h"

namespace limpid::service::v1 {

using http::Request;
using http::Response;

Response Api::get_notification(const Request& request, const Path& path) {
  PageRequest page;
  if (const auto limit_text = http::query_value(request.query, "limit")) {
    const auto limit = parse_limit(*limit_text);
    if (!limit) return error(400, limit.error().message());
    if (*limit < -1) return error(400, "limit value should not be less than zero");
    page.limit = std::min(*limit, kPageMax);
  }
  page.token = http::query_value(request.query, "page").value_or("");
  const auto notification = parts_.store.notification(path[2]);
  if (!notification) return answer_of(notification.error());
  if (!*notification) return error(404, kNotFound);
  auto value = notification_page(parts_.store, **notification, page, parts_.tokens, base::seconds_now());
  if (!value && value.error().code() == Code::invalid) return error(400, value.error().message());
  if (!value) return store_error(value.error());
  std::string body;
  ObjectWriter envelope(body);
  envelope.raw("Notification", *value);
  envelope.close();
  body += '\n';
  return json(200, std::move(body));
}

Response Api::delete_notification(const Request&, const Path& path) {
  const auto deleted = parts_.store.delete_notification(path[2], base::seconds_now());
  if (!deleted) return answer_of(deleted.error());
  return *deleted ? empty() : error(404, kNotFound);
}

}  // namespace limpid::service::v1
