#pragma once

#include "tests/runtime/store/conformance/appends.hpp"
#include "tests/runtime/store/conformance/bounds.hpp"
#include "tests/runtime/store/conformance/content.hpp"
#include "tests/runtime/store/conformance/erasing.hpp"
#include "tests/runtime/store/conformance/garbage.hpp"
#include "tests/runtime/store/conformance/leases.hpp"
#include "tests/runtime/store/conformance/lists.hpp"
#include "tests/runtime/store/conformance/model.hpp"
#include "tests/runtime/store/conformance/notices.hpp"

namespace machine::test {

/// A part of what every engine of the store must do. They are written against
/// the interface alone; each wants a store of its own that is empty.
struct conformance_part {
  const char* name;
  void (*check)(const store_under_test&);
};

/// All parts. The test case of an engine goes through them:
///
///     for (auto& part : test::conformance)
///       DYNAMIC_SECTION(part.name) {
///         part.check(it);
///       }
inline const std::vector<conformance_part> conformance{
  {"appends", check_appends}, {"batches", check_batches},
  {"notices", check_notices}, {"concurrency", check_concurrency},
  {"model", check_model},     {"bounds", check_bounds},
  {"close", check_close},     {"leases", check_leases},
  {"nodes", check_nodes},     {"lists", check_lists},
  {"cursors", check_cursors}, {"filters", check_filters},
  {"blobs", check_blobs},     {"snapshots", check_snapshots},
  {"erasing", check_erasing}, {"garbage", check_garbage},
  {"health", check_health},
};

} // namespace machine::test
