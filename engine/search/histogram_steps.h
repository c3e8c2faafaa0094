// The steps of histograms: which key a value has, which comes next, and how keys look. NumberSteps are of equal width, DateSteps of the calendar or of a length of time.
//
// Internal to engine/search. Thread-compatible, as DateRounding is.
#ifndef BINSEEK_ENGINE_SEARCH_HISTOGRAM_STEPS_H_
#define BINSEEK_ENGINE_SEARCH_HISTOGRAM_STEPS_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/date.h"
#include "engine/search/date_rounding.h"
#include "engine/search/number_values.h"

namespace binseek::search {

// Keys are integers: of numbers how many intervals from the offset, of dates milliseconds.
class NumberSteps {
 public:
  NumberSteps(double interval, double offset) : interval_(interval), offset_(offset) {}

  template <class Visit>
  static void ForEach(NumberValues* values, uint32_t offset, Visit visit) {
    values->ForEach(offset, visit);
  }
  // One of each document, null where that is not so.
  static const double* All(NumberValues* values, std::span<const uint32_t> offsets) {
    return values->All(offsets);
  }
  int64_t KeyOf(double value) const {
    // Rounded down by integers: they hold any number that is left.
    const double steps = std::clamp((value - offset_) / interval_, -kMost, kMost);
    const auto key = static_cast<int64_t>(steps);
    return key - static_cast<int64_t>(steps < static_cast<double>(key));
  }
  int64_t KeyOfAll(double value) const { return KeyOf(value); }
  // More intervals from zero than can be counted.
  static bool IsTooFar(int64_t key) {
    return key >= static_cast<int64_t>(kMost) || key <= -static_cast<int64_t>(kMost);
  }
  int64_t KeyOfBound(double value) const { return KeyOf(value); }
  int64_t KeyOfEnd(double value) const { return KeyOf(value); }
  double NumberOf(int64_t key) const { return static_cast<double>(key) * interval_ + offset_; }
  int64_t Next(int64_t key) const { return key + 1; }
  std::string Json(int64_t key) const {
    std::string out;
    JsonWriter(&out).Double(NumberOf(key));
    return out;
  }
  // A bound as keys are compared with it.
  double HardBound(double number) const { return number; }
  static bool BeforeMax(double number, double max) { return number <= max; }

 private:
  static constexpr double kMost = 9e18;

  const double interval_;
  const double offset_;
};

class DateSteps {
 public:
  explicit DateSteps(DateRounding rounding) : rounding_(std::move(rounding)) {}

  template <class Visit>
  static void ForEach(NumberValues* values, uint32_t offset, Visit visit) {
    values->ForEachMillis(offset, visit);
  }
  static const int64_t* All(NumberValues* values, std::span<const uint32_t> offsets) {
    return values->has_micros() ? values->AllOfColumn(offsets) : nullptr;
  }
  int64_t KeyOf(int64_t millis) const { return rounding_.Round(millis); }
  int64_t KeyOfAll(int64_t micros) const { return KeyOf(mapping::MillisFromMicros(micros)); }
  // Bounds are not moved by the offset. No date lies behind the last one.
  int64_t KeyOfBound(double millis) const {
    constexpr auto kMost = static_cast<double>(kMostDateMs);
    const auto bound = static_cast<int64_t>(std::clamp(millis, -kMost, kMost));
    return rounding_.Round(bound + rounding_.offset());
  }
  // Of an end of a range, which may be open.
  int64_t KeyOfEnd(double millis) const {
    return rounding_.Round(static_cast<int64_t>(std::clamp(millis, kFirstMs, kLastMs)));
  }
  static bool IsTooFar(int64_t key) { return IsTooFarForDate(key); }
  double NumberOf(int64_t key) const { return static_cast<double>(key); }
  int64_t Next(int64_t key) const { return rounding_.Next(key); }
  std::string Json(int64_t key) const { return std::to_string(key); }
  double HardBound(double millis) const {
    return static_cast<double>(KeyOfBound(millis) - rounding_.offset());
  }
  static bool BeforeMax(double number, double max) { return number < max; }

 private:
  static constexpr double kFirstMs = -62'135'596'800'000.0;  // the years 1 to 9999
  static constexpr double kLastMs = 253'402'300'799'999.0;

  DateRounding rounding_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_HISTOGRAM_STEPS_H_
