#include "gateway/mcp/offer/offer.hpp"

#include "gateway/api/documents.hpp"
#include "gateway/mcp/offer/knowledge.hpp"
#include "gateway/mcp/offer/resources.hpp"
#include "gateway/mcp/offer/run_watch.hpp"
#include "gateway/mcp/offer/tool.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>
#include <unordered_map>

namespace machine::gateway::mcp {

namespace {

constexpr size_t max_completions = 100;

bool is_fine(const http_answer& x) {
  return x.status >= 200 && x.status < 300;
}

/// What a problem document says.
struct problem_text {
  std::string detail;

  static constexpr const char* wire_name = "problem";

  static constexpr auto fields() {
    return wire::members(wire::field{"detail", &problem_text::detail});
  }
};

std::string detail_of(const http_answer& from) {
  auto read = wire::from_json<problem_text>(from.body);
  return read ? read->detail : "HTTP status " + std::to_string(from.status);
}

std::string failed_tool(std::string why) {
  return wire::to_json(
    tool_result{{text_content{std::move(why)}}, std::nullopt, true});
}

/// A row of a list, as far as it matters here.
struct named_row {
  std::string id;
  std::optional<std::string> title;
  std::optional<std::string> state;

  static constexpr const char* wire_name = "row";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &named_row::id},
                         wire::field{"title", &named_row::title},
                         wire::field{"state", &named_row::state});
  }
};

rpc_error invalid(std::string why) {
  return {code::invalid_params, std::move(why), std::nullopt};
}

rpc_error no_resource(const std::string& uri, std::string why,
                      revision speaks) {
  return {has_sessions(speaks) ? code::resource_not_found
                               : code::invalid_params,
          std::move(why), json_text{R"({"uri":)" + wire::to_json(uri) + "}"}};
}

/// Calls *then* with the parameters of *what*, or fails it.
template <class Params, class Then>
void with_params(const call& what, const exchange_ptr& answer, Then then) {
  auto params = wire::from_json<Params>(what.params);
  if (params)
    then(*params);
  else
    answer->fail(invalid(message_of(params.error())));
}

class machine_offer final : public service {
public:
  explicit machine_offer(std::shared_ptr<const api_context> context)
      : rest_(std::move(context)), tools_(machine_tools()) {
    std::string list;
    auto add = [&](const std::string& one) {
      list += (list.empty() ? "" : ",") + one;
    };
    for (auto& x : tools_) {
      auto* by = rest_.find(x.method, x.pattern);
      // A route that is gone takes its tool with it; a test looks.
      if (by == nullptr)
        continue;
      routes_.emplace(x.name, by);
      add(describe(x, *by));
    }
    add(describe_knowledge_search());
    tool_list_ = R"({"tools":[)" + list + "]}";
    template_list_ =
      R"({"resourceTemplates":)" + wire::to_json(resource_templates()) + "}";
    std::vector<prompt_entry> prompts;
    for (auto& [name, x] : roles())
      prompts.push_back(
        {name, x.description, {{"task", "What is to be done", true}}});
    prompt_list_ = R"({"prompts":)" + wire::to_json(prompts) + "}";
  }

  implementation name() const override {
    return {"themachine", "TheMachine", rest_.context()->version};
  }

  std::string capabilities() const override {
    return R"({"tools":{},"resources":{"subscribe":true},"prompts":{},)"
           R"("completions":{}})";
  }

  std::string instructions() const override {
    return "TheMachine has agents do work in git repositories. start_run "
           "begins "
           "it, get_run says how far it is and what it asks, answer_run "
           "answers. Money is in millionths of a US dollar.";
  }

  void serve(call what, exchange_ptr answer) override {
    if (what.method == "tools/list")
      list(what, answer, tool_list_);
    else if (what.method == "resources/templates/list")
      list(what, answer, template_list_);
    else if (what.method == "prompts/list")
      list(what, answer, prompt_list_);
    else if (what.method == "tools/call")
      call_tool(what, answer);
    else if (what.method == "resources/list")
      list_resources(what, answer);
    else if (what.method == "resources/read")
      read_resource(what, answer);
    else if (what.method == "prompts/get")
      get_prompt(what, answer);
    else if (what.method == "completion/complete")
      complete(what, answer);
    else
      answer->fail({code::method_not_found, "there is no method " + what.method,
                    std::nullopt});
  }

  caf::expected<watch_handle> watch(const call& who, const change_filter& what,
                                    change_listener to) override {
    auto all = std::make_shared<std::vector<watch_handle>>();
    for (auto& uri : what.uris.value_or(std::vector<std::string>{})) {
      auto target = target_of(uri);
      auto run = run_of(uri);
      if (!target || !run)
        return make_error(ec::not_found, "nothing tells when "
                                           + uri.substr(0, 200)
                                           + " changes; runs do");
      if (auto problem = rest_.check(who, {"GET", *target, ""}))
        return problem;
      auto one = watch_run({rest_.context(), who.who, rest_.find(*target)->who},
                           *run, uri, to);
      if (!one)
        return std::move(one.error());
      all->push_back(std::move(*one));
    }
    return watch_handle{std::move(all)};
  }

private:
  const std::map<std::string, agents::role>& roles() const {
    return rest_.context()->machine->options().roles;
  }

  /// All of it is one page.
  static void list(const call& what, const exchange_ptr& answer,
                   const std::string& all) {
    with_params<list_params>(what, answer, [&](const list_params& x) {
      if (x.cursor)
        answer->fail(invalid("there is no such cursor"));
      else
        answer->result(all);
    });
  }

