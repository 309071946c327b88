#include "runtime/security/audit_record.hpp"

#include "runtime/wire/wire.hpp"

namespace machine::security {

namespace {

constexpr size_t max_text_bytes = 256;
constexpr size_t max_detail_bytes = 4'096;

void cut_off(std::string& x, size_t most) {
  constexpr std::string_view mark = "…";
  if (x.size() <= most)
    return;
  auto end = most - mark.size();
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(x[end]) & 0xC0) == 0x80)
    --end;
  x.resize(end);
  x += mark;
}

} // namespace

bytes to_bytes(const audit_record& x) {
  auto bounded = x;
  for (auto* text : {&bounded.who, &bounded.tenant, &bounded.address,
                     &bounded.request_id, &bounded.action, &bounded.target})
    cut_off(*text, max_text_bytes);
  for (auto* text : {&bounded.key_id, &bounded.user_agent, &bounded.problem})
    if (*text)
      cut_off(**text, max_text_bytes);
  if (bounded.detail)
    cut_off(*bounded.detail, max_detail_bytes);
  return wire::to_msgpack(bounded);
}

} // namespace machine::security

template struct machine::wire::codec<machine::security::audit_record>;
