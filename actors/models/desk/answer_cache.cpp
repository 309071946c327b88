#include "actors/models/desk/answer_cache.hpp"

#include "runtime/wire/wire.hpp"

#include <sodium.h>

#include <array>

namespace machine::models {

namespace {

/// What an item takes beside its texts.
constexpr size_t overhead = 512;

} // namespace

size_t size_of_answer(const chat_response& x) {
  auto size = x.message.content.size() + x.model.size();
  for (auto& call : x.message.tool_calls)
    size += call.id.size() + call.name.size() + call.arguments.text.size();
  if (x.message.provider_blocks)
    size += x.message.provider_blocks->text.size();
  return size + overhead;
}

std::string cache_key(const std::string& tenant, const std::string& model,
                      const chat_request& request) {
  auto what = request;
  what.end_user.clear();
  auto text = wire::to_msgpack(what);
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, crypto_generichash_BYTES);
  auto add = [&](std::string_view x) {
    auto size = static_cast<uint64_t>(x.size());
    crypto_generichash_update(
      &state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(
      &state, reinterpret_cast<const unsigned char*>(x.data()), x.size());
  };
  add(tenant);
  add(model);
  add(as_text(text));
  std::string key(crypto_generichash_BYTES, '\0');
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(key.data()),
                           key.size());
  return key;
}

bool may_be_kept(const chat_response& answer) {
  return answer.stop == stop_reason::finished
      || answer.stop == stop_reason::stop_text
      || answer.stop == stop_reason::tool_use;
}

std::optional<answer_cache::entry> answer_cache::find(const std::string& key,
                                                      timestamp now) {
  auto i = entries_.find(key);
  if (i == entries_.end())
    return std::nullopt;
  if (i->second->until <= now) {
    forget(i->second);
    return std::nullopt;
  }
  items_.splice(items_.begin(), items_, i->second);
  return i->second->what;
}

void answer_cache::keep(const std::string& key, entry what, timestamp until) {
  if (auto i = entries_.find(key); i != entries_.end())
    forget(i->second);
  auto size = size_of_answer(*what.answer) + key.size();
  if (size > max_bytes_)
    return;
  while (bytes_ + size > max_bytes_)
    forget(std::prev(items_.end()));
  items_.push_front({key, std::move(what), until, size});
  entries_[key] = items_.begin();
  bytes_ += size;
}

void answer_cache::forget(item_list::iterator which) {
  bytes_ -= which->bytes;
  entries_.erase(which->key);
  items_.erase(which);
}

} // namespace machine::models
