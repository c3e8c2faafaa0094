#include "engine/base/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace binseek {
namespace {

TEST(MetricsTest, RendersAsPrometheusText) {
  MetricsRegistry registry;
  registry.AddCounter("rows_total", "Rows\nread.", {{"table", "a\"b\\c\nd"}})->Add(3);
  registry.AddCounter("rows_total", "Rows\nread.", {{"table", "z"}})->Add();
  registry.AddGauge("lag", "Lag.")->Set(-5);
  Histogram* seconds =
      registry.AddHistogram("seconds", "Time.", {{1'000, 2'000'000}, 1e-6}, {{"op", "get"}});
  seconds->Observe(1'000);
  seconds->Observe(1'001);
  seconds->Observe(3'000'000);
  std::string text;
  registry.Render(&text);
  EXPECT_EQ(text,
            "# HELP lag Lag.\n"
            "# TYPE lag gauge\n"
            "lag -5\n"
            "# HELP rows_total Rows\\nread.\n"
            "# TYPE rows_total counter\n"
            "rows_total{table=\"a\\\"b\\\\c\\nd\"} 3\n"
            "rows_total{table=\"z\"} 1\n"
            "# HELP seconds Time.\n"
            "# TYPE seconds histogram\n"
            "seconds_bucket{op=\"get\",le=\"0.001\"} 1\n"
            "seconds_bucket{op=\"get\",le=\"2\"} 2\n"
            "seconds_bucket{op=\"get\",le=\"+Inf\"} 3\n"
            "seconds_sum{op=\"get\"} 3.002001\n"
            "seconds_count{op=\"get\"} 3\n");
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameMetric) {
  MetricsRegistry registry;
  Counter* a = registry.AddCounter("c_total", "C.", {{"x", "1"}});
  EXPECT_EQ(registry.AddCounter("c_total", "C.", {{"x", "1"}}), a);
  EXPECT_NE(registry.AddCounter("c_total", "C.", {{"x", "2"}}), a);
  EXPECT_EQ(registry.AddGauge("g", "G."), registry.AddGauge("g", "G."));
}

TEST(MetricsTest, BucketsHoldValuesUpToTheirBound) {
  Histogram histogram({{10, 20}, 1});
  for (const int64_t value : {-1, 10, 11, 20, 21}) {
    histogram.Observe(value);
  }
  EXPECT_EQ(histogram.bucket(0), 2u);
  EXPECT_EQ(histogram.bucket(1), 2u);
  EXPECT_EQ(histogram.bucket(2), 1u);
  EXPECT_EQ(histogram.count(), 5u);
  EXPECT_EQ(histogram.sum(), 61);
}

TEST(MetricsTest, NoAddIsLostBetweenThreads) {
  MetricsRegistry registry;
  Counter* counter = registry.AddCounter("c_total", "C.");
  Histogram* histogram = registry.AddHistogram("h", "H.", HistogramBuckets::Latency());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        counter->Add();
        histogram->Observe(i);
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    std::string text;
    registry.Render(&text);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(counter->value(), 4000u);
  EXPECT_EQ(histogram->count(), 4000u);
}

TEST(MetricsDeathTest, NamesAreTheProgramsOwnAffair) {
  MetricsRegistry registry;
  registry.AddCounter("x", "X.");
  EXPECT_DEATH(registry.AddGauge("x", "X."), "two kinds");
  EXPECT_DEATH(registry.AddCounter("a b", "X."), "not a metric name");
}

}  // namespace
}  // namespace binseek
