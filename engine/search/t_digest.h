// TDigest: quantiles of a stream of numbers in bounded memory (Dunning's merging t-digest): exact for few values, and nearest to exact at both ends.
//
// Values are buffered, and merged into centroids whose weights are bounded by the arcsine scale function; so none is heavier than about pi / 2 / compression' of
// all, with compression' = 4 * compression: at the default of 100, 0.4 % of all in the middle. Single-threaded value type.
#ifndef BINSEEK_ENGINE_SEARCH_T_DIGEST_H_
#define BINSEEK_ENGINE_SEARCH_T_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace binseek::search {

class TDigest {
 public:
  explicit TDigest(double compression = 100) : compression_(compression * 4) {}

  void Add(double value) {
    buffer_.push_back(value);
    if (buffer_.size() >= kBuffer) {
      Merge();
    }
  }
  uint64_t count() const { return merged_count_ + buffer_.size(); }
  // The value below which the share `q` (0 to 1) of all lies; NaN where there is none. Linear between centroids of several values; of few values it is one of them.
  double Quantile(double q);
  // The share of values up to `value`; NaN where there is none.
  double Rank(double value);
  size_t bytes() const {
    return buffer_.capacity() * sizeof(double) + centroids_.capacity() * sizeof(Centroid);
  }

 private:
  static constexpr size_t kBuffer = 2048;
  struct Centroid {
    double mean = 0;
    double weight = 0;
  };

  void Merge();

  double compression_;
  std::vector<double> buffer_;
  std::vector<Centroid> centroids_;  // by mean
  uint64_t merged_count_ = 0;
  double min_ = 0;
  double max_ = 0;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_T_DIGEST_H_
