// engine_bench: the engine's side of `./dev bench engine`. Reads a command a line, answers each with a line of JSON.
//
//   generate FOLDER DOCS SEED     the corpus
//   load FOLDER                   maps it; comes first in a process that does anything else
//   parts DIR N PERCENT           as build, in N segments, with so many documents deleted; segments
//   build DIR | open DIR | close  an engine in DIR; seconds, cpu_seconds, anonymous_mb, peak_anonymous_mb
//   commit | memory
//   floor CLASS                   bytes of postings that a walk over all matches reads, and floor_us, how long the machine takes to read as many
//   query CLASS [1] | hits CLASS | answers CLASS | scan engine|int64|int32    1: with the hits' keys
//   clients CLASS N               each query by N threads at the same time; seconds
//   keep MB                       filters that come again, in queries from here on; 0: none
//   threads N MICROS DOCS         of one query, from here on: others join after so long, where segments of so many documents are left; 1: none do
//   columns BATCHES ROWS | texts BATCHES ROWS         latencies of a batch until it is visible, and rows_per_second
//   background columns|texts RATE | stop              a paced writer beside the commands between the two
//   log columns|texts ROWS        in the translog and in no commit, for an open after a close
//   small DIR COUNT               as many small indices: what each takes, and how long they take to open
//   recover DIR ROWS              open, and all that ROWS writes since the commit need until they are there again
//
// An error is {"error": "..."}, and ends the program.
#include <algorithm>
#include <future>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/search_pool.h"
#include "tests/bench/engine_bench/corpus.h"
#include "tests/bench/engine_bench/measure.h"
#include "tests/bench/engine_bench/paced_writer.h"
#include "tests/bench/engine_bench/query_cases.h"
#include "tests/bench/engine_bench/shop_engine.h"
#include "tests/bench/engine_bench/small_indices.h"

namespace binseek::bench {
namespace {

class Program {
 public:
  Result<Report> Run(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    std::string first;
    words >> command >> first;
    uint64_t second = 0;
    uint64_t third = 0;
    words >> second >> third;
    if (command == "generate") {
      BINSEEK_RETURN_IF_ERROR(GenerateCorpus(first, second, third));
      return Report();
    }
    if (command == "load") {
      BINSEEK_ASSIGN_OR_RETURN(Corpus corpus, Corpus::Open(first));
      corpus_ = std::make_unique<Corpus>(std::move(corpus));
      TrimHeap();  // what reading it took is not the engine's
      anonymous_before_ = AnonymousMegabytes();
      return Report().Add("docs", static_cast<double>(corpus_->size()));
    }
    if (corpus_ == nullptr) {
      return Status::InvalidArgument("load comes first");
    }
    if (command == "small") {
      return MeasureSmallIndices(*corpus_, first, second);
    }
    if (command == "threads") {
      BINSEEK_RETURN_IF_ERROR(SetThreads(std::stoull(first), second, third));
      return Report();
    }
    return command == "build" || command == "parts" || command == "open" || command == "recover"
               ? OpenEngine(command, first, second, third)
               : RunOpen(command, first, second);
  }

 private:
  Status SetThreads(uint64_t threads, uint64_t patience_micros, uint64_t least_docs) {
    pool_.reset();
    if (threads > 1) {
      BINSEEK_ASSIGN_OR_RETURN(pool_, search::SearchPool::Start(
                                          {.threads = threads - 1,
                                           .threads_per_search = threads,
                                           .patience_micros = static_cast<int64_t>(patience_micros),
                                           .least_docs = least_docs}));
    }
    return Status::Ok();
  }

  // `number`: of rows, or of segments with `deleted` percent.
  Result<Report> OpenEngine(const std::string& command, const std::string& folder, uint64_t number,
                            uint64_t deleted) {
    shop_.reset();
    PeakMemory peak;
    const double cpu = CpuSeconds();
    const Stopwatch watch;
    BINSEEK_ASSIGN_OR_RETURN(shop_, ShopEngine::Open(corpus_.get(), folder));
    if (command == "build") {
      BINSEEK_RETURN_IF_ERROR(shop_->Build());
    } else if (command == "parts") {
      BINSEEK_RETURN_IF_ERROR(shop_->BuildParts(number, deleted));
    } else if (command == "recover") {
      BINSEEK_RETURN_IF_ERROR(Replay(number));
    }
    Report report;
    report.Add("seconds", watch.Seconds())
        .Add("cpu_seconds", CpuSeconds() - cpu)
        .Add("peak_anonymous_mb", peak.Stop() - anonymous_before_);
    if (const index::IndexView* const index = shop_->engine()->View()->Find(kIndexName)) {
      report.Add("segments", static_cast<double>(index->segments.size()));
    }
    return AddMemory(&report);
  }

  // What the source sends again after a restart: nine column updates to a text, in transactions of ten rows.
  Status Replay(uint64_t rows) {
    Random random(7);
    for (uint64_t done = 0; done < rows; done += 100) {
      for (int i = 0; i < 9; ++i) {
        BINSEEK_RETURN_IF_ERROR(shop_->Apply(shop_->MakeColumnUpdates(10, &random)));
      }
      BINSEEK_RETURN_IF_ERROR(shop_->Apply(shop_->MakeTextUpserts(10, &random)));
    }
    return Status::Ok();
  }

