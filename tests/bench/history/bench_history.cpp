// What the history of an agent costs: 1,000 calls of tools in one conversation
// that has 200,000 tokens from the beginning. A log that kept what each call of
// the model was given would grow with the square of them.

#include "actors/models/scripted.hpp"
#include "actors/node/actors.hpp"
#include "actors/orchestrator/workflow/jq.hpp"
#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/store/lmdb.hpp"
#include "runtime/wire/wire.hpp"

#include "tests/bench/report.hpp"
#include "tests/support/directory.hpp"

#include <caf/event_based_actor.hpp>

#include <cmath>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>

using namespace machine;
using namespace machine::bench;

namespace {

constexpr size_t calls = 1'000;
constexpr size_t calls_of_a_turn = 5;
constexpr size_t turns = calls / calls_of_a_turn;

/// Files that make the conversation long: read in the first turns.
constexpr size_t long_files = 20;
constexpr size_t long_file_bytes = 31'000;
constexpr size_t prompt_bytes = 180'000;

/// A byte of text that zstd cannot make much smaller, so that the disk is
/// charged for what is said.
std::string noise(size_t size, uint64_t seed) {
  constexpr std::string_view letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789    \n,";
  std::string result;
  result.reserve(size);
  for (auto x = seed * 2 + 1; result.size() < size;) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    result += letters[x % letters.size()];
  }
  return result;
}

std::string file_of(size_t call) {
  return "f" + std::to_string(call) + ".txt";
}

void write_repository(const std::string& path) {
  std::filesystem::create_directory(path);
  for (size_t i = 0; i < calls; ++i)
    std::ofstream{path + "/" + file_of(i)}
      << noise(i < long_files ? long_file_bytes : 200, i + 1);
  auto quoted = "'" + path + "'";
  auto made = "cd " + quoted
            + " && git init -q -b main . && git add . && git -c user.name=b "
              "-c user.email=b@localhost commit -q -m files";
  if (std::system(made.c_str()) != 0)
    give_up("git does not make a repository");
}

models::script make_script() {
  models::script result;
  result.tokens_per_second = 1e9;
  for (size_t turn = 0; turn <= turns; ++turn) {
    models::script_rule rule;
    rule.when.turn = static_cast<uint32_t>(turn);
    rule.say = "Turn " + std::to_string(turn);
    for (size_t i = 0; turn < turns && i < calls_of_a_turn; ++i) {
      auto call = turn * calls_of_a_turn + i;
      rule.calls.push_back({"c" + std::to_string(call),
                            "read_file",
                            {R"({"path":")" + file_of(call) + R"("})"}});
    }
    if (turn == turns)
      rule.say = R"({"text":"done"})";
    result.rules.push_back(std::move(rule));
  }
  return result;
}

agents::role make_role() {
  agents::role result;
  result.name = "reader";
  result.system = "You read files.";
  result.tools = {"read_file"};
  result.max_turns = 200;
  result.output.text = R"({"type":"object"})";
  return result;
}

constexpr const char* catalogue = R"(
[provider.script]
protocol = "scripted"
[model.demo]
provider = "script"
context = 1000000
max_output = 16384
tools = true
structured_output = true
price = { input = "0", output = "0" }
)";

constexpr const char* workflow = R"(
name: history
inputs: {type: object, properties: {text: {type: string}}}
steps:
  - id: read
    agent: {role: reader, prompt: "${{ .inputs.text }}"}
)";

/// What stands on the disk, and when, after a number of calls.
struct point {
  double calls = 0;
  double bytes = 0;
  double seconds = 0;
};

class watcher {
public:
  explicit watcher(store::engine& engine) : engine_(engine) {}

  void take(const bytes& payload) {
    std::string_view text{reinterpret_cast<const char*>(payload.data()),
                          payload.size()};
    std::lock_guard guard{mutex_};
    if (text.find("effect_done") != text.npos
        && text.find("read_file") == text.npos && is_tool(payload)
        && ++seen_ % 100 == 0)
      note();
    if (text.find("run_ended") != text.npos) {
      result_ = std::string{text};
      ended_.notify_one();
    }
  }

