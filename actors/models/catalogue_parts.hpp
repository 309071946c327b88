#pragma once

#include "actors/models/catalogue.hpp"
#include "runtime/toml.hpp"

/// How the parts of a catalogue are read. Only for the `.cpp` files of this
/// folder; what is wrong is noted in the file of the table.
namespace machine::models {

/// Takes what *in* says over into *x*.
void read_dialect(toml_table& in, dialect& x);

provider_entry read_provider(toml_table in, const std::string& name);

/// @param known Has the provider of the model, unless it is missing.
model_entry read_model(toml_table in, const std::string& id,
                       const catalogue& known);

} // namespace machine::models
