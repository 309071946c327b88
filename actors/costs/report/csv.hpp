#pragma once

#include "actors/costs/report/report.hpp"

#include <string>
#include <string_view>

namespace machine::costs {

/// *text* as a cell of CSV (RFC 4180): in quotes where it has quotes, commas or
/// ends of lines. Spreadsheets take what begins with `=`, `+`, `-`, `@`, a tab
/// or a carriage return for a formula, which may send what is beside it
/// elsewhere, and names of models, agents and tags are chosen by whoever calls:
/// such text gets an apostrophe before it, by which spreadsheets know text
/// (https://owasp.org/www-community/attacks/CSV_Injection).
std::string csv_cell(std::string_view text);

/// *x* as CSV with a line of names first, lines ending in CRLF. Costs are in
/// dollars with six decimals, exact; latencies in milliseconds. What found no
/// row is the last one, named `other`.
std::string to_csv(const report& x);

} // namespace machine::costs
