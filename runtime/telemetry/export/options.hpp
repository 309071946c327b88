#pragma once

#include "runtime/net/client.hpp"
#include "runtime/telemetry/export/retry.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/telemetry/metrics.hpp"
#include "runtime/telemetry/otlp.hpp"

namespace machine {

struct span_exporter_options {
  /// The collector, `http://127.0.0.1:4318`; `/v1/traces` is put behind it.
  std::string endpoint;
  /// Such as a key; sent with every batch.
  net::header_list headers;
  otlp_resource resource;
  /// Collectors live in private networks; who configures one means it.
  net::address_policy addresses = net::address_policy::any;
  /// Spans that may wait, 1 to 100,000.
  size_t max_queue = 2'048;
  /// Spans of one request, 1 to `max_queue`.
  size_t max_batch = 512;
  /// A batch that is not full is sent after this long.
  duration interval{5'000};
  /// Of one request.
  duration timeout{10'000};
  /// Of one batch, 1 to 100. What fails so often is given up.
  unsigned max_attempts = 5;
  backoff wait;
  /// Where it says how many spans went where, if it is given.
  std::shared_ptr<metrics> numbers;
  logger log;
};

/// What is out of bounds in *x*, as `invalid_argument`, if something is.
caf::error check(const span_exporter_options& x);

/// The request that sends *body* to the collector.
net::request export_request(const span_exporter_options& x, std::string body);

} // namespace machine
