#include "runtime/wire/msgpack.hpp"

#include "runtime/wire/document.hpp"

#include <msgpack.hpp>

#include <cmath>

namespace machine::wire {

namespace {

/// Lets the packer write straight into the result.
struct byte_stream {
  bytes data;

  void write(const char* from, size_t size) {
    auto view = as_bytes({from, size});
    data.insert(data.end(), view.begin(), view.end());
  }
};

/// Hands the events of msgpack-c's parser to a builder.
class events : public msgpack::null_visitor {
public:
  explicit events(document_builder& out) : out_(out) {}

  bool visit_nil() {
    return refuse_as_key() && out_.null();
  }

  bool visit_boolean(bool x) {
    return refuse_as_key() && out_.boolean(x);
  }

  bool visit_positive_integer(uint64_t x) {
    return refuse_as_key() && out_.unsigned_integer(x);
  }

  bool visit_negative_integer(int64_t x) {
    return refuse_as_key() && out_.integer(x);
  }

  bool visit_float32(float x) {
    return refuse_as_key() && out_.real(x, {});
  }

  bool visit_float64(double x) {
    return refuse_as_key() && out_.real(x, {});
  }

  bool visit_str(const char* data, uint32_t size) {
    std::string_view text{data, size};
    return in_key_ ? out_.key(text) : out_.text(text);
  }

  bool visit_bin(const char* data, uint32_t size) {
    return refuse_as_key() && out_.binary(as_bytes({data, size}));
  }

  bool visit_ext(const char*, uint32_t) {
    return out_.fail(ec::invalid_argument, "extension types are not read");
  }

  bool start_array(uint32_t) {
    return refuse_as_key() && out_.begin(node_kind::list);
  }

  bool end_array() {
    return out_.end();
  }

  bool start_map(uint32_t) {
    return refuse_as_key() && out_.begin(node_kind::map);
  }

  bool start_map_key() {
    in_key_ = true;
    return true;
  }

  bool end_map_key() {
    in_key_ = false;
    return true;
  }

  bool end_map() {
    return out_.end();
  }

  void parse_error(size_t parsed, size_t) {
    out_.fail(ec::invalid_argument,
              "this is no MessagePack: byte " + std::to_string(parsed + 1));
  }

  void insufficient_bytes(size_t parsed, size_t) {
    out_.fail(ec::invalid_argument, "the document ends in its middle, at byte "
                                      + std::to_string(parsed));
  }

private:
  bool refuse_as_key() {
    return !in_key_
        || out_.fail(ec::invalid_argument, "a key of a map is not a string");
  }

  document_builder& out_;
  bool in_key_ = false;
};

} // namespace

caf::expected<document> parse_msgpack(bytes_view data, const limits& bounds) {
  if (data.size() > bounds.max_bytes)
    return make_error(ec::limit_exceeded,
                      "the document has " + std::to_string(data.size())
                        + " bytes; at most " + std::to_string(bounds.max_bytes)
                        + " are read");
  if (data.empty())
    return make_error(ec::invalid_argument, "the document is empty");
  document_builder builder{bounds};
  events visitor{builder};
  size_t offset = 0;
  auto text = as_text(data);
  auto complete = msgpack::parse(text.data(), text.size(), offset, visitor);
  if (builder.problem())
    return builder.problem();
  if (!complete)
    return make_error(ec::invalid_argument, "this is no MessagePack");
  if (offset != data.size())
    return make_error(ec::invalid_argument,
                      "there is more after the end of the document");
  return builder.take();
}

struct msgpack_sink::impl {
  byte_stream stream;
  msgpack::packer<byte_stream> out{stream};
};

msgpack_sink::msgpack_sink() : impl_(std::make_unique<impl>()) {}

msgpack_sink::~msgpack_sink() = default;

void msgpack_sink::null() {
  impl_->out.pack_nil();
}

void msgpack_sink::boolean(bool x) {
  impl_->out.pack(x);
}

void msgpack_sink::small_integer(int64_t x) {
  impl_->out.pack(x);
}

void msgpack_sink::integer(int64_t x) {
  impl_->out.pack(x);
}

void msgpack_sink::unsigned_integer(uint64_t x) {
  impl_->out.pack(x);
}

void msgpack_sink::real(double x) {
  if (std::isfinite(x))
    impl_->out.pack(x);
  else
    null();
}

void msgpack_sink::text(std::string_view x) {
  if (!is_utf8(x)) {
    impl_->out.pack(to_utf8(x));
    return;
  }
  impl_->out.pack_str(static_cast<uint32_t>(x.size()));
  impl_->out.pack_str_body(x.data(), static_cast<uint32_t>(x.size()));
}

void msgpack_sink::binary(bytes_view x) {
  auto text = as_text(x);
  impl_->out.pack_bin(static_cast<uint32_t>(text.size()));
  impl_->out.pack_bin_body(text.data(), static_cast<uint32_t>(text.size()));
}

void msgpack_sink::time(timestamp x) {
  impl_->out.pack(static_cast<int64_t>(x.time_since_epoch().count()));
}

void msgpack_sink::embedded(const json_text& x) {
  text(x.text);
}

void msgpack_sink::begin_list(size_t size) {
  impl_->out.pack_array(static_cast<uint32_t>(size));
}

void msgpack_sink::end_list() {}

void msgpack_sink::begin_map(size_t size) {
  impl_->out.pack_map(static_cast<uint32_t>(size));
}

void msgpack_sink::key(std::string_view name) {
  text(name);
}

void msgpack_sink::end_map() {}

bytes msgpack_sink::take() {
  return std::move(impl_->stream.data);
}

} // namespace machine::wire
