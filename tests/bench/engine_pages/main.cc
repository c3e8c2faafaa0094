// engine_pages: which page size do mutable columns want? Prints the tables of tests/bench/PAGES.md.
//
// Measured, per shape of NumberPages (documents per page; integers of 8 bytes always, or as narrow as they fit), over columns of which every page was
// written, in random order: the bytes that a document costs; an update of price, stock, updated_at and system row, published alone or 100 rows
// together, of random documents (cold) or of 1,000 of them again and again (hot); a scan and a range match of the price column after that, against a flat
// array of the same width with the same kernels. Figures are medians; the ratio of a scan is that of 15 alternated pairs.
// Corpus: synthetic, fixed seed. Usage: engine_pages [DOCUMENTS]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "engine/index/epoch_reclaimer.h"
#include "engine/index/number_kernels.h"
#include "engine/index/number_pages.h"
#include "engine/index/system_pages.h"

namespace binseek::index {
namespace {

using Clock = std::chrono::steady_clock;

double MicrosSince(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

struct BaseColumn {
  std::vector<int64_t> values;
  codec::StringSink sink;
  NumberBase base;

  template <class Draw>
  BaseColumn(uint32_t docs, Draw draw) : values(docs) {
    codec::PackedColumnWriter writer(&sink);
    for (uint32_t doc = 0; doc < docs; ++doc) {
      values[doc] = draw();
      writer.Add(doc, values[doc]);
    }
    writer.Finish(docs);
    base = *NumberBase::Open(sink.bytes(), docs);
  }
};

constexpr int64_t kYearMs = 365LL * 24 * 3600 * 1000;
constexpr int64_t kNowMs = 1'767'225'600'000;

struct Shop {
  explicit Shop(uint32_t documents)
      : docs(documents),
        price(docs, [&] { return 100 + static_cast<int64_t>(random() % 100'000); }),
        stock(docs, [&] { return static_cast<int64_t>(random() % 500); }),
        updated_at(docs, [&] { return kNowMs - static_cast<int64_t>(random() % kYearMs); }),
        version(docs, [] { return 1; }),
        seq_no(docs, [n = int64_t{0}]() mutable { return n++; }),
        row_hash(docs, [&] { return static_cast<int64_t>(random()); }) {}

  uint32_t docs;
  std::mt19937_64 random{42};
  BaseColumn price, stock, updated_at, version, seq_no, row_hash;
};

// What an index keeps per segment, and a view copies.
struct State {
  Epoch epoch = 1;
  NumberPages price, stock, updated_at;
  SystemPages system;

  void PrefetchNodes(DocId doc) const {
    price.PrefetchNode(doc);
    stock.PrefetchNode(doc);
    updated_at.PrefetchNode(doc);
    system.PrefetchNode(doc);
  }
  void PrefetchPages(DocId doc) const {
    price.PrefetchPage(doc);
    stock.PrefetchPage(doc);
    updated_at.PrefetchPage(doc);
    system.PrefetchPage(doc);
  }
};

constexpr size_t kNodesAhead = 4;
constexpr size_t kPagesAhead = 2;

class Store {
 public:
  Store(Shop* shop, NumberPageShape shape, uint32_t system_docs)
      : shop_(shop),
        newest_{1, NumberPages(&shop->price.base, shop->docs, shape),
                NumberPages(&shop->stock.base, shop->docs, shape),
                NumberPages(&shop->updated_at.base, shop->docs, shape),
                SystemPages({.version = &shop->version.base,
                             .seq_no = &shop->seq_no.base,
                             .row_hash = &shop->row_hash.base},
                            shop->docs, system_docs)} {
    reclaimer_.Pin(1);
  }
  ~Store() {
    newest_.price.FreeAll(&pool_);
    newest_.stock.FreeAll(&pool_);
    newest_.updated_at.FreeAll(&pool_);
    newest_.system.FreeAll(&pool_);
    reclaimer_.Unpin(newest_.epoch);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const State& newest() const { return newest_; }
  size_t bytes() const { return pool_.used_bytes(); }

  // The rows in one transaction: visible to readers when it returns.
  void Update(const std::vector<DocId>& rows) {
    auto next = std::make_shared<State>(newest_);
    ++next->epoch;
    PageEdit edit(next->epoch, &pool_);
    const size_t count = rows.size();
    for (size_t i = 0; i < std::min(kNodesAhead, count); ++i) {
      next->PrefetchNodes(rows[i]);
    }
    for (size_t i = 0; i < std::min(kPagesAhead, count); ++i) {
      next->PrefetchPages(rows[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      const DocId doc = rows[i];
      if (i + kNodesAhead < count) {
        next->PrefetchNodes(rows[i + kNodesAhead]);
      }
      if (i + kPagesAhead < count) {
        next->PrefetchPages(rows[i + kPagesAhead]);
      }
      next->price.Set(doc, 100 + static_cast<int64_t>(shop_->random() % 100'000), &edit);
      next->stock.Set(doc, static_cast<int64_t>(shop_->random() % 500), &edit);
      next->updated_at.Set(doc, kNowMs + static_cast<int64_t>(next->epoch), &edit);
      next->system.Set(doc,
                       {.version = static_cast<int64_t>(next->epoch),
                        .seq_no = static_cast<int64_t>(shop_->docs + next->epoch),
                        .row_hash = static_cast<int64_t>(shop_->random())},
                       &edit);
    }
    edit.Seal(next->epoch);
    reclaimer_.Pin(next->epoch);
    const Epoch old = newest_.epoch;
    newest_ = *next;
    reclaimer_.Unpin(old);
    edit.Retire(&reclaimer_);
  }
  // Writes every page, in random order.
  void WriteAllPages(uint32_t page_docs) {
    std::vector<DocId> first;
    for (DocId doc = 0; doc < shop_->docs; doc += page_docs) {
      first.push_back(doc);
    }
    std::shuffle(first.begin(), first.end(), shop_->random);
    for (size_t begin = 0; begin < first.size(); begin += 1000) {
      const size_t end = std::min(first.size(), begin + 1000);
      Update({first.begin() + static_cast<ptrdiff_t>(begin),
              first.begin() + static_cast<ptrdiff_t>(end)});
    }
  }

 private:
  Shop* shop_;
  PagePool pool_;
  EpochReclaimer reclaimer_{&pool_};
  State newest_;
};

struct Timing {
  double p50 = 0;
  double p99 = 0;
};

// Microseconds per row.
Timing TimeUpdates(Store* store, Shop* shop, size_t rows_at_once, bool hot) {
  std::vector<DocId> few(1000);
  for (DocId& doc : few) {
    doc = static_cast<DocId>(shop->random() % shop->docs);
  }
  const size_t transactions = rows_at_once == 1 ? 50'000 : 1500;
  std::vector<double> micros;
  for (size_t i = 0; i < transactions; ++i) {
    std::vector<DocId> rows(rows_at_once);
    for (DocId& doc : rows) {
      doc =
          hot ? few[shop->random() % few.size()] : static_cast<DocId>(shop->random() % shop->docs);
    }
    const auto start = Clock::now();
    store->Update(rows);
    micros.push_back(MicrosSince(start) / static_cast<double>(rows_at_once));
  }
  return {.p50 = Quantile(micros, 0.5), .p99 = Quantile(micros, 0.99)};
}

constexpr uint32_t kWindow = 4096;

// The price column as one array of integers of `width` bytes with the same frame everywhere.
struct Flat {
  Flat(const NumberPages& column, uint32_t width_bytes)
      : width(width_bytes), bytes(size_t{column.max_doc()} * width + 4096) {
    for (DocId doc = 0; doc < column.max_doc(); ++doc) {
      const int64_t value = column.Get(doc).value_or(0);
      std::copy_n(reinterpret_cast<const char*>(&value), width, bytes.data() + size_t{doc} * width);
    }
  }
  uint32_t width;
  std::vector<char> bytes;
};

int64_t Sum(const int64_t* values, uint32_t n) {
  int64_t sum = 0;
  for (uint32_t i = 0; i < n; ++i) {
    sum += values[i];
  }
  return sum;
}

volatile int64_t g_sink;

double ScanPages(const NumberPages& column) {
  std::vector<int64_t> values(kWindow);
  std::vector<uint64_t> present(kWindow / 64);
  const auto start = Clock::now();
  int64_t sum = 0;
  for (DocId doc = 0; doc < column.max_doc(); doc += kWindow) {
    const uint32_t n = std::min(kWindow, column.max_doc() - doc);
    column.Read(doc, n, values.data(), present.data());
    sum += Sum(values.data(), n);
  }
  g_sink = sum;
  return MicrosSince(start) * 1000 / column.max_doc();
}

double ScanFlat(const Flat& flat, uint32_t docs) {
  std::vector<int64_t> values(kWindow);
  const auto start = Clock::now();
  int64_t sum = 0;
  for (DocId doc = 0; doc < docs; doc += kWindow) {
    const uint32_t n = std::min(kWindow, docs - doc);
    NumberKernels::Best().widen(flat.width, flat.bytes.data() + size_t{doc} * flat.width, n, 0,
                                values.data());
    sum += Sum(values.data(), n);
  }
  g_sink = sum;
  return MicrosSince(start) * 1000 / docs;
}

// Half of the values match, in every page.
constexpr int64_t kLow = 25'000;
constexpr int64_t kHigh = 75'000;

double MatchPages(const NumberPages& column) {
  std::vector<uint64_t> match(8);
  const auto start = Clock::now();
  int64_t count = 0;
  for (uint32_t page = 0; page < column.pages(); ++page) {
    column.MatchRange(page, kLow, kHigh, match.data());
    for (uint32_t w = 0; w < column.words_of(page); ++w) {
      count += __builtin_popcountll(match[w]);
    }
  }
  g_sink = count;
  return MicrosSince(start) * 1000 / column.max_doc();
}

double MatchFlat(const Flat& flat, uint32_t docs) {
  std::vector<uint64_t> match(8);
  const auto start = Clock::now();
  int64_t count = 0;
  for (DocId doc = 0; doc < docs; doc += 512) {
    const uint32_t words = (std::min(512u, docs - doc) + 63) / 64;
    NumberKernels::Best().match(flat.width, flat.bytes.data() + size_t{doc} * flat.width, words,
                                kLow, kHigh, match.data());
    for (uint32_t w = 0; w < words; ++w) {
      count += __builtin_popcountll(match[w]);
    }
  }
  g_sink = count;
  return MicrosSince(start) * 1000 / docs;
}

void MeasureShape(Shop* shop, NumberPageShape shape, uint32_t system_docs) {
  Store store(shop, shape, system_docs);
  store.WriteAllPages(std::min(shape.docs, system_docs));
  const double bytes = static_cast<double>(store.bytes()) / shop->docs;
  const Timing hot_1 = TimeUpdates(&store, shop, 1, true);
  const Timing cold_1 = TimeUpdates(&store, shop, 1, false);
  const Timing hot_100 = TimeUpdates(&store, shop, 100, true);
  const Timing cold_100 = TimeUpdates(&store, shop, 100, false);
  const NumberPages& price = store.newest().price;
  const Flat flat(price, std::max(shape.min_width, 4u));
  std::vector<double> scan, scan_ratio, match, match_ratio;
  for (int i = 0; i < 15; ++i) {
    scan.push_back(ScanPages(price));
    scan_ratio.push_back(scan.back() / ScanFlat(flat, shop->docs));
    match.push_back(MatchPages(price));
    match_ratio.push_back(match.back() / MatchFlat(flat, shop->docs));
  }
  std::printf(
      "| %3u | %s | %2u | %5.1f | %4.1f / %5.1f | %4.1f / %5.1f | %4.2f | %4.2f | %4.2f (x%4.2f) | "
      "%4.2f (x%4.2f) |\n",
      shape.docs, shape.min_width == 8 ? "8   " : "1-8 ", system_docs, bytes, hot_1.p50, hot_1.p99,
      cold_1.p50, cold_1.p99, hot_100.p50, cold_100.p50, Quantile(scan, 0.5),
      Quantile(scan_ratio, 0.5), Quantile(match, 0.5), Quantile(match_ratio, 0.5));
  std::fflush(stdout);
}

void MeasureAll(uint32_t docs) {
  Shop shop(docs);
  std::printf(
      "%u documents, kernels %s; times in us per row, scans in ns per document (of flat)\n\n"
      "| docs | width | system docs | bytes/doc | 1 row hot p50 / p99 | 1 row cold p50 / p99 | 100 "
      "rows hot | "
      "100 rows cold | scan | match |\n|--:|:--|--:|--:|--:|--:|--:|--:|--:|--:|\n",
      docs, NumberKernels::Best().name);
  for (const uint32_t width : {8u, 1u}) {
    for (const uint32_t page_docs : {64u, 128u, 256u, 512u}) {
      MeasureShape(&shop, {.docs = page_docs, .min_width = width}, SystemPages::kDocs);
    }
  }
  MeasureShape(&shop, NumberPageShape{}, 64);
}

}  // namespace
}  // namespace binseek::index

int main(int argc, char** argv) {
  const unsigned long docs = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000'000;
  if (docs == 0 || docs > 100'000'000) {
    std::fprintf(stderr, "usage: engine_pages [DOCUMENTS, to 100000000]\n");
    return 2;
  }
  binseek::index::MeasureAll(static_cast<uint32_t>(docs));
  return 0;
}
