#pragma once

#include "actors/costs/money.hpp"
#include "runtime/wire/document.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// One entry of LiteLLM's list of prices. Only for the `.cpp` files of this
/// folder.
namespace machine::models {

/// The members of an entry. Each is taken once; what is left nobody knew.
class list_entry {
public:
  list_entry(const wire::document& in, const wire::node& of);

  /// None if it is missing or null.
  const wire::node* take(std::string_view name);

  /// None if it is missing, or no text.
  std::optional<std::string> text(std::string_view name);

  /// The texts of a list.
  std::vector<std::string> texts(std::string_view name);

  /// Whether it is there and true.
  bool flag(std::string_view name);

  /// Whether it is there and false.
  bool denies(std::string_view name);

  /// A count from 1 to *most*, which may be written as text or with a point;
  /// what is more is *most*.
  std::optional<uint64_t> count(std::string_view name, uint64_t most);

  /// Dollars a token as micro-dollars per million of them, or dollars a call
  /// as micro-dollars. What is no amount is remembered as wrong.
  std::optional<micro_usd> per_token(std::string_view name);
  std::optional<micro_usd> per_call(std::string_view name);

  /// Whether there is an amount, other than zero, that a catalogue cannot say.
  bool costs(std::string_view name);

  /// The members that begin with *name*, which are taken, by the rest of their
  /// names.
  std::map<std::string, micro_usd> per_token_beginning(std::string_view name);

  /// The first member that should be an amount and is none; empty: none.
  const std::string& wrong() const {
    return wrong_;
  }

  /// Whether an amount was rounded up.
  bool rounded() const {
    return rounded_;
  }

  const std::map<std::string_view, const wire::node*>& left() const {
    return left_;
  }

private:
  std::optional<micro_usd> amount(std::string_view name, int power);

  const wire::document& in_;
  std::map<std::string_view, const wire::node*> left_;
  std::string wrong_;
  bool rounded_ = false;
};

/// What an entry costs, and what of it could not be said.
struct list_price {
  std::optional<costs::price> price;
  /// Why there is none.
  std::string why;
  /// What is paid by the piece, so that the model cannot be given any.
  bool images_by_piece = false;
  bool audio_by_piece = false;
  /// What was taken otherwise.
  std::vector<std::string> notes;
};

enum class list_kind : uint8_t { answers, vectors };

list_price read_list_price(list_entry& in, list_kind what);

} // namespace machine::models
