#include "deploy/machine/traces.hpp"

#include "deploy/machine/machine.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/runtime/telemetry/export/collector.hpp"
#include "tests/support/directory.hpp"
#include "tests/support/machine_under_test.hpp"
#include "tests/support/text.hpp"

#include <fstream>
#include <set>

using namespace machine;
using nlohmann::json;

namespace {

constexpr const char* client_trace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* client_span = "00f067aa0ba902b7";

constexpr const char* script = R"(
tokens_per_second: 100000
rules:
  - when: {user: "c4n4ry-prompt"}
    say: c4n4ry-answer
  - when: {system: "senior software developer", turn: 0}
    call: [{name: read_file, arguments: {path: greeting}}]
  - when: {system: "senior software developer", turn: 1}
    call: [{name: finish, arguments: {summary: c4n4ry-done, tests: None.}}]
)";

constexpr const char* catalogue = R"(
[provider.demo]
protocol = "scripted"
local = true

[model.demo]
provider = "demo"
context = 200000
max_output = 64000
tools = true
structured_output = true
price = { input = "0.50", cached = "0.05", output = "2.00" }
quality = { general = 0.5 }
)";

constexpr const char* job = R"(
name: job
steps:
  - {id: plan, model: {prompt: c4n4ry-prompt, model: demo}}
  - {id: ok, needs: [plan], approve: "Go on?"}
  - {id: write, needs: [ok], agent: {role: code, prompt: c4n4ry-work, model: demo}}
  - {id: check, needs: [write], command: "echo c4n4ry-output; exit 3",
     on_failure: continue}
  - id: below
    needs: [check]
    call: {workflow: sub}
workflows:
  sub: {steps: [{id: say, model: {prompt: c4n4ry-prompt, model: demo}}]}
)";

std::string id_of(const json& span) {
  return span["spanId"];
}

/// A machine as people run it, which sends its traces to a collector.
class traced_machine {
public:
  explicit traced_machine(std::map<std::string, std::string> more = {}) {
    auto made = test::shell(
      "mkdir " + repository() + " && cd " + repository()
      + " && git init -q -b main . && echo c4n4ry-file > greeting && git add . "
        "&& git -c user.name=t -c user.email=t@t commit -q -m first");
    REQUIRE(made.empty());
    std::ofstream{dir_ / "script.yaml"} << script;
    std::ofstream{dir_ / "catalogue.toml"} << catalogue;
    flags_ = {{"models.catalogue", dir_ / "catalogue.toml"},
              {"data.dir", dir_ / "data"},
              {"gateway.port", "0"},
              {"models.scripted", dir_ / "script.yaml"},
              {"log.file", dir_ / "log"},
              {"telemetry.otlp_endpoint", to.endpoint()}};
    for (auto& [name, value] : more)
      flags_[name] = value;
    start();
  }

  std::string repository() const {
    return dir_ / "repo";
  }

  void start() {
    config::sources from;
    from.flags = flags_;
    from.environment = [](const std::string& name) {
      return name == "HOME" ? std::optional<std::string>{"/nowhere"}
                            : std::nullopt;
    };
    auto settings = config::config::load(from);
    if (!settings)
      FAIL(message_of(settings.error()));
    auto started = deploy::running_machine::start(*settings);
    if (!started)
      FAIL(render(started.error()));
    machine_ = std::move(*started);
  }

  /// What waits in its queue is at the collector by then.
  void stop() {
    machine_ = nullptr;
  }

  test::raw_client send(const std::string& method, const std::string& target,
                        const std::string& headers = "",
                        const std::string& body = "") const {
    return connect(method, "/api/v1" + target, headers, body);
  }

