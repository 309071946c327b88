#include "deploy/machine/traces.hpp"

#include "gateway/http/router.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace machine::deploy {

namespace {

constexpr const char* headers_variable = "OTEL_EXPORTER_OTLP_HEADERS";

/// Bounds on what stands there.
constexpr size_t max_headers = 32;
constexpr size_t max_headers_bytes = 16u << 10;

std::string_view trim(std::string_view x) {
  constexpr std::string_view blanks = " \t";
  auto begin = x.find_first_not_of(blanks);
  if (begin == x.npos)
    return {};
  return x.substr(begin, x.find_last_not_of(blanks) + 1 - begin);
}

/// RFC 9110, section 5.6.2.
bool is_header_name(std::string_view x) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !x.empty() && std::all_of(x.begin(), x.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  });
}

std::string new_instance() {
  std::array<unsigned char, 16> random{};
  randombytes_buf(random.data(), random.size());
  std::array<char, 2 * random.size() + 1> text{};
  sodium_bin2hex(text.data(), text.size(), random.data(), random.size());
  return text.data();
}

} // namespace

caf::expected<net::header_list> parse_otlp_headers(std::string_view text) {
  auto wrong = [](const std::string& problem) {
    return make_error(ec::invalid_argument,
                      std::string{headers_variable} + ": " + problem);
  };
  if (text.size() > max_headers_bytes)
    return wrong("it has more than " + std::to_string(max_headers_bytes)
                 + " bytes");
  net::header_list result;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    part = trim(part);
    if (part.empty())
      continue;
    auto mark = part.find('=');
    auto name = trim(part.substr(0, mark));
    if (mark == part.npos || !is_header_name(name))
      return wrong("each header must be name=value, with commas between");
    auto value = gateway::decode_percent(trim(part.substr(mark + 1)));
    if (!value)
      return wrong("the value of " + std::string{name}
                   + " is not text that is encoded as in URLs");
    if (result.size() == max_headers)
      return wrong("it has more than " + std::to_string(max_headers)
                   + " headers");
    result.emplace_back(name, std::move(*value));
  }
  return result;
}

caf::expected<span_exporter_options>
exporter_options_of(const config::config& settings, std::string_view headers,
                    std::string version, std::string instance) {
  span_exporter_options result;
  result.endpoint = settings.text("telemetry.otlp_endpoint");
  auto known = parse_otlp_headers(headers);
  if (!known)
    return std::move(known.error());
  result.headers = std::move(*known);
  result.resource = {settings.text("telemetry.service_name"),
                     std::move(version), std::move(instance)};
  // It stands in logs.
  if (result.endpoint.find('@') != std::string::npos)
    return make_error(ec::invalid_argument,
                      "telemetry.otlp_endpoint has a name or a password in it; "
                      "put what the collector wants into "
                        + std::string{headers_variable});
  if (auto problem = check(result))
    return with_context("telemetry.otlp_endpoint", problem);
  return result;
}

caf::expected<traces> open_traces(const config::config& settings,
                                  std::string version,
                                  std::shared_ptr<net::client> http,
                                  std::shared_ptr<metrics> numbers,
                                  const logger& log) {
  if (settings.text("telemetry.otlp_endpoint").empty())
    return traces{};
  auto headers = config::process_environment(headers_variable).value_or("");
  auto options =
    exporter_options_of(settings, headers, std::move(version), new_instance());
  if (!options)
    return std::move(options.error());
  options->numbers = std::move(numbers);
  options->log = log;
  auto opened = span_exporter::open(std::move(*options), std::move(http));
  if (!opened)
    return std::move(opened.error());
  std::shared_ptr<span_exporter> exporter{std::move(*opened)};
  auto percent =
    static_cast<double>(settings.integer("telemetry.sample_percent"));
  return traces{tracer{[exporter](span x) { exporter->record(std::move(x)); },
                       percent / 100},
                exporter};
}

} // namespace machine::deploy
