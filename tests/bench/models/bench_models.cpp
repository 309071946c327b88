// What the choice of models loses for not knowing them: 10,000 calls in a
// made-up world of 8 models and 5 kinds of jobs, in which the best model is
// worse from call 4,000 to call 8,000. Prints a table over 20 worlds; `--plot
// FILE` writes a plot (SVG).

#include "tests/bench/models/game.hpp"
#include "tests/bench/models/svg.hpp"
#include "tests/bench/report.hpp"

#include <cstring>
#include <fstream>

using namespace machine;
using namespace machine::bench;

namespace {

constexpr uint64_t seeds = 20;
constexpr size_t point = 100;

struct row {
  std::string name;
  std::vector<double> lost;
  std::vector<double> dollars;
  std::vector<double> good;
  std::vector<double> seconds;
  /// By seed: what was lost until each hundredth call.
  std::vector<std::vector<double>> curves;
};

void count(row& to, const game& what) {
  auto calls = static_cast<double>(calls_of_world);
  to.lost.push_back(what.lost());
  to.dollars.push_back(static_cast<double>(what.cost) / 1e6);
  to.good.push_back(100 * what.good / calls);
  to.seconds.push_back(what.latency_s / calls);
  auto& curve = to.curves.emplace_back();
  auto sum = 0.0;
  for (size_t i = 0; i < calls_of_world; i += point)
    curve.push_back(sum += what.lost(i, i + point));
}

std::string range(const std::vector<double>& xs, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f (%.*f-%.*f)", digits, median(xs),
                digits, quantile(xs, 0), digits, quantile(xs, 1));
  return text;
}

void print(const row& x) {
  std::printf("| %-31s | %-20s | %-20s | %-18s | %-18s |\n", x.name.c_str(),
              range(x.lost, 0).c_str(), range(x.dollars, 2).c_str(),
              range(x.good, 1).c_str(), range(x.seconds, 1).c_str());
}

/// How much was lost in each thousand calls, in the middle of all worlds.
void print_thousands(const row& x) {
  std::printf("%-46s", ("each thousand calls: " + x.name).c_str());
  constexpr size_t thousand = 1'000 / point;
  for (size_t i = 0; i < calls_of_world / point; i += thousand) {
    std::vector<double> lost;
    for (auto& curve : x.curves)
      lost.push_back(curve[i + thousand - 1] - (i == 0 ? 0 : curve[i - 1]));
    std::printf(" %.0f", median(lost));
  }
  std::puts("");
}

svg_line line_of(const row& x, const std::string& colour) {
  svg_line result{x.name, colour, {}, {}, {}};
  for (size_t i = 0; i < calls_of_world / point; ++i) {
    std::vector<double> at;
    for (auto& curve : x.curves)
      at.push_back(curve[i]);
    result.low.push_back(quantile(at, 0.1));
    result.middle.push_back(median(at));
    result.high.push_back(quantile(at, 0.9));
  }
  return result;
}

struct measured {
  row learner{"learns and explores"};
  row greedy{"learns, explores nothing"};
  row ranked{"ranks by the catalogue"};
  row cheapest{"cheapest that is good enough"};
  row blind{"learns and explores, blind"};
  row blind_greedy{"learns, explores nothing, blind"};
  row best_fixed{"best single model, afterwards"};
  std::map<std::string, row> fixed;
  std::vector<double> beside_fixed;
  std::vector<double> adapts;
  std::vector<double> recovers;
  std::vector<double> recovers_greedy;
  std::vector<double> explored;
  std::vector<double> exploring;
};

void measure(measured& to, uint64_t seed) {
  world x{seed};
  auto policy = policy_of_game();
  auto learned = play_learner(x, policy, seed);
  count(to.learner, learned);
  auto quiet = policy;
  quiet.exploration.on = false;
  auto greedy = play_learner(x, quiet, seed);
  count(to.greedy, greedy);
  world blind{seed, prior_kind::nothing};
  count(to.blind, play_learner(blind, policy, seed));
  count(to.blind_greedy, play_learner(blind, quiet, seed));
  count(to.ranked, play_ranked(x, policy));
  count(to.cheapest, play_cheapest(x, policy));
  std::optional<game> best;
  for (auto& name : x.names()) {
    auto one = play_fixed(x, policy, name);
    auto& line = to.fixed[name];
    line.name = "always " + name;
    count(line, one);
    if (!best || one.lost() < best->lost())
      best = std::move(one);
  }
  count(to.best_fixed, *best);
  to.beside_fixed.push_back(100 * learned.lost() / best->lost());
  to.adapts.push_back(static_cast<double>(adaptation_time(
    learned, play_stubborn(x, policy, degrades_at), degrades_at, recovers_at)));
  auto away = play_stubborn(x, policy, recovers_at);
  auto back = [&](const game& of) {
    return static_cast<double>(
      adaptation_time(of, away, recovers_at, calls_of_world));
  };
  to.recovers.push_back(back(learned));
  to.recovers_greedy.push_back(back(greedy));
  to.explored.push_back(static_cast<double>(learned.explored));
  to.exploring.push_back(static_cast<double>(learned.exploring) / 1e6);
}