  std::vector<point> wait() {
    std::unique_lock guard{mutex_};
    if (!ended_.wait_for(guard, std::chrono::minutes{10},
                         [&] { return !result_.empty(); }))
      give_up("the run does not end");
    if (seen_ != calls)
      give_up("there were " + std::to_string(seen_) + " calls: " + result_);
    return points_;
  }

private:
  /// By its effect's kind, which the intent has told.
  bool is_tool(const bytes& payload) {
    auto event =
      wire::from_msgpack<entity::recorded<orchestrator::run_event>>(payload);
    if (!event)
      return false;
    auto* done = std::get_if<orchestrator::effect_done>(&event->event);
    return done != nullptr && !done->usage;
  }

  void note() {
    auto stats = engine_.stats();
    if (!stats)
      give_up(render(stats.error()));
    points_.push_back({static_cast<double>(seen_),
                       static_cast<double>(stats->used_bytes),
                       seconds(bench::clock::now() - began_)});
  }

  store::engine& engine_;
  const bench::clock::time_point began_ = bench::clock::now();
  std::mutex mutex_;
  std::condition_variable ended_;
  size_t seen_ = 0;
  std::vector<point> points_;
  std::string result_;
};

/// The straight line that lies nearest to *points*, and how far they are from
/// it at most, as a part of their range.
void print_line(const std::vector<point>& points) {
  double n = 0;
  double sx = 0;
  double sy = 0;
  double sxx = 0;
  double sxy = 0;
  for (auto& x : points) {
    n += 1;
    sx += x.calls;
    sy += x.bytes;
    sxx += x.calls * x.calls;
    sxy += x.calls * x.bytes;
  }
  auto slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  auto base = (sy - slope * sx) / n;
  double off = 0;
  for (auto& x : points)
    off = std::max(off, std::abs(x.bytes - base - slope * x.calls));
  auto range = points.back().bytes - points.front().bytes;
  std::printf("a call costs %.0f bytes on the disk; the farthest point is %.1f "
              "%% of the range from the line\n",
              slope, 100 * off / range);
}

} // namespace

int main(int argc, char** argv) {
  if (auto code = orchestrator::serve_jq_if_asked(argc, argv))
    return *code;
  warn_of_slow_build();
  test::temporary_directory dir;
  write_repository(dir / "repository");
  node_options options;
  options.data_directory = dir / "data";
  auto engine = store::open_lmdb(options.data_directory + "/store");
  auto known = models::load_catalogue({}, catalogue, "catalogue.toml");
  auto loaded = orchestrator::load_workflow(workflow, "history.yaml");
  if (!engine || !known || !loaded)
    give_up("the machine cannot be set up");
  options.engine = *engine;
  models::model_stock stock;
  stock.listed = std::move(*known);
  stock.providers["script"] = models::make_scripted("script", make_script());
  options.models->put(std::move(stock));
  options.roles["reader"] = make_role();
  run_request what;
  what.title = "read";
  what.workflow = std::move(*loaded);
  what.repository = dir / "repository";
  what.budget = 1'000'000;
  what.model = "demo";
  what.principal = "bench";
  what.inputs.text =
    R"({"text":)" + wire::to_json(noise(prompt_bytes, 99)) + "}";
  watcher seen{**engine};
  node machine{std::move(options)};
  std::promise<caf::expected<std::string>> started;
  machine.start_run(
    local_tenant, std::move(what),
    [&](caf::expected<std::string> id) { started.set_value(std::move(id)); });
  auto id = started.get_future().get();
  if (!id)
    give_up(render(id.error()));
  auto& actors = machine.actors();
  auto follower =
    actors.system.spawn([&](entity::follower_actor::pointer)
                          -> entity::follower_actor::behavior_type {
      return {[&](atom::publish, const entity::published& x) {
                for (auto& payload : x.payloads)
                  seen.take(payload);
              },
              [](atom::live, const entity::live_piece&) {}};
    });
  caf::scoped_actor self{actors.system};
  self
    ->request(actors.feed, std::chrono::seconds{10}, atom::follow_v,
              store::stream_id{orchestrator::run::kind, local_tenant, *id},
              follower)
    .receive([](bool) {}, [](const caf::error& why) { give_up(render(why)); });
  auto points = seen.wait();
  self->send_exit(follower, caf::exit_reason::user_shutdown);
  self->wait_for(follower);
  std::printf("%8s %16s %12s\n", "calls", "bytes on disk", "seconds");
  for (auto& x : points)
    std::printf("%8.0f %16.0f %12.1f\n", x.calls, x.bytes, x.seconds);
  print_line(points);
}
