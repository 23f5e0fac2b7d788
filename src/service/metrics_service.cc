// Every metric of the service. The clair_ names, their units and labels are Clair's, for dashboards that are there.
#include <string_view>
#include <vector>

#include "service/metrics.h"

namespace limpid::service {
namespace {

struct Declared {
  std::string_view name, help;
  bool has_labels = false;
};

constexpr Declared kCounters[] = {
    {"clair_notifier_backend_errors_total", "Notifications that could not be delivered, by backend.", true},
    {"clair_updater_errors_total", "Feeds that failed to update."},
    {"clair_pgsql_errors_total", "Calls to the store that failed, by request.", true},
    {"clair_pgsql_cache_hits_total", "Look-ups that a cache before the store answered, by object.", true},
    {"clair_pgsql_cache_queries_total", "Look-ups in a cache before the store, by object.", true},
    {"limpid_report_cache_hits_total", "Reports that were answered from memory."},
    {"limpid_report_cache_misses_total", "Reports that had to be made."},
    {"limpid_layers_indexed_total", "Layers that were read and stored."},
    {"limpid_layer_failures_total", "Layers that could not be indexed, by reason.", true},
};

constexpr Declared kGauges[] = {
    {"clair_updater_duration_seconds", "How long the last update took."},
    {"clair_updater_notes_total", "Feeds that the last update had something to say of."},
    {"clair_pgsql_concurrent_lock_vafv_total", "Always 0: there is no such lock any more."},
    {"limpid_feed_last_success_timestamp_seconds", "When the feed was last fetched without a problem, since 1970.",
     true},
    {"limpid_feed_records", "Records that the feed had, as its upstream counts them.", true},
    {"limpid_feed_statements", "Statements on packages that the feed made.", true},
    {"limpid_feed_failing", "1 while the feed's last update failed, else 0.", true},
    {"limpid_database_generation", "Number of the compiled database in use; 0: none."},
    {"limpid_database_advisories", "Advisories in the compiled database in use."},
    {"limpid_http_connections", "Open client connections."},
    {"limpid_http_waiting", "Requests that wait for a worker, by queue.", true},
    {"limpid_report_cache_bytes", "Memory that reports take which stand ready."},
    {"limpid_notifications_waiting", "Notifications that are to be delivered."},
    {"limpid_build_info", "Always 1; the version is a label.", true},
};

// Milliseconds, from a report that stood ready to a layer that took a minute.
const std::vector<double>& milliseconds() {
  static const std::vector<double> all = {0.05, 0.1, 0.25, 0.5,  1,    2.5,  5,     10,    25,    50,
                                          100,  250, 500,  1000, 2500, 5000, 10000, 30000, 60000, 300000};
  return all;
}

}  // namespace

void declare_service_metrics(Metrics& metrics) {
  for (const Declared& counter : kCounters) {
    metrics.declare_counter(counter.name, counter.help);
    if (!counter.has_labels) metrics.add(counter.name, {}, 0);  // shown from the beginning
  }
  for (const Declared& gauge : kGauges) {
    metrics.declare_gauge(gauge.name, gauge.help);
    if (!gauge.has_labels) metrics.set(gauge.name, 0);
  }
  metrics.declare_histogram("clair_api_response_duration_milliseconds",
                            "From a request to its answer, by route and code.", milliseconds());
  metrics.declare_histogram("clair_notifier_latency_milliseconds", "From the making of a notification to its delivery.",
                            milliseconds());
  metrics.declare_histogram("clair_pgsql_query_duration_milliseconds", "Calls to the store, by query and subquery.",
                            milliseconds());
}

}  // namespace limpid::service
