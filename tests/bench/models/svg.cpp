#include "tests/bench/models/svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace machine::bench {

namespace {

constexpr double width = 900;
constexpr double height = 460;
constexpr double left = 70;
constexpr double right = 240;
constexpr double top = 40;
constexpr double bottom = 50;

std::string escaped(const std::string& text) {
  std::string result;
  for (auto c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", x);
  std::string result{text};
  if (result.ends_with(".0"))
    result.resize(result.size() - 2);
  return result;
}

/// Some five places from 0 to *most*, at steps of 1, 2 or 5 times a power of
/// ten.
std::vector<double> ticks(double most) {
  auto raw = most / 5;
  auto power = std::pow(10, std::floor(std::log10(raw)));
  auto step = 10 * power;
  for (auto factor : {5.0, 2.0, 1.0})
    if (factor * power >= raw)
      step = factor * power;
  std::vector<double> result;
  auto count = static_cast<int>(most / step + 1e-9);
  for (auto i = 0; i <= count; ++i)
    result.push_back(i * step);
  return result;
}

class sheet {
public:
  explicit sheet(const svg_plot& what) : what_(what) {
    for (auto& line : what.lines)
      points_ = std::max(points_, line.middle.size());
  }

  std::string draw() {
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "
         + number(width) + " " + number(height)
         + "\" font-family=\"sans-serif\" font-size=\"12\">\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    label(left, 22, what_.title, "font-size=\"15\"");
    draw_axes();
    for (auto& [at, name] : what_.marks) {
      stroke(x_of(at), top, x_of(at), height - bottom,
             "#888\" stroke-dasharray=\"4 3");
      label(x_of(at) + 4, top + 12, name, "fill=\"#555\"");
    }
    for (auto& line : what_.lines)
      draw_band(line);
    for (auto& line : what_.lines)
      draw_line(line);
    draw_names();
    return out_ + "</svg>\n";
  }

private:
  double x_most() const {
    return static_cast<double>(points_) * what_.x_step;
  }

  double x_of(double x) const {
    return left + x / x_most() * (width - left - right);
  }

  double y_of(double y) const {
    auto part = std::min(y, what_.y_most) / what_.y_most;
    return height - bottom - part * (height - top - bottom);
  }

  void label(double x, double y, const std::string& text,
             const std::string& how) {
    out_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + how + ">"
          + escaped(text) + "</text>\n";
  }

  void stroke(double x1, double y1, double x2, double y2,
              const std::string& colour) {
    out_ += "<path d=\"M" + number(x1) + " " + number(y1) + "L" + number(x2)
          + " " + number(y2) + "\" stroke=\"" + colour + "\"/>\n";
  }

  void draw_axes() {
    for (auto x : ticks(x_most()))
      label(x_of(x), height - bottom + 16, number(x), "text-anchor=\"middle\"");
    for (auto y : ticks(what_.y_most)) {
      stroke(left, y_of(y), width - right, y_of(y), "#ddd");
      label(left - 6, y_of(y) + 4, number(y), "text-anchor=\"end\"");
    }
    label((left + width - right) / 2, height - 12, what_.x_title,
          "text-anchor=\"middle\"");
    label(16, 0, what_.y_title,
          "text-anchor=\"middle\" transform=\"translate(0 "
            + number((top + height - bottom) / 2) + ") rotate(-90 16 0)\"");
  }

  /// The points of *ys*; what is too high runs along the upper edge.
  std::string points(const std::vector<double>& ys, bool backwards) const {
    std::string result;
    for (size_t i = 0; i < ys.size(); ++i) {
      auto at = backwards ? ys.size() - 1 - i : i;
      result += (result.empty() ? "" : " ")
              + number(x_of(static_cast<double>(at + 1) * what_.x_step)) + ","
              + number(y_of(ys[at]));
    }
    return result;
  }

  void draw_band(const svg_line& line) {
    if (!line.low.empty())
      out_ += "<polygon points=\"" + points(line.low, false) + " "
            + points(line.high, true) + "\" fill=\"" + line.colour
            + "\" opacity=\"0.15\"/>\n";
  }

  /// A line ends where it leaves the sheet.
  void draw_line(const svg_line& line) {
    auto seen = line.middle;
    while (!seen.empty() && seen.back() > what_.y_most)
      seen.pop_back();
    out_ += "<polyline points=\"" + points(seen, false)
          + "\" fill=\"none\" stroke-width=\"2\" stroke=\"" + line.colour
          + "\"/>\n";
  }

  void draw_names() {
    auto y = top + 14;
    for (auto& line : what_.lines) {
      auto x = width - right + 14;
      out_ += "<rect x=\"" + number(x) + "\" y=\"" + number(y - 9)
            + "\" width=\"14\" height=\"10\" fill=\"" + line.colour + "\"/>\n";
      label(x + 20, y, line.name, "");
      y += 20;
    }
  }

  const svg_plot& what_;
  size_t points_ = 1;
  std::string out_;
};

} // namespace

std::string to_svg(const svg_plot& what) {
  return sheet{what}.draw();
}

} // namespace machine::bench
