// Text that may name a time zone, which is a file: what is found knows what
// clocks show, and no other file is opened.

#include "actors/orchestrator/schedule/zone.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using namespace machine::orchestrator;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto name = fuzz::input{data, size}.text();
  auto zone = time_zone::find(name);
  if (!zone) {
    auto sentence = message_of(zone.error());
    require(!sentence.empty() && sentence.size() < 1'000);
    return 0;
  }
  require(!name.empty() && name.size() <= max_zone_bytes);
  require(name.find("..") == name.npos && name.front() != '/');
  std::chrono::sys_seconds now{std::chrono::seconds{1'700'000'000}};
  auto there = zone->local(now).time_since_epoch() - now.time_since_epoch();
  require(there < std::chrono::hours{15} && there > std::chrono::hours{-15});
  if (auto last = zone->last_change(now))
    require(last->at <= now && last->from != last->to);
  if (auto next = zone->next_change(now))
    require(next->at > now && next->from != next->to);
  return 0;
}
