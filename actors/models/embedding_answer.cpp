#include "actors/models/answers.hpp"
#include "actors/models/provider_json.hpp"
#include "runtime/wire/text.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

// ai.google.dev/api/embeddings and
// platform.openai.com/docs/api-reference/embeddings. Read event by event: a
// tree of so many numbers would take many times their size.

namespace machine::models {

namespace {

using nlohmann::json;

/// Takes vectors out of a document as it is read: lists of numbers, or Base64
/// of such, that stand in the members `embedding` (OpenAI) or `values` (Google)
/// of the elements of a list.
class vector_reader final : public nlohmann::json_sax<json> {
public:
  explicit vector_reader(size_t most) : most_(most) {}

  std::vector<std::vector<float>> vectors;
  /// Where OpenAI says that each vector belongs.
  std::vector<std::optional<uint64_t>> places;
  std::string model;
  std::optional<uint64_t> prompt_tokens;
  std::string problem;

  bool null() override {
    return in_vector() ? fail("a vector has something that is no number")
                       : true;
  }

  bool boolean(bool) override {
    return null();
  }

  bool number_integer(number_integer_t x) override {
    return number(static_cast<double>(x));
  }

  bool number_unsigned(number_unsigned_t x) override {
    if (in_vector())
      return number(static_cast<double>(x));
    constexpr uint64_t most = 1'000'000'000;
    if (x > most)
      return true;
    if (depth_ == 2
        && (member_ == "prompt_tokens" || member_ == "promptTokenCount"))
      prompt_tokens = x;
    if (depth_ == 3 && in_list_ && member_ == "index")
      places.back() = x;
    return true;
  }

  bool number_float(number_float_t x, const string_t&) override {
    return number(x);
  }

  bool string(string_t& x) override {
    if (in_vector())
      return null();
    if (depth_ == 1 && member_ == "model")
      model = x.substr(0, 256);
    if (depth_ == 3 && in_list_ && member_ == "embedding")
      return take_base64(x);
    return true;
  }

  bool binary(binary_t&) override {
    return false;
  }

  bool start_object(size_t) override {
    if (++depth_ > max_depth || in_vector())
      return fail("it is nested too deeply");
    if (depth_ == 3 && in_list_) {
      if (vectors.size() >= most_)
        return fail("it has more vectors than texts were sent");
      vectors.emplace_back();
      places.emplace_back();
    }
    member_.clear();
    return true;
  }

  bool key(string_t& x) override {
    member_ = x;
    return true;
  }

  bool end_object() override {
    --depth_;
    member_.clear();
    return true;
  }

  bool start_array(size_t) override {
    if (++depth_ > max_depth || in_vector())
      return fail("it is nested too deeply");
    if (depth_ == 2)
      in_list_ = member_ == "data" || member_ == "embeddings";
    if (depth_ == 4 && in_list_
        && (member_ == "embedding" || member_ == "values"))
      vector_depth_ = depth_;
    return true;
  }

  bool end_array() override {
    if (vector_depth_ == depth_)
      vector_depth_ = 0;
    if (depth_ == 2)
      in_list_ = false;
    --depth_;
    return true;
  }

  bool parse_error(size_t, const std::string&,
                   const json::exception&) override {
    return fail("it is no JSON");
  }

private:
  static constexpr size_t max_depth = 16;

  bool in_vector() const {
    return vector_depth_ != 0;
  }

  bool fail(const char* what) {
    if (problem.empty())
      problem = what;
    return false;
  }

  bool number(double x) {
    if (!in_vector())
      return true;
    auto& to = vectors.back();
    if (to.size() >= max_vector_length)
      return fail("a vector is too long");
    to.push_back(static_cast<float>(x));
    return true;
  }

  /// Numbers of four bytes, the lowest first.
  bool take_base64(const std::string& text) {
    if (text.size() > max_vector_length * 6)
      return fail("a vector is too long");
    auto data = wire::from_base64(text);
    if (!data || data->size() % 4 != 0)
      return fail("a vector is no Base64 of numbers");
    auto& to = vectors.back();
    for (size_t i = 0; i < data->size(); i += 4) {
      uint32_t bits = 0;
      for (size_t k = 4; k-- > 0;)
        bits = bits << 8 | (*data)[i + k];
      to.push_back(std::bit_cast<float>(bits));
    }
    return true;
  }

