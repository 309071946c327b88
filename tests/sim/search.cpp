#include "tests/sim/search.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>
#include <vector>

namespace machine::sim {

namespace {

/// Lines that are shown of a case in which a rule is broken.
constexpr size_t last_lines = 25;

/// Plays the cases from + job, from + job + jobs, ... and writes what came of
/// them, as text that `read` reads.
void play_part(const search_options& how, uint64_t job, int to) {
  search_result all;
  for (auto i = job; i < how.seeds && !all.broken; i += how.jobs) {
    auto one = simulate(how.from + i);
    ++all.played;
    all.steps += one.steps;
    all.events += one.events;
    all.seed = how.from + i;
    all.broken = std::move(one.broken);
  }
  std::ostringstream out;
  out << all.played << ' ' << all.steps << ' ' << all.events << ' '
      << (all.broken ? all.seed : 0) << '\n';
  if (all.broken)
    out << all.broken->rule << '\n' << all.broken->what;
  auto text = out.str();
  for (size_t done = 0; done < text.size();) {
    auto n = ::write(to, text.data() + done, text.size() - done);
    if (n <= 0)
      return;
    done += static_cast<size_t>(n);
  }
}

std::string read_all(int from) {
  std::string result;
  std::array<char, 4'096> part{};
  for (;;) {
    auto n = ::read(from, part.data(), part.size());
    if (n <= 0)
      return result;
    result.append(part.data(), static_cast<size_t>(n));
  }
}

void add(search_result& to, const std::string& text, int status) {
  std::istringstream in{text};
  search_result part;
  in >> part.played >> part.steps >> part.events >> part.seed;
  in.ignore();
  to.played += part.played;
  to.steps += part.steps;
  to.events += part.events;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    to.broken = violation{"a case comes to its end",
                          "a process that played ended with status "
                            + std::to_string(status)};
    return;
  }
  if (part.seed == 0 || (to.broken && to.seed < part.seed))
    return;
  to.seed = part.seed;
  violation what;
  std::getline(in, what.rule);
  std::getline(in, what.what, '\0');
  to.broken = std::move(what);
}

void print_case(uint64_t seed, const std::set<decision_id>& without,
                size_t most) {
  auto what = simulate(seed, without, detail::lines);
  auto skipped = what.lines.size() > most ? what.lines.size() - most : 0;
  for (auto i = skipped; i < what.lines.size(); ++i)
    std::printf("%s\n", what.lines[i].c_str());
  std::printf("what happened that need not have:\n");
  for (auto& x : what.decisions)
    std::printf("  %s\n", x.what);
}

} // namespace

search_result search(const search_options& how) {
  std::vector<std::pair<pid_t, int>> parts;
  for (uint64_t job = 0; job < std::max<uint64_t>(how.jobs, 1); ++job) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
      break;
    auto pid = ::fork();
    if (pid == 0) {
      play_part(how, job, ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    parts.emplace_back(pid, ends[0]);
  }
  search_result result;
  for (auto [pid, from] : parts) {
    auto text = read_all(from);
    ::close(from);
    int status = 0;
    ::waitpid(pid, &status, 0);
    add(result, text, status);
  }
  return result;
}

std::string report(const search_result& what) {
  std::ostringstream out;
  out << what.played << " cases, " << what.steps << " steps, " << what.events
      << " events\n";
  if (!what.broken)
    return out.str();
  out << "seed " << what.seed << " breaks: " << what.broken->rule << "\n  "
      << what.broken->what << "\nplay it again: scripts/sim --seed "
      << what.seed << " --trace\nmake it smaller: scripts/sim --seed "
      << what.seed << " --shrink\n";
  auto again = simulate(what.seed, {}, detail::lines);
  auto from =
    again.lines.size() > last_lines ? again.lines.size() - last_lines : 0;
  for (auto i = from; i < again.lines.size(); ++i)
    out << again.lines[i] << '\n';
  return out.str();
}

bool play_one(uint64_t seed, bool trace, bool smaller) {
  auto what = simulate(seed);
  std::set<decision_id> without;
  if (what.broken && smaller)
    without = shrink(seed, what.broken->rule);
  if (trace || smaller)
    print_case(seed, without, trace ? SIZE_MAX : last_lines);
  std::printf("seed %llu: %llu steps, %llu events, %zu decisions\n",
              static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(what.steps),
              static_cast<unsigned long long>(what.events),
              what.decisions.size());
  if (what.broken)
    std::printf("breaks: %s\n  %s\n", what.broken->rule.c_str(),
                what.broken->what.c_str());
  return !what.broken;
}

} // namespace machine::sim
