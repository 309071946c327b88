#include "actors/models/desk/wish.hpp"
#include "gateway/api/ask.hpp"
#include "gateway/api/model_hints.hpp"
#include "gateway/api/model_watch.hpp"
#include "gateway/proxy/embeddings.hpp"
#include "gateway/proxy/model_list.hpp"

/// What clients of other people's APIs use: calls of models, vectors, and lists
/// of models.
namespace machine::gateway {

namespace {

using proxy::front;

/// A body that is longer is read where that holds nobody up.
constexpr size_t brief_body = 32u << 10;

/// How long an answer may be whose client does not say.
constexpr uint32_t usual_bound = 16'384;

constexpr size_t max_model_body = 32u << 20;

/// How long a model may take to begin with its answer.
constexpr duration longest_call{600'000};

/// What a problem document says, for people.
std::string detail_of(std::string_view document) {
  auto read = wire::parse_json(document, body_limits);
  if (!read || read->root().kind != wire::node_kind::map)
    return "the request is refused";
  for (auto* x = read->first(read->root()); x != nullptr; x = read->next(*x))
    if (x->key == "detail")
      return std::string{x->text};
  return "the request is refused";
}

/// What the door and the server say of a request, as its client understands it.
http_answer say_in_dialect(const http_request& asked, http_answer problem) {
  auto is_anthropic = asked.path.starts_with("/v1/messages")
                   || asked.headers.contains("anthropic-version");
  auto dialect = is_anthropic ? proxy::messages_front() : proxy::chat_front();
  auto said = dialect->refuse(
    {make_error(ec_from_string(problem.problem), detail_of(problem.body)),
     std::nullopt, asked.id});
  problem.type = "application/json";
  problem.body = std::move(said.body);
  return problem;
}

models::desk desk_of(const scope& in) {
  return models::desk{in.orders()};
}

void call_model(const scope& in, const http_request& request,
                const std::shared_ptr<const front>& speaks,
                const responder_ptr& reply) {
  auto refuse = [&](const caf::error& why) {
    refuse_in(*speaks, why, std::nullopt, request.id, reply);
  };
  auto asked = speaks->read(request.body);
  if (!asked)
    return refuse(asked.error());
  models::chat_order order;
  if (auto err = take_hints(order, in, request))
    return refuse(err);
  if (auto err = take_cache_hints(order, request))
    return refuse(err);
  if (!asked->is_bounded)
    asked->request.max_output_tokens = usual_bound;
  order.model = std::move(asked->model);
  order.request =
    std::make_shared<models::chat_request>(std::move(asked->request));
  model_client how;
  how.speaks = speaks;
  how.manner = std::move(asked->manner);
  how.known = in.catalogue();
  how.request_id = request.id;
  how.ignored = std::move(asked->ignored);
  how.prompt_estimate = costs::estimate_tokens(*order.request);
  auto at = desk_of(in);
  auto leash = std::make_shared<call_leash>(at);
  auto streams = how.manner.streams;
  order.whole = !streams;
  auto watcher = streams ? watch_stream(std::move(how), reply, leash)
                         : watch_whole(std::move(how), reply);
  reply->on_abandoned([leash] { leash->let_go(); });
  leash->is(at.call(std::move(order), std::move(watcher)));
}

api_handler calls(std::shared_ptr<const front> speaks) {
  return
    [speaks = std::move(speaks)](const scope& in, const http_request& request,
                                 const responder_ptr& reply) {
      if (request.body.size() <= brief_body) {
        call_model(in, request, speaks, reply);
        return;
      }
      in_thought(in, reply, [=] { call_model(in, request, speaks, reply); });
    };
}

void count_tokens(const scope&, const http_request& request,
                  const responder_ptr& reply) {
  auto asked = proxy::read_token_count(request.body);
  if (!asked) {
    refuse_in(*proxy::messages_front(), asked.error(), std::nullopt, request.id,
              reply);
    return;
  }
  reply->json(200,
              proxy::write_token_count(costs::estimate_tokens(asked->request)));
}

void make_vectors(const scope& in, const http_request& request,
                  const responder_ptr& reply) {
  auto refuse = [reply, id = request.id](const caf::error& why,
                                         std::optional<duration> wait) {
    refuse_in(*proxy::chat_front(), why, wait, id, reply);
  };
  auto asked = proxy::read_embedding(request.body);
  if (!asked)
    return refuse(asked.error(), std::nullopt);
  models::embedding_order order;
  if (auto err = take_hints(order, in, request))
    return refuse(err, std::nullopt);
  order.model = asked->model;
  order.request = std::make_shared<models::embedding_request>(asked->request);
  auto at = desk_of(in);
  auto leash = std::make_shared<call_leash>(at);
  reply->on_abandoned([leash] { leash->let_go(); });
  leash->is(at.embed(
    std::move(order), [=, format = asked->format](
                        const models::call_facts& facts,
                        caf::expected<models::embedding_response> answer) {
      if (!answer)
        return refuse(answer.error(), facts.retry_after);
      reply->answer({200, "application/json",
                     proxy::write_embedding(*answer, facts.model, format),
                     headers_of(facts)});
    }));
}

/// Which of two dialects is spoken is known by a header that one has always.
proxy::list_form form_of(const http_request& request) {
  return request.headers.contains("anthropic-version")
         ? proxy::list_form::anthropic
         : proxy::list_form::openai;
}

std::vector<proxy::listed_model> models_of(const scope& in) {
  auto stock = in.facts().models;
  return proxy::list_models(stock->listed, [&](const models::model_entry& x) {
    return models::may_answer(x, in.tenant(), *stock, in.usual_policy());
  });
}

void refuse_list(const http_request& request, const caf::error& why,
                 const responder_ptr& reply) {
  auto dialect = form_of(request) == proxy::list_form::openai
                 ? proxy::chat_front()
                 : proxy::messages_front();
  refuse_in(*dialect, why, std::nullopt, request.id, reply);
}

void list_models(const scope& in, const http_request& request,
                 const responder_ptr& reply) {
  auto all = models_of(in);
  if (form_of(request) == proxy::list_form::openai) {
    reply->json(200, proxy::write_models(all));
    return;
  }
  proxy::list_range range;
  range.after_id = request.query_or("after_id", "");
  range.before_id = request.query_or("before_id", "");
  auto limit = number_of(request.query_or("limit", "20"));
  range.limit = limit ? static_cast<size_t>(*limit) : 0;
  auto part = proxy::write_models(all, range);
  if (part)
    reply->json(200, std::move(*part));
  else
    refuse_list(request, part.error(), reply);
}

void show_model(const scope& in, const http_request& request,
                const responder_ptr& reply) {
  auto found = proxy::write_model(models_of(in), request.params.at("id"),
                                  form_of(request));
  if (found)
    reply->json(200, std::move(*found));
  else
    refuse_list(request, found.error(), reply);
}

} // namespace

void add_model_call_routes(route_table& to, const context_ptr& context) {
  auto add = [&](const char* method, std::string path, const char* summary,
                 contract what, stay how, api_handler handler,
                 std::set<std::string> query = {}) {
    to.push_back(api_route(
      context, method, std::move(path),
      permission::somewhere(tenants::role::developer).unaudited(),
      std::move(query), summary, std::move(what), how, std::move(handler)));
    auto& made = to.back();
    made.max_body = max_model_body;
    made.patience = longest_call;
    made.in_dialect = say_in_dialect;
  };
  auto takes_call = [] {
    return contract::gives_content("application/json")
      .or_stream()
      .takes<json_text>()
      .without_keys();
  };
  auto takes_json = [] {
    return contract::gives_content("application/json")
      .takes<json_text>()
      .without_keys();
  };
  add("POST", "/v1/chat/completions",
      "Has a model answer, as OpenAI's API does", takes_call(), stay::brief,
      calls(proxy::chat_front()));
  add("POST", "/v1/responses", "Has a model answer, as OpenAI's API does",
      takes_call(), stay::brief, calls(proxy::responses_front()));
  add("POST", "/v1/messages", "Has a model answer, as Anthropic's API does",
      takes_call(), stay::brief, calls(proxy::messages_front()));
  add("POST", "/v1/messages/count_tokens", "About how long a prompt is",
      takes_json(), stay::thinking, count_tokens);
  add("POST", "/v1/embeddings",
      "Has a model make vectors, as OpenAI's API does", takes_json(),
      stay::thinking, make_vectors);
  add("GET", "/v1/models",
      "The models, as OpenAI's or Anthropic's API lists them",
      contract::gives_content("application/json"), stay::brief, list_models,
      {"after_id", "before_id", "limit"});
  add("GET", "/v1/models/{id}", "One model",
      contract::gives_content("application/json"), stay::brief, show_model);
}

} // namespace machine::gateway
