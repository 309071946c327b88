#pragma once

#include "actors/models/desk/desk.hpp"
#include "actors/models/desk/desk_state.hpp"

namespace machine::models {

/// Vectors that were ordered. Those of one model mean nothing to another, so
/// the one that was asked for makes them or nobody does.
class served_vectors final
    : public served,
      public std::enable_shared_from_this<served_vectors> {
public:
  served_vectors(desk_state& at, uint64_t number, embedding_order what,
                 desk::on_vectors then);

  ~served_vectors() override;

  void start() override;
  void stop(const caf::error& why) override;
  void wake() override;

private:
  void call();
  void ended(embedding_outcome outcome);
  void finish(caf::expected<embedding_response> answer);

  desk_state& at_;
  const uint64_t number_;
  const embedding_order what_;
  desk::on_vectors then_;
  std::shared_ptr<const model_stock> stock_;
  const model_entry* model_ = nullptr;
  std::shared_ptr<provider> provider_;
  provider::call_id call_ = 0;
  costs::call_line line_;
  uint64_t try_ = 0;
  call_facts facts_;
  timestamp began_{};
  timestamp deadline_{};
  caf::error stopped_;
  bool calling_ = false;
  bool ended_ = false;
};

} // namespace machine::models