  Result<Report> RunOpen(const std::string& command, const std::string& first, uint64_t second) {
    if (shop_ == nullptr) {
      return Status::InvalidArgument("no engine is open for: " + command);
    }
    if (command == "close") {
      shop_.reset();
      return Report();
    }
    if (command == "commit") {
      const Stopwatch watch;
      BINSEEK_RETURN_IF_ERROR(shop_->engine()->Commit().status());
      return Report().Add("seconds", watch.Seconds());
    }
    if (command == "memory") {
      Report report;
      return AddMemory(&report);
    }
    if (command == "query") {
      return RunQueries(shop_.get(), first,
                        {.keys = second == 1, .filters = filters_.get(), .pool = pool_.get()});
    }
    if (command == "clients") {
      return RunClients(first, second);
    }
    if (command == "keep") {
      filters_ = std::make_unique<search::FilterCache>(
          search::FilterCacheOptions{.max_bytes = std::stoull(first) << 20});
      return Report();
    }
    if (command == "hits") {
      return CountHits(shop_.get(), first);
    }
    if (command == "floor") {
      return MeasureFloor(shop_.get(), first);
    }
    if (command == "answers") {
      return DigestAnswers(shop_.get(), first, {.pool = pool_.get()});
    }
    if (command == "scan") {
      return ScanPrices(shop_.get(), first);
    }
    if (command == "columns" || command == "texts") {
      return Write(command == "columns", std::stoull(first), second);
    }
    if (command == "log") {
      BINSEEK_RETURN_IF_ERROR(Log(first == "columns", second));
      return Report();
    }
    return RunBackground(command, first, second);
  }

  Result<Report> RunClients(const std::string& query_class, uint64_t clients) {
    const QueryOptions options{.filters = filters_.get(), .pool = pool_.get()};
    BINSEEK_RETURN_IF_ERROR(CountHits(shop_.get(), query_class).status());  // draws the words
    std::vector<std::future<Result<Report>>> running;
    const Stopwatch watch;
    for (uint64_t i = 0; i < clients; ++i) {
      running.push_back(std::async(std::launch::async,
                                   [&] { return RunQueries(shop_.get(), query_class, options); }));
    }
    Status status;
    for (std::future<Result<Report>>& each : running) {
      const Result<Report> report = each.get();
      status = status.ok() ? report.status() : std::move(status);
    }
    BINSEEK_RETURN_IF_ERROR(std::move(status));
    return Report().Add("seconds", watch.Seconds());
  }

  // As they come over HTTP: in batches of ten rows.
  Status Log(bool columns, uint64_t rows) {
    constexpr uint64_t kRowsAtOnce = 10;
    for (uint64_t done = 0; done < rows; done += kRowsAtOnce) {
      index::Batch batch = columns ? shop_->MakeColumnUpdates(kRowsAtOnce, &random_)
                                   : shop_->MakeTextUpserts(kRowsAtOnce, &random_);
      batch.durability = index::Durability::kLogged;
      BINSEEK_RETURN_IF_ERROR(shop_->Apply(batch));
    }
    return shop_->engine()->SyncLog();
  }

  Result<Report> Write(bool columns, uint64_t batches, uint64_t rows) {
    std::vector<double> micros;
    double sum_us = 0;
    for (uint64_t i = 0; i < batches; ++i) {
      const index::Batch batch = columns ? shop_->MakeColumnUpdates(rows, &random_)
                                         : shop_->MakeTextUpserts(rows, &random_);
      const Stopwatch watch;
      BINSEEK_RETURN_IF_ERROR(shop_->Apply(batch));
      micros.push_back(watch.Micros());
      sum_us += micros.back();
    }
    Report report;
    report.AddLatencies(std::move(micros))
        .Add("rows_per_second", static_cast<double>(batches * rows) / sum_us * 1e6);
    return report;
  }

  Result<Report> RunBackground(const std::string& command, const std::string& kind, uint64_t rate) {
    if (command == "background" && writer_ == nullptr) {
      writer_ = std::make_unique<PacedWriter>(
          shop_.get(), kind == "columns" ? PacedWriter::Kind::kColumns : PacedWriter::Kind::kTexts,
          static_cast<double>(rate));
      return Report();
    }
    if (command == "stop" && writer_ != nullptr) {
      Result<Report> report = writer_->Stop();
      writer_.reset();
      return report;
    }
    return Status::InvalidArgument("no such command: " + command);
  }

  Report AddMemory(Report* report) const {
    return report->Add("anonymous_mb", AnonymousMegabytes() - anonymous_before_);
  }

  std::unique_ptr<Corpus> corpus_;
  std::unique_ptr<ShopEngine> shop_;
  std::unique_ptr<search::FilterCache> filters_;  // null: none are kept
  std::unique_ptr<search::SearchPool> pool_;      // null: each query has one thread
  std::unique_ptr<PacedWriter> writer_;
  Random random_{11};
  double anonymous_before_ = 0;
};

int Main() {
  Program program;
  for (std::string line; std::getline(std::cin, line);) {
    const Result<Report> report = program.Run(line);
    if (!report.ok()) {
      std::string message;
      for (const char c : report.status().ToString()) {
        message += c == '"' || c == '\\' || c == '\n' ? ' ' : c;
      }
      std::cout << R"({"error": ")" << message << R"("})" << std::endl;
      return 1;
    }
    std::cout << report->ToJson() << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace binseek::bench

int main() { return binseek::bench::Main(); }