/// What a choice and an outcome take, in microseconds.
void measure_time() {
  constexpr size_t calls = 20'000;
  constexpr int rounds = 7;
  world x{1};
  models::learner knows;
  auto policy = policy_of_game();
  std::vector<double> ranking;
  std::vector<double> learning;
  for (auto round = 0; round < rounds; ++round) {
    std::vector<world_call> asked;
    std::vector<models::observation> seen;
    for (size_t i = 0; i < calls; ++i) {
      asked.push_back(x.call(i));
      seen.push_back(x.answer(x.names()[i % 8], asked.back(), i));
    }
    auto began = bench::clock::now();
    for (auto& one : seen)
      observe(knows, x.known().models.at(one.model), one);
    auto between = bench::clock::now();
    size_t candidates = 0;
    for (size_t i = 0; i < calls; ++i)
      candidates += rank(x.known(), asked[i].needs, policy, knows, {}, i)
                      ->candidates.size();
    auto ended = bench::clock::now();
    if (candidates != calls * 8)
      give_up("a model was left out");
    learning.push_back(seconds(between - began) * 1e6 / calls);
    ranking.push_back(seconds(ended - between) * 1e6 / calls);
  }
  report("a ranking of eight models", ranking, 1, "us");
  report("learning from an outcome", learning, 1, "us");
}

void plot(const measured& what, const char* file) {
  svg_plot sheet;
  sheet.title = "Utility lost beside who knows the world, 20 worlds";
  sheet.x_title = "calls";
  sheet.y_title = "sum of what was lost; bands: 10 to 90 %";
  sheet.x_step = point;
  sheet.y_most = 800;
  sheet.marks = {{degrades_at, "best model gets worse"},
                 {recovers_at, "recovers"}};
  sheet.lines = {
    line_of(what.learner, "#0a7d3c"), line_of(what.greedy, "#7a5cc9"),
    line_of(what.ranked, "#d08a00"), line_of(what.best_fixed, "#c2352b"),
    line_of(what.cheapest, "#555555")};
  std::ofstream{file} << to_svg(sheet);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 1 && (argc != 3 || std::strcmp(argv[1], "--plot") != 0)) {
    std::fputs("Usage: bench_models [--plot FILE]\n", stderr);
    return 2;
  }
  warn_of_slow_build();
  measured all;
  for (uint64_t seed = 1; seed <= seeds; ++seed)
    measure(all, seed);
  std::printf("%zu calls in each of %d worlds: median (least-most)\n\n"
              "| %-31s | %-20s | %-20s | %-18s | %-18s |\n"
              "|%s|\n",
              calls_of_world, static_cast<int>(seeds), "", "utility lost",
              "dollars", "good answers, %", "seconds", "---|---|---|---|---");
  for (auto* x : {&all.learner, &all.greedy, &all.blind, &all.blind_greedy,
                  &all.ranked, &all.cheapest, &all.best_fixed})
    print(*x);
  for (auto& [name, x] : all.fixed)
    print(x);
  std::puts("");
  report("lost beside the best single model", all.beside_fixed, 0, "%");
  judge(all.beside_fixed, {goal::side::below, 70}, "%");
  report("calls until it has adapted", all.adapts, 0);
  judge(all.adapts, {goal::side::below, 500});
  report("calls until it is back", all.recovers, 0);
  report("calls until it is back, without exploring", all.recovers_greedy, 0);
  print_thousands(all.learner);
  print_thousands(all.greedy);
  print_thousands(all.blind);
  print_thousands(all.blind_greedy);
  report("calls in which another model was tried", all.explored, 0);
  report("dollars that exploring cost", all.exploring, 2);
  measure_time();
  if (argc == 3)
    plot(all, argv[2]);
}
