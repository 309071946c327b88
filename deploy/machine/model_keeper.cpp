#include "deploy/machine/model_keeper.hpp"

#include "deploy/machine/providers.hpp"

#include <algorithm>

namespace machine::deploy {

namespace {

/// *text*, which has a mistake a line, as one line.
std::string in_one_line(std::string text) {
  for (auto at = text.find('\n'); at != text.npos; at = text.find('\n', at))
    text.replace(at, 1, "; ");
  return text;
}

} // namespace

model_keeper::model_keeper(const config::config& settings,
                           std::shared_ptr<net::client> http, logger log,
                           file_watch_options how)
    : settings_(settings), http_(std::move(http)), log_(std::move(log)),
      source_(std::make_shared<models::catalogue_source>()) {
  // Before the files are read: what happens to them then is told of.
  for (auto* key : {"models.catalogue", "models.policies"})
    if (auto& path = settings_.text(key); !path.empty())
      watches_.push_back(std::make_unique<file_watch>(path, how));
}

caf::expected<std::unique_ptr<model_keeper>>
model_keeper::open(const config::config& settings,
                   std::shared_ptr<net::client> http, logger log,
                   file_watch_options how) {
  std::unique_ptr<model_keeper> result{
    new model_keeper{settings, std::move(http), std::move(log), how}};
  auto stock = stock_models(result->settings_, result->http_);
  if (!stock)
    return std::move(stock.error());
  result->source_->put(std::move(*stock));
  for (auto& watch : result->watches_)
    watch->start([it = result.get()] { it->read_again(); });
  return result;
}

void model_keeper::read_again() {
  std::lock_guard guard{reading_};
  auto stock = stock_models(settings_, http_, *source_->stock());
  if (!stock) {
    log_.warn(
      "models and policies cannot be read again; what was said before counts "
      "still",
      {{"why", in_one_line(message_of(stock.error()))}});
    return;
  }
  auto count = std::to_string(stock->listed.models.size());
  source_->put(std::move(*stock));
  log_.info("models and policies were read again", {{"models", count}});
}

} // namespace machine::deploy
