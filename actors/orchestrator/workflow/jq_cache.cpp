#include "actors/orchestrator/workflow/jq_cache.hpp"

#include "actors/orchestrator/workflow/jq_plan.hpp"

#include <algorithm>
#include <set>

namespace machine::orchestrator {

namespace {

/// More would make it long to find one of them.
constexpr size_t max_bundle = 64;

/// About 8 KiB of memory each.
constexpr size_t max_known = 8'192;

} // namespace

std::optional<jq_answer> jq_cache::answer(const jq_request& what) {
  place there;
  {
    std::lock_guard guard{mutex_};
    auto i = known_.find(what.program);
    if (i == known_.end())
      return std::nullopt;
    there = i->second;
  }
  if (there.in->program == nullptr)
    return jq_answer{jq_status::no_program, there.in->problem};
  auto input = R"({"which":)" + std::to_string(there.index) + R"(,"input":)"
             + what.input + "}";
  std::lock_guard guard{there.in->mutex};
  return there.in->program->run(input, what.max_bytes);
}

void jq_cache::add(const std::vector<std::string>& programs) {
  std::lock_guard one_at_a_time{adding_};
  compile_fresh(programs);
}

bool jq_cache::try_add(const std::vector<std::string>& programs) {
  std::unique_lock one_at_a_time{adding_, std::try_to_lock};
  if (one_at_a_time.owns_lock())
    compile_fresh(programs);
  return one_at_a_time.owns_lock();
}

void jq_cache::compile_fresh(const part& programs) {
  part fresh;
  {
    std::lock_guard guard{mutex_};
    if (known_.size() > max_known)
      known_.clear();
    std::set<std::string> seen;
    for (auto& x : programs)
      if (!known_.contains(x) && seen.insert(x).second && plan_jq(x).tame)
        fresh.push_back(x);
  }
  for (size_t i = 0; i < fresh.size(); i += max_bundle)
    compile(fresh, i, std::min(fresh.size(), i + max_bundle));
}

/// Those from *first* up to *last*, in halves if there is a mistake in them.
void jq_cache::compile(const part& programs, size_t first, size_t last) {
  std::string text = ".which as $which | .input | ";
  for (auto i = first; i < last; ++i)
    text += (i == first ? "if $which == " : " elif $which == ")
          + std::to_string(i - first) + " then (" + programs[i] + "\n)";
  auto made = std::make_shared<bundle>();
  made->program = jq_program::compile(text + " else null end", made->problem);
  if (made->program == nullptr && last - first > 1) {
    auto middle = first + (last - first) / 2;
    compile(programs, first, middle);
    compile(programs, middle, last);
    return;
  }
  std::lock_guard guard{mutex_};
  for (auto i = first; i < last; ++i)
    known_.insert_or_assign(programs[i], place{made, i - first});
}

} // namespace machine::orchestrator
