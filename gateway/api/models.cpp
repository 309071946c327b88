#include "gateway/api/ask.hpp"
#include "runtime/wire/nearest.hpp"
#include "runtime/wire/wire.hpp"

/// The models that can be asked, as all tenants may know them.
namespace machine::gateway {

namespace {

/// A model as clients see it.
struct model_view {
  std::string id;
  std::vector<std::string> aliases;
  std::string provider;
  std::string name;
  bool scripted = false;
  bool local = false;
  /// Nobody has configured it: a server on the machine's computer has it.
  bool discovered = false;
  uint64_t context = 0;
  uint32_t max_output = 0;
  std::vector<std::string> abilities;
  /// What prompts may hold beside text.
  std::vector<models::attachment_kind> takes;
  std::optional<uint32_t> max_images;
  models::thinking reasoning = models::thinking::none;
  bool streams = true;
  /// It makes vectors, and no answers.
  bool embeddings = false;
  std::optional<uint32_t> dimensions;
  std::optional<costs::price> price;
  std::map<std::string, double> quality;
  std::vector<std::string> regions;
  std::vector<models::data_promise> data;
  /// The day from which it is not served any more; empty: none is known.
  std::string deprecated;
  /// Where the price was read, and when.
  std::string source;
  std::string as_of;
  bool usable = true;
  std::string reason;

  static constexpr const char* wire_name = "model";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &model_view::id},
                         wire::field{"aliases", &model_view::aliases},
                         wire::field{"provider", &model_view::provider},
                         wire::field{"name", &model_view::name},
                         wire::field{"scripted", &model_view::scripted},
                         wire::field{"local", &model_view::local},
                         wire::field{"discovered", &model_view::discovered},
                         wire::field{"context", &model_view::context},
                         wire::field{"max_output", &model_view::max_output},
                         wire::field{"abilities", &model_view::abilities},
                         wire::field{"takes", &model_view::takes},
                         wire::field{"max_images", &model_view::max_images},
                         wire::field{"reasoning", &model_view::reasoning},
                         wire::field{"streams", &model_view::streams},
                         wire::field{"embeddings", &model_view::embeddings},
                         wire::field{"dimensions", &model_view::dimensions},
                         wire::field{"price", &model_view::price},
                         wire::field{"quality", &model_view::quality},
                         wire::field{"regions", &model_view::regions},
                         wire::field{"data", &model_view::data},
                         wire::field{"deprecated", &model_view::deprecated},
                         wire::field{"source", &model_view::source},
                         wire::field{"as_of", &model_view::as_of},
                         wire::field{"usable", &model_view::usable},
                         wire::field{"reason", &model_view::reason});
  }
};

model_view view_of(const models::model_stock& in,
                   const models::model_entry& x) {
  model_view view;
  view.id = x.id;
  view.aliases = x.aliases;
  view.provider = x.provider;
  view.name = x.name;
  view.context = x.context_tokens;
  view.max_output = x.max_output_tokens;
  if (x.tools)
    view.abilities.emplace_back("tools");
  if (x.structured_output)
    view.abilities.emplace_back("structured_output");
  view.takes = x.takes;
  view.max_images = x.max_images;
  view.reasoning = x.reasoning;
  view.streams = x.streams;
  view.embeddings = x.embeddings;
  view.dimensions = x.dimensions;
  view.price = x.price;
  view.quality = x.quality;
  view.regions = x.regions;
  view.data = x.data;
  view.deprecated = x.deprecated;
  view.source = x.source;
  view.as_of = x.as_of;
  if (auto i = in.listed.providers.find(x.provider);
      i != in.listed.providers.end()) {
    view.local = i->second.local;
    view.scripted = i->second.protocol == models::protocol_kind::scripted;
  }
  view.discovered = in.discovered.contains(x.id);
  if (auto i = in.unusable.find(x.provider); i != in.unusable.end())
    view.reason = i->second;
  else if (!x.price)
    view.reason = "its price is unknown; set `price` of model \"" + x.id
                + "\" in the file of config key models.catalogue";
  view.usable = view.reason.empty();
  return view;
}

std::string models_document(const models::model_stock& in) {
  std::vector<std::string> items;
  for (auto& [id, x] : in.listed.models)
    items.push_back(wire::to_json(view_of(in, x)));
  return page_document(items, "");
}

caf::error no_model(const models::catalogue& in, const std::string& name) {
  std::vector<std::string> known;
  for (auto& [id, x] : in.models)
    known.push_back(id);
  auto near = wire::nearest(name, known);
  return make_error(ec::not_found,
                    "there is no model " + wire::excerpt(name)
                      + (near ? "; did you mean " + *near + "?" : ""));
}

void get_models(const scope& in, const http_request&,
                const responder_ptr& reply) {
  reply->json(200, models_document(*in.facts().models));
}

void get_model(const scope& in, const http_request& request,
               const responder_ptr& reply) {
  auto stock = in.facts().models;
  auto& name = request.params.at("model");
  if (auto* x = models::find_model(stock->listed, name))
    reply->json(200, wire::to_json(view_of(*stock, *x)));
  else
    reply->problem(no_model(stock->listed, name));
}

} // namespace

void add_model_routes(route_table& to, const context_ptr& context) {
  auto add = [&](const char* path, const char* summary, contract what,
                 api_handler handle) {
    to.push_back(api_route(context, "GET", path, permission::anyone_known(), {},
                           summary, std::move(what), stay::brief,
                           std::move(handle)));
  };
  add("/api/v1/models", "The models of the catalogue",
      contract::gives<page_of<model_view>>(), get_models);
  add("/api/v1/models/{model}", "A model, by its id or an alias",
      contract::gives<model_view>(), get_model);
}

} // namespace machine::gateway
