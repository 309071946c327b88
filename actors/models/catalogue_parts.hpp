#pragma once

#include "actors/models/catalogue.hpp"
#include "runtime/toml.hpp"

/// How the parts of a catalogue are read. Only for the `.cpp` files of this
/// folder; what is wrong is noted in the file of the table.
namespace machine::models {

/// The longest answer of a model whose entry does not say.
constexpr uint32_t usual_max_output = 4'096;

/// Takes what *in* says over into *x*.
void read_dialect(toml_table& in, dialect& x);

provider_entry read_provider(toml_table in, const std::string& name);

enum class price_of : uint8_t { answers, vectors };

/// The table *price* of *from*; none if there is none, or if it is wrong.
std::optional<costs::price> read_price(toml_table& from, price_of what);

/// Whether *x* can be what a model is called.
bool is_model_name(std::string_view x);

/// Whether *x* is a day such as 2026-11-28.
bool is_day(std::string_view x);

/// What *x* speaks as far as its entry does not say.
dialect usual_dialect(const catalogue& in, const model_entry& x);

/// @param known Has the provider of the model, unless it is missing.
model_entry read_model(toml_table in, const std::string& id,
                       const catalogue& known);

} // namespace machine::models
