// engine_scan: how fast is a scan of a mutable column beside a flat array of its width? Prints the table "Scans" of tests/bench/PAGES.md.
//
// Measured: sum, count of a range (half of the values match, in every page) and histogram of a price column, as it was written (packed blocks), and after random
// updates of single rows, published in transactions of 100. Its peer is one array of 4-byte integers, scanned with the same kernels through the same windows of
// 4,096 documents. Figures are ns per document; the factor is the median of the ratios of 15 alternated pairs.
// Corpus: synthetic, fixed seed. Usage: engine_scan [DOCUMENTS [UPDATES...]], 1 M documents with 0, 1 and 10 M updates without arguments.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "engine/codec/bit_packing.h"
#include "engine/index/epoch_reclaimer.h"
#include "engine/index/number_kernels.h"
#include "engine/index/number_pages.h"

namespace binseek::index {
namespace {

constexpr uint32_t kWindow = 4096;
constexpr int64_t kPrices = 100'000;
constexpr int64_t kLow = 25'000;
constexpr int64_t kHigh = 75'000;
constexpr size_t kBuckets = 64;

// A price column and its versions.
class Column {
 public:
  explicit Column(uint32_t docs) : docs_(docs), base_(MakeBase()), newest_(&base_, docs) {
    reclaimer_.Pin(epoch_);
  }
  ~Column() {
    newest_.FreeAll(&pool_);
    reclaimer_.Unpin(epoch_);
  }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  const NumberPages& newest() const { return newest_; }
  const PagePool& pool() const { return pool_; }

  void Update(uint64_t updates) {
    constexpr uint64_t kRows = 100;
    for (uint64_t done = 0; done < updates; done += kRows) {
      NumberPages next = newest_;
      PageEdit edit(epoch_ + 1, &pool_);
      for (uint64_t i = 0; i < kRows; ++i) {
        next.Set(static_cast<DocId>(random_() % docs_), RandomPrice(), &edit);
      }
      edit.Seal(epoch_ + 1);
      reclaimer_.Pin(epoch_ + 1);
      newest_ = next;
      reclaimer_.Unpin(epoch_);
      edit.Retire(&reclaimer_);
      ++epoch_;
    }
  }

 private:
  int64_t RandomPrice() { return 100 + static_cast<int64_t>(random_() % kPrices); }
  NumberBase MakeBase() {
    codec::PackedColumnWriter writer(&sink_);
    for (uint32_t doc = 0; doc < docs_; ++doc) {
      writer.Add(doc, RandomPrice());
    }
    writer.Finish(docs_);
    return *NumberBase::Open(sink_.bytes(), docs_);
  }

