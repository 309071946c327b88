#include "runtime/store/blob.hpp"

#include "runtime/store/keys.hpp"

#include <zstd.h>

#include <memory>

namespace machine::store::lmdb {

namespace {

/// What the first byte of a stored form may be.
constexpr char plain = 'p';
constexpr char compressed = 'z';

/// Of a compressed form: the first byte and the content's length.
constexpr size_t header = 1 + 8;

/// What is smaller does not shrink by much.
constexpr size_t worthwhile = 128;

/// The level that zstd takes by itself.
constexpr int level = 3;

struct free_context {
  void operator()(ZSTD_CCtx* x) const {
    ZSTD_freeCCtx(x);
  }
};

} // namespace

std::string encode_blob(bytes_view content) {
  if (content.size() >= worthwhile) {
    // A context is larger than most contents; each thread keeps its own.
    thread_local std::unique_ptr<ZSTD_CCtx, free_context> context{
      ZSTD_createCCtx()};
    std::string out(header + ZSTD_compressBound(content.size()), '\0');
    auto size =
      ZSTD_compressCCtx(context.get(), out.data() + header, out.size() - header,
                        content.data(), content.size(), level);
    if (!ZSTD_isError(size) && header + size < 1 + content.size()) {
      out[0] = compressed;
      out.replace(1, 8, number_key(content.size()));
      out.resize(header + size);
      return out;
    }
  }
  std::string out;
  out.reserve(1 + content.size());
  out += plain;
  out += as_text(content);
  return out;
}

caf::expected<bytes> decode_blob(std::string_view stored, size_t max_bytes) {
  auto too_large = [&](uint64_t size) {
    return make_error(ec::corrupt, "the content claims to have "
                                     + std::to_string(size) + " bytes");
  };
  if (!stored.empty() && stored.front() == plain) {
    if (stored.size() - 1 > max_bytes)
      return too_large(stored.size() - 1);
    return to_bytes(stored.substr(1));
  }
  if (stored.size() < header || stored.front() != compressed)
    return make_error(ec::corrupt, "the content is of no known form");
  auto size = number_at(stored, 1);
  if (size > max_bytes)
    return too_large(size);
  stored.remove_prefix(header);
  bytes result(size);
  auto got =
    ZSTD_decompress(result.data(), result.size(), stored.data(), stored.size());
  if (ZSTD_isError(got) || got != size)
    return make_error(ec::corrupt, "the content does not decompress");
  return result;
}

} // namespace machine::store::lmdb
