#pragma once

namespace machine::entity {

/// Thrown by a core that would have to work for longer than a moment on a
/// decision, on a thread that others need (`context::may_take_long`). It is
/// asked again where it may.
struct takes_long {};

} // namespace machine::entity
