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
  // Before the file is read: what happens to it then is told of.
  if (auto& path = settings_.text("models.catalogue"); !path.empty())
    watch_ = std::make_unique<file_watch>(path, how);
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
  if (result->watch_)
    result->watch_->start([it = result.get()] { it->read_again(); });
  return result;
}

void model_keeper::read_again() {
  auto& path = settings_.text("models.catalogue");
  auto stock = stock_models(settings_, http_, *source_->stock());
  if (!stock) {
    log_.warn(
      "the catalogue cannot be read again; what it said before counts "
      "still",
      {{"file", path}, {"why", in_one_line(message_of(stock.error()))}});
    return;
  }
  auto count = std::to_string(stock->listed.models.size());
  source_->put(std::move(*stock));
  log_.info("the catalogue was read again",
            {{"file", path}, {"models", count}});
}

} // namespace machine::deploy
