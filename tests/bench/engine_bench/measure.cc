#include "tests/bench/engine_bench/measure.h"

#include <jemalloc/jemalloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>

namespace binseek::bench {
namespace {

double Quantile(const std::vector<double>& ordered, double q) {
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(ordered.size())));
  return ordered[std::clamp<size_t>(rank, 1, ordered.size()) - 1];
}

template <class T>
inline __attribute__((always_inline)) uint64_t Count(const std::vector<T>& values, T low, T high) {
  constexpr size_t kBlock = 4096;  // counts of a block fit in the lanes of T
  uint64_t count = 0;
  for (size_t at = 0; at < values.size(); at += kBlock) {
    const size_t end = std::min(values.size(), at + kBlock);
    T found = 0;
    for (size_t i = at; i < end; ++i) {
      found += static_cast<T>(values[i] >= low) & static_cast<T>(values[i] <= high);
    }
    count += static_cast<uint64_t>(found);
  }
  return count;
}

}  // namespace

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

double AnonymousMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) {
      return std::strtod(line.c_str() + sizeof("RssAnon:"), nullptr) / 1024;
    }
  }
  return 0;
}

void TrimHeap() {
  const std::string purge = "arena." + std::to_string(MALLCTL_ARENAS_ALL) + ".purge";
  mallctl(purge.c_str(), nullptr, nullptr, nullptr, 0);
}

PeakMemory::PeakMemory() {
  thread_ = std::thread([this] {
    while (!stop_) {
      megabytes_ = std::max(megabytes_, AnonymousMegabytes());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
}

double PeakMemory::Stop() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
  return megabytes_;
}

Report& Report::Add(std::string_view name, double value) {
  members_ += members_.empty() ? "\"" : ", \"";
  members_ += name;
  members_ += "\": " + std::to_string(value);
  return *this;
}

Report& Report::AddLatencies(std::vector<double> micros) {
  std::sort(micros.begin(), micros.end());
  const double sum = std::accumulate(micros.begin(), micros.end(), 0.0);
  return Add("mean_us", sum / static_cast<double>(micros.size()))
      .Add("p50_us", Quantile(micros, 0.5))
      .Add("p99_us", Quantile(micros, 0.99))
      .Add("max_us", micros.back());
}

__attribute__((target_clones("avx2", "default"))) uint64_t CountBetween(
    const std::vector<int64_t>& values, int64_t low, int64_t high) {
  return Count(values, low, high);
}

__attribute__((target_clones("avx2", "default"))) uint64_t CountBetween(
    const std::vector<int32_t>& values, int32_t low, int32_t high) {
  return Count(values, low, high);
}

}  // namespace binseek::bench
