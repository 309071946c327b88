#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace machine::websocket {

/// What the payload of a client's frame is XORed with, over and over.
using mask_key = std::array<uint8_t, 4>;

/// Masks *data*, or takes its mask off, in place (RFC 6455, section 5.3).
/// *offset* is where in its frame's payload *data* begins.
void apply_mask(std::span<char> data, const mask_key& key, uint64_t offset);

} // namespace machine::websocket
