#include "engine/base/metrics.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "engine/base/check.h"

namespace binseek {
namespace {

bool IsName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

// Backslash, newline and, in label values, the quote.
void AppendEscaped(std::string_view text, bool quote, std::string* out) {
  for (const char c : text) {
    if (c == '\n') {
      out->append("\\n");
      continue;
    }
    if (c == '\\' || (quote && c == '"')) {
      out->push_back('\\');
    }
    out->push_back(c);
  }
}

void AppendNumber(double value, std::string* out) {
  char text[32];
  out->append(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

// name="value",name="value"
std::string LabelText(const MetricLabels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    BINSEEK_CHECK(IsName(name), "not a label name");
    out.append(out.empty() ? "" : ",").append(name).append("=\"");
    AppendEscaped(value, /*quote=*/true, &out);
    out.push_back('"');
  }
  return out;
}

// `name``suffix`{labels,more}, then a blank.
void AppendSeries(std::string_view name, std::string_view suffix, std::string_view labels,
                  std::string_view more, std::string* out) {
  out->append(name).append(suffix);
  if (!labels.empty() || !more.empty()) {
    out->append("{")
        .append(labels)
        .append(labels.empty() || more.empty() ? "" : ",")
        .append(more)
        .append("}");
  }
  out->push_back(' ');
}

void RenderHistogram(std::string_view name, std::string_view labels, const Histogram& histogram,
                     std::string* out) {
  const HistogramBuckets& buckets = histogram.buckets();
  uint64_t below = 0;
  std::string bound;
  for (size_t i = 0; i <= buckets.bounds.size(); ++i) {
    below += histogram.bucket(i);
    bound = "le=\"";
    if (i < buckets.bounds.size()) {
      AppendNumber(static_cast<double>(buckets.bounds[i]) * buckets.scale, &bound);
    } else {
      bound.append("+Inf");
    }
    bound.push_back('"');
    AppendSeries(name, "_bucket", labels, bound, out);
    out->append(std::to_string(below)).push_back('\n');
  }
  AppendSeries(name, "_sum", labels, "", out);
  AppendNumber(static_cast<double>(histogram.sum()) * buckets.scale, out);
  out->push_back('\n');
  AppendSeries(name, "_count", labels, "", out);
  out->append(std::to_string(below))
      .push_back('\n');  // of the same reading as the buckets, so that the two agree
}

}  // namespace

HistogramBuckets HistogramBuckets::Latency() {
  return {{50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000,
           500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 60'000'000},
          1e-6};
}

Histogram::Histogram(HistogramBuckets buckets)
    : buckets_(std::move(buckets)),
      counts_(new std::atomic<uint64_t>[buckets_.bounds.size() + 1]()) {
  BINSEEK_CHECK(std::adjacent_find(buckets_.bounds.begin(), buckets_.bounds.end(),
                                   std::greater_equal<>()) == buckets_.bounds.end(),
                "bucket bounds must ascend");
}

void Histogram::Observe(int64_t value) {
  const auto bucket = std::lower_bound(buckets_.bounds.begin(), buckets_.bounds.end(), value) -
                      buckets_.bounds.begin();
  counts_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

uint64_t Histogram::count() const {
  uint64_t count = 0;
  for (size_t i = 0; i <= buckets_.bounds.size(); ++i) {
    count += bucket(i);
  }
  return count;
}

struct MetricsRegistry::Metric {
  std::unique_ptr<Counter> counter;  // one of the three
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
};

struct MetricsRegistry::Family {
  std::string help;
  std::string type;
  std::map<std::string, Metric> metrics;  // by their labels as text
};

MetricsRegistry::MetricsRegistry() = default;
MetricsRegistry::~MetricsRegistry() = default;

MetricsRegistry::Metric* MetricsRegistry::Find(std::string_view name, std::string_view help,
                                               std::string_view type, const MetricLabels& labels) {
  BINSEEK_CHECK(IsName(name), "not a metric name");
  auto it = families_.find(name);
  if (it == families_.end()) {
    it = families_.emplace(std::string(name), std::make_unique<Family>()).first;
    it->second->help = help;
    it->second->type = type;
  }
  BINSEEK_CHECK(it->second->type == type, "one name for two kinds of metric");
  return &it->second->metrics[LabelText(labels)];
}

Counter* MetricsRegistry::AddCounter(std::string_view name, std::string_view help,
                                     const MetricLabels& labels) {
  const MutexLock lock(&mutex_);
  Metric* const metric = Find(name, help, "counter", labels);
  if (metric->counter == nullptr) {
    metric->counter = std::make_unique<Counter>();
  }
  return metric->counter.get();
}

Gauge* MetricsRegistry::AddGauge(std::string_view name, std::string_view help,
                                 const MetricLabels& labels) {
  const MutexLock lock(&mutex_);
  Metric* const metric = Find(name, help, "gauge", labels);
  if (metric->gauge == nullptr) {
    metric->gauge = std::make_unique<Gauge>();
  }
  return metric->gauge.get();
}

Histogram* MetricsRegistry::AddHistogram(std::string_view name, std::string_view help,
                                         const HistogramBuckets& buckets,
                                         const MetricLabels& labels) {
  const MutexLock lock(&mutex_);
  Metric* const metric = Find(name, help, "histogram", labels);
  if (metric->histogram == nullptr) {
    metric->histogram = std::make_unique<Histogram>(buckets);
  }
  return metric->histogram.get();
}

void MetricsRegistry::Render(std::string* out) const {
  const MutexLock lock(&mutex_);
  for (const auto& [name, family] : families_) {
    out->append("# HELP ").append(name).append(" ");
    AppendEscaped(family->help, /*quote=*/false, out);
    out->append("\n# TYPE ").append(name).append(" ").append(family->type).append("\n");
    for (const auto& [labels, metric] : family->metrics) {
      if (metric.histogram != nullptr) {
        RenderHistogram(name, labels, *metric.histogram, out);
        continue;
      }
      AppendSeries(name, "", labels, "", out);
      out->append(metric.counter != nullptr ? std::to_string(metric.counter->value())
                                            : std::to_string(metric.gauge->value()));
      out->push_back('\n');
    }
  }
}

}  // namespace binseek
