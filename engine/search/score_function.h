// BoundFunction: a ScoreFunction bound to one index, and what it says of the documents of a segment. Internal to engine/search.
//
// Bound functions are immutable and thread-safe; readers are single-threaded and go through windows in ascending order.
#ifndef BINSEEK_ENGINE_SEARCH_SCORE_FUNCTION_H_
#define BINSEEK_ENGINE_SEARCH_SCORE_FUNCTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/mapping/geo.h"
#include "engine/search/field_values.h"
#include "engine/search/function_score.h"
#include "engine/search/weight.h"

namespace binseek::search {

// Takes numbers one by one, ascending or not.
class Reducer {
 public:
  explicit Reducer(MultiValue mode) : mode_(mode) {}
  void Clear() { values_.clear(); }
  void Add(double value) { values_.push_back(value); }
  bool empty() const { return values_.empty(); }
  double Value();  // REQUIRES: !empty()

 private:
  const MultiValue mode_;
  std::vector<double> values_;
};

class BoundFunction {
 public:
  static Result<BoundFunction> Bind(const ScoreFunction& function, const BindContext& context);

  const ScoreFunction& function() const { return function_; }

  class Reader {
   public:
    Reader(const BoundFunction* bound, const index::SegmentView& segment);
    void Open(DocId first, size_t wanted);
    // With the weight. Errors are kept.
    double Score(uint32_t offset);
    [[nodiscard]] Status status() const { return status_; }

   private:
    double Fail(uint32_t offset, const std::string& why);
    double FieldValue(uint32_t offset);
    double Random(uint32_t offset);
    double Decay(uint32_t offset);

    const BoundFunction* const bound_;
    std::unique_ptr<NumberReader> numbers_;  // null: the function needs none
    const index::SegmentView* const segment_;
    DocId first_ = 0;
    Reducer reducer_;
    Status status_;
  };

 private:
  Status BindDecay(const BindContext& context);

  ScoreFunction function_;
  std::optional<mapping::Field> field_;  // none: not in this index
  uint64_t salted_seed_ = 0;
  double origin_ = 0;
  mapping::GeoPoint geo_origin_{};
  bool is_geo_ = false;
  double offset_ = 0;
  double scale_ = 0;  // as the curve needs it
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SCORE_FUNCTION_H_
