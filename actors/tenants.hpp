#pragma once

namespace machine {

/// Who owns everything in a machine that has one owner.
constexpr const char* local_tenant = "default";

} // namespace machine
