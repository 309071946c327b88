#include "gateway/proxy/lists.hpp"

#include "gateway/proxy/embeddings.hpp"
#include "gateway/proxy/model_list.hpp"

namespace machine::gateway::proxy {

namespace {

list_form form_of(list_dialect dialect) {
  return dialect == list_dialect::openai ? list_form::openai
                                         : list_form::anthropic;
}

std::vector<listed_model> models_of(const models::catalogue& from) {
  return list_models(from, [](const models::model_entry&) { return true; });
}

} // namespace

caf::expected<asked_embeddings> read_embeddings(std::string_view body) {
  auto read = read_embedding(body);
  if (!read)
    return std::move(read.error());
  return asked_embeddings{std::move(read->request),
                          std::move(read->model),
                          {read->format == vector_format::base64}};
}

std::string write_embeddings(const models::embedding_response& answer,
                             const std::string& model,
                             const embeddings_manner& manner) {
  return write_embedding(answer, model,
                         manner.as_base64 ? vector_format::base64
                                          : vector_format::list);
}

std::string write_models(const models::catalogue& from, list_dialect dialect) {
  return write_models(models_of(from), form_of(dialect));
}

caf::expected<std::string> write_model(const models::catalogue& from,
                                       const std::string& id,
                                       list_dialect dialect) {
  return write_model(models_of(from), id, form_of(dialect));
}

} // namespace machine::gateway::proxy
