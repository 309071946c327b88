#pragma once

#include <cstddef>
#include <cstdint>

/// Bounds on what a project holds, so that its snapshot always fits into the
/// store (see `runtime/store/check.hpp`).
namespace machine::tracker {

/// Of a name or a title, in bytes.
constexpr size_t max_title = 500;

/// Of a description or a comment, in bytes.
constexpr size_t max_text = 64u << 10;

constexpr size_t max_labels = 32;

/// Of one label, in bytes.
constexpr size_t max_label = 64;

/// Tasks that one task depends on.
constexpr size_t max_depends = 100;

/// Comments on one task, and their bytes together.
constexpr size_t max_comments = 1'000;
constexpr size_t max_comment_bytes = 1u << 20;

/// Runs that have ended of which is known that nothing is set aside for them
/// any more; a request that is later than that many others is not to be
/// expected.
constexpr size_t max_closed_runs = 1'000;

/// Runs that wait for a place; the decision that lets all of them begin must
/// fit into one append.
constexpr size_t max_waiting_runs = 5'000;

/// The largest limit of runs at one time.
constexpr uint32_t max_max_runs = 1'000'000;

/// Priorities of tasks and runs go from 0 to this one; higher comes first.
constexpr uint32_t max_priority = 9;

constexpr size_t max_tasks = 100'000;

/// Of all tasks with their comments, in bytes.
constexpr size_t max_project_bytes = 48u << 20;

} // namespace machine::tracker
