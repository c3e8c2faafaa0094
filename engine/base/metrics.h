// Metrics: counters, gauges and histograms, and the registry that renders them as Prometheus text.
//
//   MetricsRegistry registry;
//   Counter* rows = registry.AddCounter("binseek_rows_applied_total", "Rows applied to indices.", {{"source", "shop"}});
//   rows->Add(100);                            // one relaxed atomic add
//   registry.Render(&text);
//
// Thread-safe. The registry owns its metrics; pointers to them live as long as it does. Asking twice for a name with the same
// labels gives the same metric. Names and label names are literals of the program ([a-zA-Z_:][a-zA-Z0-9_:]*, checked); label
// values are free text. Keep them few: every combination is kept for ever.
#ifndef BINSEEK_ENGINE_BASE_METRICS_H_
#define BINSEEK_ENGINE_BASE_METRICS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"

namespace binseek {

// Only goes up.
class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Where a histogram's buckets end, in the integer unit that is observed, ascending; values above the last one have a bucket of their
// own. Shown values are multiplied by `scale`: 1e-6 where microseconds are observed and seconds are shown.
struct HistogramBuckets {
  std::vector<int64_t> bounds;
  double scale = 1;

  static HistogramBuckets Latency();  // microseconds, shown as seconds: 50 us to 60 s
};

class Histogram {
 public:
  explicit Histogram(HistogramBuckets buckets);
  // Two relaxed atomic adds, after a search in a short array.
  void Observe(int64_t value);
  uint64_t count() const;
  int64_t sum() const { return sum_.load(std::memory_order_relaxed); }
  // Values in bucket `i` alone; i == bounds.size(): those above the last bound.
  uint64_t bucket(size_t i) const { return counts_[i].load(std::memory_order_relaxed); }
  const HistogramBuckets& buckets() const { return buckets_; }

 private:
  const HistogramBuckets buckets_;
  const std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<int64_t> sum_{0};
};

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  // REQUIRES: all uses of a name have one kind of metric.
  Counter* AddCounter(std::string_view name, std::string_view help,
                      const MetricLabels& labels = {});
  Gauge* AddGauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Histogram* AddHistogram(std::string_view name, std::string_view help,
                          const HistogramBuckets& buckets, const MetricLabels& labels = {});

  // Appends all metrics in the text exposition format, version 0.0.4, sorted by name and labels. A snapshot of each number, not of all at once.
  void Render(std::string* out) const;

 private:
  struct Metric;
  struct Family;
  Metric* Find(std::string_view name, std::string_view help, std::string_view type,
               const MetricLabels& labels) BINSEEK_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_METRICS_H_
