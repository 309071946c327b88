#pragma once

#include <string>
#include <vector>

namespace machine::bench {

/// A line of a plot, with the band in which most of its runs lie.
struct svg_line {
  std::string name;
  std::string colour;
  std::vector<double> low;
  std::vector<double> middle;
  std::vector<double> high;
};

/// A plot of lines over calls, as a document of some kilobytes.
struct svg_plot {
  std::string title;
  std::string x_title;
  std::string y_title;
  /// What a point of a line stands for, on the x axis.
  double x_step = 1;
  double y_most = 1;
  /// Upright lines with their names.
  std::vector<std::pair<double, std::string>> marks;
  std::vector<svg_line> lines;
};

std::string to_svg(const svg_plot& what);

} // namespace machine::bench