  /// The same for any target.
  test::raw_client connect(const std::string& method, const std::string& target,
                           const std::string& headers = "",
                           const std::string& body = "") const {
    auto& where = machine_->where();
    auto port = where.url.substr(where.url.rfind(':') + 1);
    test::raw_client client{static_cast<uint16_t>(std::stoi(port))};
    REQUIRE(client.send(
      method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
      + "\r\nAuthorization: Bearer " + where.token + "\r\n" + headers
      + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
    return client;
  }

  test::raw_answer ask(const std::string& method, const std::string& target,
                       const std::string& headers = "",
                       const std::string& body = "") const {
    return send(method, target, headers, body).read();
  }

  /// Begins a run as a client that is in a trace; the id of the run.
  std::string begin(const std::string& workflow) const {
    json body{{"title", "c4n4ry-title"},
              {"workflow", workflow},
              {"repository", repository()}};
    auto answer = ask("POST", "/runs",
                      std::string{"traceparent: 00-"} + client_trace + "-"
                        + client_span + "-01\r\ntracestate: a=1\r\n",
                      body.dump());
    INFO(answer.body);
    REQUIRE(answer.status == 201);
    answer_of_begin = answer;
    return json::parse(answer.body)["id"];
  }

  /// Follows the run *id* until an event of *type*.
  void wait_for(const std::string& id, const std::string& type) const {
    auto client = send("GET", "/runs/" + id + "/events?after=0",
                       "Accept: text/event-stream\r\n");
    REQUIRE(client.read(true).status == 200);
    while (auto event = client.next_event())
      if (test::has(event->data, "\"type\":\"" + type + "\""))
        return;
    FAIL("the run " << id << " ended without " << type);
  }

  /// All spans that the collector has, by their ids.
  std::map<std::string, json> spans() const {
    std::map<std::string, json> result;
    for (auto& request : to.requests()) {
      auto body = json::parse(request.substr(request.find("\r\n\r\n") + 4));
      for (auto& x : body["resourceSpans"][0]["scopeSpans"][0]["spans"]) {
        INFO(x.dump());
        // Nothing is recorded twice.
        CHECK(result.emplace(id_of(x), x).second);
      }
    }
    return result;
  }

  test::collector to;
  mutable test::raw_answer answer_of_begin;

private:
  test::temporary_directory dir_;
  std::map<std::string, std::string> flags_;
  std::unique_ptr<deploy::running_machine> machine_;
};

std::string value_of(const json& span, const std::string& key) {
  for (auto& x : span["attributes"])
    if (x["key"] == key)
      return x["value"].contains("intValue")
             ? x["value"]["intValue"].get<std::string>()
             : x["value"].value("stringValue", x["value"].dump());
  return "none";
}

std::vector<json> named(const std::map<std::string, json>& in,
                        const std::string& name) {
  std::vector<json> result;
  for (auto& [id, x] : in)
    if (x["name"] == name)
      result.push_back(x);
  return result;
}

json only(const std::map<std::string, json>& in, const std::string& name) {
  auto found = named(in, name);
  INFO(name);
  REQUIRE(found.size() == 1);
  return found[0];
}

} // namespace

TEST_CASE("headers for a collector are read as OpenTelemetry has them") {
  using deploy::parse_otlp_headers;
  CHECK(parse_otlp_headers("")->empty());
  CHECK(*parse_otlp_headers("api-key=abc, x = a%20b%2C=,")
        == net::header_list{{"api-key", "abc"}, {"x", "a b,="}});
  for (auto* bad : {"c4n4ry", "=c4n4ry", "a b=c4n4ry", "x=c4n4ry%", "x=%0d%0a",
                    "x:y=c4n4ry"}) {
    auto read = parse_otlp_headers(bad);
    INFO(bad);
    REQUIRE(!read);
    CHECK(code_of(read.error()) == ec::invalid_argument);
    CHECK(!test::has(message_of(read.error()), "c4n4ry"));
  }
  CHECK(!parse_otlp_headers(std::string(20'000, 'x')));
  std::string many;
  for (int i = 0; i < 33; ++i)
    many += "x=y,";
  CHECK(!parse_otlp_headers(many));
}

TEST_CASE("settings say where traces go, and as whose") {
  config::sources from;
  from.environment = [](const std::string&) {
    return std::optional<std::string>{};
  };
  from.flags = {{"telemetry.otlp_endpoint", "http://127.0.0.1:4318"},
                {"telemetry.service_name", "shop"},
                {"data.dir", "/nowhere"}};
  auto settings = config::config::load(from);
  REQUIRE(settings);
  auto options = deploy::exporter_options_of(*settings, "k=v", "1.2", "i-1");
  REQUIRE(options);
  CHECK(options->endpoint == "http://127.0.0.1:4318");
  CHECK(options->headers == net::header_list{{"k", "v"}});
  CHECK(options->resource.service_name == "shop");
  CHECK(options->resource.service_version == "1.2");
  CHECK(options->resource.service_instance == "i-1");
  for (auto* address : {"ftp://x", "http://ann:c4n4ry@127.0.0.1:4318"}) {
    from.flags["telemetry.otlp_endpoint"] = address;
    settings = config::config::load(from);
    REQUIRE(settings);
    auto bad = deploy::exporter_options_of(*settings, "", "", "");
    REQUIRE(!bad);
    CHECK(test::has(message_of(bad.error()), "telemetry.otlp_endpoint"));
    CHECK(!test::has(message_of(bad.error()), "c4n4ry"));
    CHECK(!test::has(settings->to_json(), "c4n4ry"));
  }
}

TEST_CASE("a whole run is one trace, also if the machine starts anew in it") {
  traced_machine it;
  auto id = it.begin(job);
  it.wait_for(id, "interrupt_opened");
  it.stop();
  it.start();
  auto open = json::parse(it.ask("GET", "/runs/" + id + "/interrupts").body);
  REQUIRE(open["items"].size() == 1);
  auto answer = it.ask("POST", "/runs/" + id + "/answers", "",
                       json{{"interrupt", open["items"][0]["id"]},
                            {"answer", {{"approved", true}}}}
                         .dump());
  INFO(answer.body);
  REQUIRE(answer.status < 300);
  it.wait_for(id, "books_closed");
  it.stop();
  auto all = it.spans();
  std::map<std::string, json> mine;
  for (auto& [name, x] : all)
    if (x["traceId"] == client_trace)
      mine.emplace(name, x);

  // The request, which the client had begun to ask.
  auto request = only(mine, "POST /api/v1/runs");
  CHECK(request["parentSpanId"] == client_span);
  CHECK(request["kind"] == 2);
  CHECK(request["traceState"] == "a=1");
  CHECK(value_of(request, "http.request.method") == "POST");
  CHECK(value_of(request, "http.route") == "/api/v1/runs");
  CHECK(value_of(request, "http.response.status_code") == "201");
  CHECK(it.answer_of_begin.header("traceresponse")
        == std::string{"00-"} + client_trace + "-"
             + request["spanId"].get<std::string>() + "-01");

  // The run, for longer than any of its machines.
  auto run = only(mine, "invoke_workflow job");
  CHECK(run["parentSpanId"] == request["spanId"]);
  CHECK(value_of(run, "gen_ai.operation.name") == "invoke_workflow");
  CHECK(value_of(run, "themachine.run.id") == id);
  CHECK(value_of(run, "themachine.run.result") == "done");

  // Its attempts.
  auto agent = only(mine, "invoke_agent code");
  std::vector<json> attempts{only(mine, "attempt plan"),
                             only(mine, "attempt check"), agent};
  for (auto* own : {"attempt @prepare", "attempt @publish"})
    attempts.push_back(only(mine, own));
  for (auto& x : attempts) {
    CHECK(x["parentSpanId"] == run["spanId"]);
    CHECK(value_of(x, "themachine.run.id") == id);
    CHECK(value_of(x, "themachine.attempt.number") == "1");
    CHECK(std::stoull(x["startTimeUnixNano"].get<std::string>())
          <= std::stoull(x["endTimeUnixNano"].get<std::string>()));
  }
  CHECK(attempts[0]["status"].is_null());
  CHECK(attempts[1]["status"]["code"] == 2);
  CHECK(value_of(attempts[1], "error.type") == "step_failed");

  // What they did.
  std::map<std::string, int> calls;
  std::string model;
  for (auto& [name, x] : mine)
    if (value_of(x, "gen_ai.operation.name") == "chat") {
      model = x["name"];
      CHECK(x["kind"] == 3);
      CHECK(value_of(x, "gen_ai.provider.name") != "none");
      CHECK(model == "chat " + value_of(x, "gen_ai.request.model"));
      CHECK(value_of(x, "gen_ai.response.model") != "none");
      CHECK(std::stoi(value_of(x, "gen_ai.usage.input_tokens")) > 0);
      CHECK(std::stoi(value_of(x, "gen_ai.usage.output_tokens")) > 0);
      CHECK(test::has(value_of(x, "gen_ai.response.finish_reasons"), "Value"));
      ++calls[x["parentSpanId"].get<std::string>()];
    }
  CHECK(calls[id_of(attempts[0])] == 1);
  CHECK(calls[id_of(agent)] == 2);
  auto read = only(mine, "execute_tool read_file");
  CHECK(read["parentSpanId"] == agent["spanId"]);
  CHECK(value_of(read, "gen_ai.tool.name") == "read_file");
  auto command = only(mine, "execute_tool run_command");
  CHECK(command["parentSpanId"] == attempts[1]["spanId"]);
  CHECK(value_of(command, "error.type") == "step_failed");

  // The run that it calls, and what that one does.
  auto below = only(mine, "invoke_workflow sub");
  CHECK(below["parentSpanId"] == run["spanId"]);
  auto say = only(mine, "attempt say");
  CHECK(say["parentSpanId"] == below["spanId"]);
  CHECK(calls[id_of(say)] == 1);

  // Everything hangs together, and is named by whom it belongs to.
  for (auto& [name, x] : mine) {
    INFO(x.dump());
    auto parent = x["parentSpanId"].get<std::string>();
    CHECK((parent == client_span || mine.contains(parent)));
  }
  std::set<std::string> instances;
  for (auto& sent : it.to.requests()) {
    auto body = json::parse(sent.substr(sent.find("\r\n\r\n") + 4));
    json resource = body["resourceSpans"][0]["resource"];
    CHECK(value_of(resource, "service.name") == "themachine");
    CHECK(value_of(resource, "service.version") != "none");
    instances.insert(value_of(resource, "service.instance.id"));
    // What people, models and files say is in none of it.
    CHECK(!test::has(sent, "c4n4ry"));
  }
  CHECK(instances.size() == 2);
}

TEST_CASE("/metrics says how many spans went where") {
  traced_machine it;
  it.ask("GET", "/runs");
  auto client = it.connect("GET", "/metrics");
  auto text = client.read().body;
  INFO(text);
  CHECK(test::has(text, "themachine_trace_spans_total{outcome=\"exported\"}"));
  CHECK(test::has(text, "themachine_trace_spans_total{outcome=\"dropped\"} 0"));
  CHECK(test::has(text, "themachine_trace_spans_waiting"));
}

TEST_CASE("a collector that is gone slows nothing and keeps nobody") {
  std::string nowhere;
  {
    test::collector gone;
    nowhere = gone.endpoint();
  }
  traced_machine it{{{"telemetry.otlp_endpoint", nowhere}}};
  auto id = it.begin("name: quick\nsteps: [{id: one, set: {}}]\n");
  it.wait_for(id, "books_closed");
  auto begin = std::chrono::steady_clock::now();
  it.stop();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{20});
}

TEST_CASE("of a client's trace that is not recorded nothing is sent") {
  traced_machine it{{{"telemetry.sample_percent", "0"}}};
  it.ask("GET", "/runs");
  it.stop();
  CHECK(it.spans().empty());
}
