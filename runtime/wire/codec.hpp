#pragma once

#include "runtime/wire/kinds.hpp"

#include <caf/fwd.hpp>

namespace machine::wire {

class sink;
class decoder;
struct node;

/// How described types and variants of them are written and read as JSON and
/// MessagePack. A class, so that a large type is compiled once: its header says
/// `extern template struct wire::codec<T>;` and one file of its folder, with
/// `wire.hpp`, `template struct wire::codec<T>;`.
template <class T>
struct codec {
  static void encode(sink& out, const T& x);
  static bool decode(decoder& in, const node& from, T& x);
};

/// The same for CAF; compiled where `caf.hpp` is included.
template <class T>
struct message_codec {
  static caf::error save(caf::serializer& to, T& x);
  static caf::error load(caf::deserializer& from, T& x);
};

/// What has a codec.
template <class T>
concept coded = described<T> || described_variant<T>;

} // namespace machine::wire
