// Text that may say when: what is read names moments that there are, or is
// refused in a sentence.

#include "actors/orchestrator/schedule/cron.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace machine;
using namespace machine::orchestrator;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::input{data, size}.text();
  auto read = parse_cron(text);
  if (!read) {
    require(code_of(read.error()) == ec::invalid_argument);
    auto sentence = message_of(read.error());
    require(!sentence.empty() && sentence.size() < 1'000);
    return 0;
  }
  require(text.size() <= max_cron_bytes);
  require(read->minutes != 0 && (read->minutes >> 60) == 0);
  require(read->hours != 0 && (read->hours >> 24) == 0);
  require((read->days & 1) == 0 && (read->days != 0 || read->last_day));
  require(read->months != 0 && (read->months & 1) == 0
          && (read->months >> 13) == 0);
  require(read->weekdays != 0 && (read->weekdays >> 7) == 0);
  require(every_hour(*read) == (read->hours == 0xFFFFFF));
  auto days = 0;
  for (auto n = 0; n < 366 * 4; ++n)
    days += names_day(*read, std::chrono::local_days{std::chrono::days{n}});
  // The 30th of February is no day, but at least weekdays come.
  require(days > 0 || read->days != 0);
  return 0;
}
