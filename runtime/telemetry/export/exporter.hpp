#pragma once

#include "runtime/telemetry/export/counts.hpp"
#include "runtime/telemetry/export/options.hpp"

namespace machine {

/// Sends spans to a collector by OTLP/HTTP, in batches, one at a time, from a
/// thread of its own. Nobody waits for a collector that is slow or gone: what
/// does not fit into the queue is dropped and counted. Any thread may call
/// every member.
class span_exporter {
public:
  /// Fails with `invalid_argument` for options that are out of bounds and
  /// `unavailable` if there is no thread for it.
  static caf::expected<std::unique_ptr<span_exporter>>
  open(span_exporter_options options, std::shared_ptr<net::client> http);

  span_exporter(const span_exporter&) = delete;
  span_exporter& operator=(const span_exporter&) = delete;

  /// Stops at once; call `stop` before to give it time.
  ~span_exporter();

  /// Takes a span that has ended. Never blocks and never fails. One that is not
  /// sampled is ignored.
  void record(span what);

  /// Sends what was recorded before, without waiting for a batch to be full.
  /// Fails with `timeout` if not all of it was sent, refused or given up within
  /// *most*.
  caf::error flush(duration most);

  /// Takes no more spans, sends what waits for at most *most*, drops the rest,
  /// and ends the thread. Fails as `flush`. Later calls do nothing.
  caf::error stop(duration most);

  export_counts counts() const;

private:
  class impl;

  explicit span_exporter(std::unique_ptr<impl> x);

  std::unique_ptr<impl> impl_;
};

} // namespace machine