  const size_t most_;
  size_t depth_ = 0;
  /// The list of vectors is open, and so is one of them, at this depth.
  bool in_list_ = false;
  size_t vector_depth_ = 0;
  std::string member_;
};

caf::expected<embedding_response> read_vectors(std::string_view body,
                                               const embedding_request& what) {
  vector_reader reader{what.inputs.size()};
  auto good = json::sax_parse(body.begin(), body.end(), &reader);
  if (!reader.problem.empty() || !good)
    return garbled(reader.problem.empty() ? "it is no JSON" : reader.problem);
  embedding_response out;
  out.vectors.resize(reader.vectors.size());
  for (size_t i = 0; i < reader.vectors.size(); ++i) {
    auto place = reader.places[i].value_or(i);
    if (place >= out.vectors.size() || !out.vectors[place].empty())
      return garbled("two vectors belong to one text");
    out.vectors[place].swap(reader.vectors[i]);
  }
  out.model = reader.model;
  if (reader.prompt_tokens && *reader.prompt_tokens > 0) {
    out.usage.emplace();
    out.usage->input = *reader.prompt_tokens;
  }
  if (auto problem = check_embeddings(out, what))
    return problem;
  return out;
}

/// What a document without vectors tells; none if it tells no error.
caf::error fault_in(std::string_view body) {
  if (body.size() > max_error_document)
    return caf::none;
  auto document = parse_bounded(body);
  auto error = document.is_object() ? document.find("error") : document.end();
  if (!document.is_object() || error == document.end() || error->is_null())
    return caf::none;
  return stream_fault(read_fault(body));
}

} // namespace

caf::error check_embeddings(const embedding_response& x,
                            const embedding_request& what) {
  if (x.vectors.size() != what.inputs.size())
    return garbled("it has " + std::to_string(x.vectors.size())
                   + " vectors for " + std::to_string(what.inputs.size())
                   + " texts");
  auto length = x.vectors.empty() ? 0 : x.vectors.front().size();
  if (length == 0 || length > max_vector_length)
    return garbled("its vectors are empty or too long");
  for (auto& vector : x.vectors) {
    if (vector.size() != length)
      return garbled("its vectors differ in length");
    if (!std::all_of(vector.begin(), vector.end(),
                     [](float y) { return std::isfinite(y); }))
      return garbled("a vector has something that is no number");
  }
  return caf::none;
}

caf::error check_embedding_request(const embedding_request& what) {
  auto bad = [](std::string text) {
    return make_error(ec::invalid_argument, std::move(text));
  };
  if (what.inputs.empty())
    return bad("there is no text to make a vector of");
  if (what.inputs.size() > max_embedding_texts)
    return bad("these are " + std::to_string(what.inputs.size())
               + " texts; ask for at most "
               + std::to_string(max_embedding_texts) + " vectors at once");
  size_t size = 0;
  for (auto& text : what.inputs) {
    if (text.empty())
      return bad("a text to make a vector of is empty; leave it out");
    size += text.size();
  }
  if (size > max_embedding_bytes)
    return bad("the texts have more than 16 MiB; ask for fewer vectors at "
               "once");
  if (what.dimensions
      && (*what.dimensions == 0 || *what.dimensions > max_vector_length))
    return bad("vectors have from 1 to " + std::to_string(max_vector_length)
               + " dimensions");
  return caf::none;
}

caf::expected<embedding_response>
read_openai_embeddings(std::string_view body, const embedding_request& what) {
  if (auto fault = fault_in(body))
    return fault;
  return read_vectors(body, what);
}

caf::expected<embedding_response>
read_gemini_embeddings(std::string_view body, const embedding_request& what) {
  if (auto fault = fault_in(body))
    return fault;
  return read_vectors(body, what);
}

} // namespace machine::models