  const uint32_t docs_;
  std::mt19937_64 random_{42};
  codec::StringSink sink_;
  const NumberBase base_;
  PagePool pool_;
  EpochReclaimer reclaimer_{&pool_};
  Epoch epoch_ = 1;
  NumberPages newest_;
};

// Both sides: windows of values, or of matches.
struct Source {
  uint32_t docs = 0;
  std::function<void(DocId, uint32_t, int64_t*)> read;
  std::function<void(DocId, uint32_t, uint64_t*)> match;
};

Source SourceOf(const NumberPages& column) {
  return {.docs = column.max_doc(),
          .read =
              [&column](DocId first, uint32_t n, int64_t* values) {
                std::array<uint64_t, kWindow / 64> present;
                column.Read(first, n, values, present.data());
              },
          .match = [&column](DocId first, uint32_t n,
                             uint64_t* match) { column.MatchDocs(first, n, kLow, kHigh, match); }};
}

// `flat` has some values more than there are documents.
Source SourceOf(const std::vector<int32_t>& flat, uint32_t docs) {
  return {.docs = docs,
          .read =
              [&flat](DocId first, uint32_t n, int64_t* values) {
                NumberKernels::Best().widen(sizeof(int32_t), flat.data() + first, n, 0, values);
              },
          .match =
              [&flat](DocId first, uint32_t n, uint64_t* match) {
                NumberKernels::Best().match(sizeof(int32_t), flat.data() + first, (n + 63) / 64,
                                            kLow, kHigh, match);
              }};
}

using Scan = uint64_t (*)(const Source&);

uint64_t Sum(const Source& source) {
  std::array<int64_t, kWindow> values;
  int64_t sum = 0;
  for (DocId first = 0; first < source.docs; first += kWindow) {
    const uint32_t n = std::min(kWindow, source.docs - first);
    source.read(first, n, values.data());
    for (uint32_t i = 0; i < n; ++i) {
      sum += values[i];
    }
  }
  return static_cast<uint64_t>(sum);
}

uint64_t Count(const Source& source) {
  std::array<uint64_t, kWindow / 64> match;
  uint64_t count = 0;
  for (DocId first = 0; first < source.docs; first += kWindow) {
    const uint32_t n = std::min(kWindow, source.docs - first);
    source.match(first, n, match.data());
    count += codec::BestKernels().count_bits(match.data(), (n + 63) / 64);
  }
  return count;
}

uint64_t Histogram(const Source& source) {
  std::array<int64_t, kWindow> values;
  std::array<uint64_t, kBuckets> buckets{};
  for (DocId first = 0; first < source.docs; first += kWindow) {
    const uint32_t n = std::min(kWindow, source.docs - first);
    source.read(first, n, values.data());
    for (uint32_t i = 0; i < n; ++i) {
      ++buckets[static_cast<uint64_t>(values[i]) >> 11 & (kBuckets - 1)];
    }
  }
  uint64_t mixed = 0;
  for (const uint64_t bucket : buckets) {
    mixed = mixed * 31 + bucket;
  }
  return mixed;
}

volatile uint64_t g_sink;

double Nanos(Scan scan, const Source& source) {
  const auto start = std::chrono::steady_clock::now();
  g_sink = scan(source);
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start)
             .count() /
         source.docs;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void Compare(const char* name, Scan scan, const Source& ours, const Source& flat) {
  constexpr int kPairs = 15;
  if (scan(ours) != scan(flat)) {
    std::fprintf(stderr, "engine_scan: %s: the column does not hold what the array holds\n", name);
    std::exit(1);
  }
  std::vector<double> mine;
  std::vector<double> peer;
  std::vector<double> ratio;
  for (int i = 0; i < kPairs; ++i) {
    const bool first = i % 2 == 0;
    const double a = first ? Nanos(scan, ours) : 0;
    peer.push_back(Nanos(scan, flat));
    mine.push_back(first ? a : Nanos(scan, ours));
    ratio.push_back(mine.back() / peer.back());
  }
  std::printf(" %.3f | %.3f | x%.2f |", Median(mine), Median(peer), Median(ratio));
}

void Measure(uint32_t docs, const std::vector<uint64_t>& update_counts) {
  std::printf(
      "\n%u documents, kernels %s and %s; ns per document\n\n| updates | pages | sum | flat | "
      "| count of a range | flat | | histogram | flat | |\n"
      "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
      docs, NumberKernels::Best().name, codec::BestKernels().name);
  Column column(docs);
  uint64_t done = 0;
  for (const uint64_t updates : update_counts) {
    column.Update(updates - done);
    done = updates;
    std::vector<int32_t> flat(size_t{docs} + kWindow);
    for (DocId doc = 0; doc < docs; ++doc) {
      flat[doc] = static_cast<int32_t>(column.newest().Get(doc).value_or(0));
    }
    const Source ours = SourceOf(column.newest());
    const Source peer = SourceOf(flat, docs);
    std::printf("| %llu | %.0f MB |", static_cast<unsigned long long>(updates),
                static_cast<double>(column.pool().memory_bytes()) / 1e6);
    Compare("sum", Sum, ours, peer);
    Compare("count", Count, ours, peer);
    Compare("histogram", Histogram, ours, peer);
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace binseek::index

int main(int argc, char** argv) {
  const unsigned long docs = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  std::vector<uint64_t> updates;
  for (int i = 2; i < argc; ++i) {
    updates.push_back(std::strtoull(argv[i], nullptr, 10));
  }
  if (updates.empty()) {
    updates = {0, 1'000'000, 10'000'000};
  }
  if (docs == 0 || docs > 100'000'000 || !std::is_sorted(updates.begin(), updates.end())) {
    std::fprintf(stderr, "usage: engine_scan [DOCUMENTS, to 100000000 [UPDATES ascending...]]\n");
    return 2;
  }
  binseek::index::Measure(static_cast<uint32_t>(docs), updates);
  return 0;
}
