#include "actors/models/catalogue_text.hpp"

#include <array>
#include <charconv>

namespace machine::models {

namespace {

/// *x* as a basic string of TOML.
std::string toml_string(std::string_view x) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string result = "\"";
  for (auto c : x) {
    auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (code < 0x20 || code == 0x7F) {
      result += "\\u00";
      result += hex[code >> 4];
      result += hex[code & 15];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string toml_money(micro_usd x) {
  return toml_string(costs::format_usd(x).substr(1));
}

std::string toml_real(double x) {
  std::array<char, 32> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), x).ptr;
  std::string result{text.data(), end};
  auto is_real = result.find_first_of(".e") != std::string::npos;
  return is_real ? result : result + ".0";
}

/// `{ a = 1, b = 2 }`
class inline_table {
public:
  void add(std::string_view key, const std::string& value) {
    text_ += (text_.empty() ? "" : ", ") + std::string{key} + " = " + value;
  }

  void add(std::string_view key, const std::optional<micro_usd>& amount) {
    if (amount)
      add(key, toml_money(*amount));
  }

  std::string take() {
    return "{ " + text_ + " }";
  }

private:
  std::string text_;
};

std::string toml_of(const costs::long_price& x) {
  inline_table out;
  out.add("above", std::to_string(x.above));
  out.add("input", toml_money(x.input));
  out.add("cached", toml_money(x.cached));
  out.add("output", toml_money(x.output));
  out.add("cache_write", x.cache_write);
  out.add("cache_write_hour", x.cache_write_hour);
  return out.take();
}

std::string toml_of(const costs::price& x) {
  inline_table out;
  out.add("input", toml_money(x.input));
  out.add("cached", toml_money(x.cached));
  out.add("output", toml_money(x.output));
  out.add("cache_write", x.cache_write);
  out.add("cache_write_hour", x.cache_write_hour);
  out.add("image", x.image);
  out.add("audio", x.audio);
  out.add("audio_output", x.audio_output);
  if (x.call != 0)
    out.add("call", toml_money(x.call));
  if (x.long_prompt)
    out.add("long", toml_of(*x.long_prompt));
  return out.take();
}

/// Lines `key = value` under a header. What is as usual has none.
class section {
public:
  explicit section(const std::string& header) : text_("[" + header + "]\n") {}

  void add(std::string_view key, const std::string& value) {
    text_ += std::string{key} + " = " + value + "\n";
  }

  void add_text(std::string_view key, const std::string& value,
                std::string_view usual = {}) {
    if (value != usual)
      add(key, toml_string(value));
  }

  void add_flag(std::string_view key, bool value, bool usual) {
    if (value != usual)
      add(key, value ? "true" : "false");
  }

  void add_count(std::string_view key, const std::optional<uint32_t>& value) {
    if (value)
      add(key, std::to_string(*value));
  }

  void add_list(std::string_view key, const std::vector<std::string>& from) {
    std::string items;
    for (auto& x : from)
      items += (items.empty() ? "" : ", ") + toml_string(x);
    if (!from.empty())
      add(key, "[" + items + "]");
  }

  template <class E>
  void add_names(std::string_view key, const std::vector<E>& from) {
    std::vector<std::string> names;
    for (auto x : from)
      names.emplace_back(wire::to_name(x));
    add_list(key, names);
  }

  std::string take() {
    return std::move(text_);
  }

private:
  std::string text_;
};

} // namespace

std::string to_toml(const model_entry& x, const dialect& usual) {
  section out{"model." + toml_string(x.id)};
  out.add_list("aliases", x.aliases);
  out.add("provider", toml_string(x.provider));
  out.add_text("name", x.name, x.id);
  if (x.context_tokens > 0)
    out.add("context", std::to_string(x.context_tokens));
  out.add("max_output", std::to_string(x.max_output_tokens));
  out.add_flag("tools", x.tools, false);
  out.add_flag("structured_output", x.structured_output, false);
  out.add_names("takes", x.takes);
  out.add_count("max_images", x.max_images);
  if (x.reasoning == thinking::hidden)
    out.add("reasoning", toml_string("hidden"));
  out.add_flag("reasoning", x.reasoning == thinking::shown, false);
  out.add_flag("streams", x.streams, true);
  out.add_flag("embeddings", x.embeddings, false);
  out.add_count("dimensions", x.dimensions);
  out.add_text("output_bound", x.speaks.output_bound, usual.output_bound);
  out.add_text("reasoning_effort", x.speaks.reasoning_effort,
               usual.reasoning_effort);
  out.add_flag("forced_tools", x.speaks.forced_tools, usual.forced_tools);
  out.add_text("vector_format", x.speaks.vector_format, usual.vector_format);
  if (x.price)
    out.add("price", toml_of(*x.price));
  if (!x.quality.empty()) {
    inline_table quality;
    for (auto& [job, value] : x.quality)
      quality.add(toml_string(job), toml_real(value));
    out.add("quality", quality.take());
  }
  out.add_list("regions", x.regions);
  out.add_names("data", x.data);
  out.add_text("deprecated", x.deprecated);
  out.add_text("source", x.source);
  out.add_text("as_of", x.as_of);
  return out.take();
}

std::string to_toml(const catalogue& in) {
  std::string result;
  for (auto& [id, x] : in.models)
    result += (result.empty() ? "" : "\n") + to_toml(x, usual_dialect(in, x));
  return result;
}

} // namespace machine::models
