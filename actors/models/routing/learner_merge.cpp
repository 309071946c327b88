#include "actors/models/routing/memory.hpp"

namespace machine::models {

namespace {

/// The clocks of both sides and of what comes of them.
struct clocks {
  uint64_t ours = 0;
  uint64_t theirs = 0;

  uint64_t both() const {
    return ours + theirs;
  }
};

evidence sum_of(const evidence& a, const evidence& b, const clocks& at,
                double half_life) {
  auto x = as_of(a, at.ours, half_life);
  auto y = as_of(b, at.theirs, half_life);
  return {x.good + y.good, x.bad + y.bad, at.both()};
}

surprise sum_of(const surprise& a, const surprise& b, const clocks& at,
                double half_life) {
  auto x = as_of(a, at.ours, half_life);
  auto y = as_of(b, at.theirs, half_life);
  return {x.sum + y.sum, x.mass + y.mass, at.both()};
}

surprises sum_of(const surprises& a, const surprises& b, const clocks& at) {
  return {sum_of(a.general, b.general, at, lasting_half_life),
          sum_of(a.recent, b.recent, at, surprise_half_life)};
}

/// @param all The clocks of all outcomes.
/// @param of_job Those of this kind of job.
job_record sum_of(const job_record& a, const job_record& b, const clocks& all,
                  const clocks& of_job) {
  job_record result;
  for (size_t i = 0; i < result.by_size.size(); ++i) {
    auto& x = a.by_size[i];
    auto& y = b.by_size[i];
    result.by_size[i] = {
      sum_of(x.lasting, y.lasting, of_job, lasting_half_life),
      sum_of(x.recent, y.recent, of_job, recent_half_life)};
  }
  result.own = sum_of(a.own, b.own, all);
  result.output_tokens = a.output_tokens;
  result.output_tokens.add(b.output_tokens);
  return result;
}

/// How long ago it was heard of, in outcomes; for ever, if it never was.
uint64_t age_of(const model_record* x, uint64_t now) {
  return x == nullptr ? UINT64_MAX : now - std::min(x->used, now);
}

model_record sum_of(const model_record* ours, const model_record* theirs,
                    const learner& a, const learner& b) {
  static const model_record nothing;
  auto& x = ours == nullptr ? nothing : *ours;
  auto& y = theirs == nullptr ? nothing : *theirs;
  clocks at{a.outcomes, b.outcomes};
  model_record result;
  result.all = sum_of(x.all, y.all, at);
  result.first_byte = x.first_byte;
  result.first_byte.add(y.first_byte);
  result.speed = x.speed;
  result.speed.add(y.speed);
  result.cost_ratio = x.cost_ratio;
  result.cost_ratio.add(y.cost_ratio);
  auto age = std::min(age_of(ours, a.outcomes), age_of(theirs, b.outcomes));
  result.used = at.both() - std::min(age, at.both());
  auto jobs = x.jobs;
  jobs.insert(y.jobs.begin(), y.jobs.end());
  for (auto& [job, record] : jobs) {
    auto i = x.jobs.find(job);
    auto j = y.jobs.find(job);
    result.jobs[job] = sum_of(i == x.jobs.end() ? job_record{} : i->second,
                              j == y.jobs.end() ? job_record{} : j->second, at,
                              {outcomes_of(a, job), outcomes_of(b, job)});
  }
  return result;
}

/// More than any evidence can count for, since all of it ages.
constexpr double most_evidence = 1e6;

bool is_sound(const evidence& x) {
  return x.good >= 0 && x.bad >= 0 && x.good <= most_evidence
      && x.bad <= most_evidence;
}

bool is_sound(const surprise& x) {
  return x.mass >= 0 && x.mass <= most_evidence && std::abs(x.sum) <= x.mass;
}

bool is_sound(const surprises& x) {
  return is_sound(x.general) && is_sound(x.recent);
}

bool is_sound(const job_record& x) {
  return is_sound(x.own)
      && std::all_of(x.by_size.begin(), x.by_size.end(), [](auto& y) {
           return is_sound(y.lasting) && is_sound(y.recent);
         });
}

bool is_name(const std::string& x) {
  return !x.empty() && x.size() <= max_learned_name;
}

} // namespace

learner merge(const learner& a, const learner& b) {
  learner result;
  result.outcomes = a.outcomes + b.outcomes;
  result.jobs = a.jobs;
  for (auto& [job, x] : b.jobs) {
    auto& sum = result.jobs[job];
    sum.outcomes += x.outcomes;
    sum.output_tokens.add(x.output_tokens);
  }
  for (auto& [id, x] : a.models) {
    auto i = b.models.find(id);
    result.models[id] =
      sum_of(&x, i == b.models.end() ? nullptr : &i->second, a, b);
  }
  for (auto& [id, x] : b.models)
    if (!a.models.contains(id))
      result.models[id] = sum_of(nullptr, &x, a, b);
  while (result.jobs.size() > max_learned_jobs)
    forget_rarest_job(result);
  while (result.models.size() > max_learned_models)
    forget_oldest_model(result);
  return result;
}

caf::error check_learner(const learner& x) {
  auto complain = [](const std::string& what) {
    return make_error(ec::invalid_argument,
                      "this is nothing that was learned: " + what);
  };
  if (x.models.size() > max_learned_models || x.jobs.size() > max_learned_jobs)
    return complain("it has more than 256 models or 32 kinds of jobs");
  for (auto& [job, y] : x.jobs)
    if (!is_name(job))
      return complain("a kind of job has a name that is empty or too long");
  for (auto& [id, record] : x.models) {
    if (!is_name(id))
      return complain("a model has a name that is empty or too long");
    if (!is_sound(record.all))
      return complain("the counts of " + id + " cannot be");
    for (auto& [job, y] : record.jobs)
      if (!x.jobs.contains(job) || !is_sound(y))
        return complain("the counts of " + id + " for " + job + " cannot be");
  }
  return {};
}

} // namespace machine::models
