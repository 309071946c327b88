#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace machine::models {

/// How texts are compared that say nearly the same. Pure, and the same on every
/// machine.

/// Longer texts are not compared with others.
constexpr size_t max_near_text = 8'192;

/// Of a vector of `hashed_vector`.
constexpr size_t hashed_length = 512;

/// The words, numbers and signs of *text*: without what ends sentences, spaces
/// that mean nothing and the case of most words; `don't` is `do` and `not`.
std::vector<std::string> tokens_of(std::string_view text);

/// What has to be the same in two texts that `hashed_vector` takes for one:
/// every word, number and sign in its order, but for articles and what is only
/// polite. That vector knows no meanings: "Spain" for "France" in a long text
/// hardly moves it.
std::string wording_guard(std::string_view text);

/// What has to be the same in two texts whatever made their vectors: numbers,
/// in digits or words, and negations, in their order. Vectors of models hardly
/// tell them apart.
std::string meaning_guard(std::string_view text);

/// A vector of length 1 of the words, pairs of words and runs of three to five
/// characters of *text*: the feature hashing of Weinberger et al. (2009).
std::vector<float> hashed_vector(std::string_view text);

/// Makes *x* a vector of length 1; false if it has none.
bool normalise(std::vector<float>& x);

/// Of vectors of length 1; 0 if they have not as many numbers.
double cosine(const std::vector<float>& a, const std::vector<float>& b);

} // namespace machine::models
