#include "engine/search/t_digest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace binseek::search {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// k(q) = compression / (2 pi) * asin(2q - 1), and back.
double ScaleOf(double q, double compression) {
  return compression / (2 * std::numbers::pi) * std::asin(std::clamp(2 * q - 1, -1.0, 1.0));
}
double ShareOf(double k, double compression) {
  const double angle = std::min(k * 2 * std::numbers::pi / compression, std::numbers::pi / 2);
  return (std::sin(angle) + 1) / 2;
}

// The value at `part` of `whole` of the way, also where the two lie further apart than any double.
double Between(double from, double to, double part, double whole) {
  const double moved = (to - from) * part / whole;
  return std::isfinite(moved) ? from + moved : std::lerp(from, to, part / whole);
}

// Which part of the way to `to` is behind `value`.
double PartOf(double from, double to, double value) {
  if (from == to) {
    return 1;
  }
  const double distance = to - from;
  return std::isfinite(distance) ? (value - from) / distance
                                 : (value / 2 - from / 2) / (to / 2 - from / 2);
}

}  // namespace

void TDigest::Merge() {
  if (buffer_.empty()) {
    return;
  }
  std::vector<Centroid> all;
  all.reserve(buffer_.size() + centroids_.size());
  for (const double value : buffer_) {
    all.push_back({value, 1});
  }
  all.insert(all.end(), centroids_.begin(), centroids_.end());
  std::sort(all.begin(), all.end(),
            [](const Centroid& a, const Centroid& b) { return a.mean < b.mean; });
  const auto [least, greatest] = std::minmax_element(buffer_.begin(), buffer_.end());
  min_ = merged_count_ == 0 ? *least : std::min(min_, *least);
  max_ = merged_count_ == 0 ? *greatest : std::max(max_, *greatest);
  merged_count_ += buffer_.size();
  buffer_.clear();
  const auto total = static_cast<double>(merged_count_);
  centroids_.clear();
  double before = 0;  // weight of what is finished
  double limit = total * ShareOf(ScaleOf(0, compression_) + 1, compression_);
  Centroid current = all.front();
  for (size_t i = 1; i < all.size(); ++i) {
    const Centroid& next = all[i];
    if (before + current.weight + next.weight <= limit) {
      const double weight = current.weight + next.weight;
      // Not by their difference, which may be beyond all doubles; rounding takes no mean out of its place.
      const double mean =
          current.mean * (current.weight / weight) + next.mean * (next.weight / weight);
      current.mean = std::clamp(mean, current.mean, next.mean);
      current.weight = weight;
      continue;
    }
    before += current.weight;
    centroids_.push_back(std::exchange(current, next));
    limit = total * ShareOf(ScaleOf(before / total, compression_) + 1, compression_);
  }
  centroids_.push_back(current);
}

double TDigest::Quantile(double q) {
  Merge();
  if (centroids_.empty()) {
    return kNone;
  }
  const double wanted = std::clamp(q, 0.0, 1.0) * static_cast<double>(merged_count_);
  // The values of a centroid lie around the middle of its ranks; a single one takes the whole of its rank.
  const auto half_of = [this](size_t i) { return centroids_[i].weight == 1 ? 0.5 : 0.0; };
  double middle = centroids_.front().weight / 2;
  if (wanted < middle) {
    const Centroid& first = centroids_.front();
    return first.weight == 1 ? first.mean : Between(min_, first.mean, wanted, middle);
  }
  for (size_t i = 1; i < centroids_.size(); ++i) {
    const double next = middle + (centroids_[i - 1].weight + centroids_[i].weight) / 2;
    if (wanted < next) {
      const double left = middle + half_of(i - 1);
      const double right = next - half_of(i);
      if (wanted < left || wanted >= right) {
        return centroids_[wanted < left ? i - 1 : i].mean;
      }
      return Between(centroids_[i - 1].mean, centroids_[i].mean, wanted - left, right - left);
    }
    middle = next;
  }
  const Centroid& last = centroids_.back();
  return last.weight == 1 ? last.mean : Between(last.mean, max_, wanted - middle, last.weight / 2);
}

double TDigest::Rank(double value) {
  Merge();
  if (centroids_.empty()) {
    return kNone;
  }
  if (value < min_ || value >= max_) {
    return value < min_ ? 0 : 1;
  }
  const auto total = static_cast<double>(merged_count_);
  double before = 0;  // ranks up to the middle of the one before
  double left = min_;
  double left_rank = 0;
  for (size_t i = 0; i < centroids_.size();) {
    // Several of one mean are that many equal values, as single values are; of what lies in a lone heavy one only the middle is known.
    const double mean = centroids_[i].mean;
    const size_t first = i;
    double weight = 0;
    for (; i < centroids_.size() && centroids_[i].mean == mean; ++i) {
      weight += centroids_[i].weight;
    }
    const bool exact = i - first > 1 || weight == 1;
    const double begin = exact ? before : before + weight / 2;
    if (value < mean) {
      const double share = PartOf(left, mean, value);
      return (left_rank + (begin - left_rank) * share) / total;
    }
    if (value == mean) {
      return (before + weight / 2) / total;
    }
    left = mean;
    before += weight;
    left_rank = exact ? before : before - weight / 2;
  }
  return (left_rank + (total - left_rank) * PartOf(left, max_, value)) / total;
}

}  // namespace binseek::search