  void call_tool(const call& what, const exchange_ptr& answer) const {
    with_params<named_params>(what, answer, [&](const named_params& x) {
      auto arguments = x.arguments.value_or(json_text{"{}"}).text;
      if (x.name == knowledge_search) {
        answer->result(search_knowledge(arguments));
        return;
      }
      auto i = std::find_if(tools_.begin(), tools_.end(),
                            [&](auto& one) { return one.name == x.name; });
      auto by = routes_.find(x.name);
      if (i == tools_.end() || by == routes_.end()) {
        answer->fail(invalid("there is no tool " + x.name.substr(0, 100)));
        return;
      }
      auto request = request_of(*i, *by->second, arguments);
      if (!request) {
        answer->result(failed_tool(message_of(request.error())));
        return;
      }
      rest_.ask(what, std::move(*request), [answer](http_answer got) {
        if (!is_fine(got))
          answer->result(failed_tool(detail_of(got)));
        else
          answer->result(wire::to_json(tool_result{
            {text_content{got.body}}, json_text{got.body}, std::nullopt}));
      });
    });
  }

  void list_resources(const call& what, const exchange_ptr& answer) const {
    with_params<list_params>(what, answer, [&](const list_params& x) {
      rest_request page{"GET", "/api/v1/runs?limit=100", ""};
      if (x.cursor)
        page.target += "&cursor=" + escape(*x.cursor);
      rest_.ask(what, std::move(page), [answer](http_answer got) {
        auto rows = wire::from_json<page_of<named_row>>(got.body);
        if (!is_fine(got) || !rows) {
          answer->fail(invalid(detail_of(got)));
          return;
        }
        resource_page result;
        for (auto& row : rows->items)
          result.resources.push_back(entry_of(
            row.id, row.title.value_or(row.id), row.state.value_or("")));
        if (!rows->next_cursor.empty())
          result.next = rows->next_cursor;
        answer->result(wire::to_json(result));
      });
    });
  }

  void read_resource(const call& what, const exchange_ptr& answer) const {
    with_params<uri_params>(what, answer, [&](const uri_params& x) {
      auto target = target_of(x.uri);
      auto* by = target ? rest_.find(*target) : nullptr;
      if (by == nullptr || !shows_resources(by->pattern)) {
        answer->fail(
          no_resource(x.uri, "there is no such resource", what.speaks));
        return;
      }
      auto take = [answer, uri = x.uri, speaks = what.speaks](http_answer got) {
        if (!is_fine(got)) {
          answer->fail(no_resource(uri, detail_of(got), speaks));
          return;
        }
        auto content = content_of(uri, std::move(got));
        if (content)
          answer->result(wire::to_json(*content));
        else
          answer->fail(error_of(content.error()));
      };
      rest_.ask(what, {"GET", *target, ""}, std::move(take));
    });
  }

  void get_prompt(const call& what, const exchange_ptr& answer) const {
    with_params<named_params>(what, answer, [&](const named_params& x) {
      auto i = roles().find(x.name);
      if (i == roles().end()) {
        answer->fail(invalid("there is no prompt " + x.name.substr(0, 100)));
        return;
      }
      auto arguments = wire::from_json<std::map<std::string, std::string>>(
        x.arguments.value_or(json_text{"{}"}).text);
      if (!arguments || !arguments->contains("task")) {
        answer->fail(invalid("this prompt needs the argument task, a text"));
        return;
      }
      auto& role = i->second;
      answer->result(wire::to_json(prompt_result{
        role.description,
        {{"user",
          text_content{role.system + "\n\n" + arguments->at("task")}}}}));
    });
  }

  /// Ids of runs and projects; of all else nobody knows the values.
  void complete(const call& what, const exchange_ptr& answer) const {
    with_params<completion_params>(what, answer, [&](const auto& x) {
      auto of_resource = x.ref.type == "ref/resource";
      if (!of_resource && x.ref.type != "ref/prompt") {
        answer->fail(invalid("ref is a ref/prompt or a ref/resource"));
        return;
      }
      std::string target;
      if (of_resource && x.argument.name == "run")
        target = "/api/v1/runs?limit=1000";
      else if (of_resource && x.argument.name == "project")
        target = "/api/v1/projects?limit=1000";
      if (target.empty()) {
        answer->result(wire::to_json(completion_result{}));
        return;
      }
      rest_.ask(what, {"GET", target, ""},
                [answer, begin = x.argument.value](http_answer got) {
                  completion_result result;
                  auto rows = wire::from_json<page_of<named_row>>(got.body);
                  auto& found = result.completion;
                  if (is_fine(got) && rows)
                    for (auto& row : rows->items)
                      if (row.id.starts_with(begin))
                        found.values.push_back(row.id);
                  found.more = found.values.size() > max_completions;
                  if (found.more)
                    found.values.resize(max_completions);
                  answer->result(wire::to_json(result));
                });
    });
  }

  rest rest_;
  std::vector<tool> tools_;
  std::unordered_map<std::string, const route*> routes_;
  std::string tool_list_;
  std::string template_list_;
  std::string prompt_list_;
};

} // namespace

std::shared_ptr<service>
make_offer(std::shared_ptr<const api_context> context) {
  return std::make_shared<machine_offer>(std::move(context));
}

} // namespace machine::gateway::mcp
