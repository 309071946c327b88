#pragma once

#include "actors/models/catalogue.hpp"

#include <string>
#include <vector>

namespace machine::models {

/// *x* as a table of a catalogue's file, which reads as *x* again where its
/// provider is the same. @param usual What its provider's models speak.
std::string to_toml(const model_entry& x, const dialect& usual);

/// The models of *in* as a catalogue's file; its providers are not in it.
std::string to_toml(const catalogue& in);

/// The catalogue's file *text* with *models*: each takes the place of the model
/// with its id, or stands at the end. All else stays as it is, comments too.
/// @param base What the file adds to.
/// @param name Of the file. Fails with `invalid_argument` if it has mistakes,
/// with `limit_exceeded` if it would become too long, and with `conflict` if it
/// lists a model in a way that cannot be replaced.
caf::expected<std::string> merge_models(const catalogue& base,
                                        const std::string& text,
                                        const std::vector<model_entry>& models,
                                        const std::string& name);

} // namespace machine::models
