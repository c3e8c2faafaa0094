// How significant a value's frequency is: the measures of Elasticsearch, each from four counts.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/search/significant_terms_aggregation.h"

namespace binseek::search {
namespace {

// The foreground rises above the background: absolute times relative change of probability.
double Jlh(double fg, double fg_size, double bg, double bg_size) {
  if (fg_size == 0 || bg_size == 0) {
    return 0;
  }
  if (bg == 0) {
    bg = 1;
  }
  const double fg_share = fg / fg_size;
  const double bg_share = bg / bg_size;
  const double change = fg_share - bg_share;
  return change <= 0 ? 0 : change * (fg_share / bg_share);
}

// Documents with and without the value, inside and outside of the bucket.
struct Table {
  double n11, n10, n01, n00;
  double n1x() const { return n11 + n10; }
  double n0x() const { return n01 + n00; }
  double nx1() const { return n11 + n01; }
  double nx0() const { return n10 + n00; }
  double n() const { return n1x() + n0x(); }
};

Table TableOf(double fg, double fg_size, double bg, double bg_size, bool superset) {
  // First index: the value; second: the bucket.
  return superset ? Table{fg, bg - fg, fg_size - fg, (bg_size - bg) - (fg_size - fg)}
                  : Table{fg, bg, fg_size - fg, bg_size - bg};
}

double ChiSquare(const Table& t) {
  const double margins = t.n1x() * t.n0x() * t.nx1() * t.nx0();
  const double cross = t.n11 * t.n00 - t.n01 * t.n10;
  return margins == 0 ? 0 : t.n() * cross * cross / margins;
}

double MutualInformation(const Table& t) {
  const double n = t.n();
  const auto part = [n](double both, double row, double column) {
    const double value = both / n * std::log2(n * both / (row * column));
    return both == 0 || std::isnan(value) ? 0 : value;
  };
  return part(t.n11, t.n1x(), t.nx1()) + part(t.n01, t.n0x(), t.nx1()) +
         part(t.n10, t.n1x(), t.nx0()) + part(t.n00, t.n0x(), t.nx0());
}

// Google's normalised distance between the value and the bucket, as e^-distance.
double Gnd(const Table& t) {
  if (t.n11 == 0) {
    return 0;
  }
  const double in_value = std::log(t.n1x());
  const double in_bucket = std::log(t.nx1());
  const double distance = (std::max(in_value, in_bucket) - std::log(t.n11)) /
                          (std::log(t.n()) - std::min(in_value, in_bucket));
  return std::exp(-distance);
}

}  // namespace

double SignificanceHeuristic::Score(uint64_t fg, uint64_t fg_size, uint64_t bg,
                                    uint64_t bg_size) const {
  const auto f = static_cast<double>(fg);
  const auto fs = static_cast<double>(fg_size);
  const auto b = static_cast<double>(bg);
  const auto bs = static_cast<double>(bg_size);
  if (measure == SignificanceMeasure::kJlh) {
    return Jlh(f, fs, b, bs);
  }
  if (measure == SignificanceMeasure::kPercentage) {
    return bg == 0 ? 0 : f / b;
  }
  const Table table = TableOf(f, fs, b, bs, background_is_superset);
  if (measure == SignificanceMeasure::kGnd) {
    return Gnd(table);
  }
  const bool rarer =
      background_is_superset ? table.n11 / table.nx1() < table.n1x() / table.n() : f / fs < b / bs;
  if (rarer && !include_negatives) {
    return -std::numeric_limits<double>::max();
  }
  return measure == SignificanceMeasure::kChiSquare ? ChiSquare(table) : MutualInformation(table);
}

}  // namespace binseek::search
