#include "tests/drills/soak_engine/soak_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/index/check_index.h"
#include "engine/index/engine.h"
#include "engine/store/posix_directory.h"
#include "tests/drills/soak_engine/soak_answers.h"
#include "tests/drills/soak_engine/soak_findings.h"
#include "tests/drills/soak_engine/soak_shop.h"
#include "tests/drills/soak_engine/soak_writer.h"

namespace binseek::soak {
namespace {

using std::chrono::steady_clock;

constexpr auto kCommitEvery = std::chrono::seconds(2);
constexpr double kSampleSeconds = 5;

double SecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

// What the process holds itself, mapped files not counted.
uint64_t AnonymousKb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  uint64_t kb = 0;
  while (status >> word) {
    if (word == "RssAnon:") {
      status >> kb;
    }
  }
  return kb;
}

class SoakRun {
 public:
  explicit SoakRun(const SoakOptions& options) : options_(options) {}

  uint64_t Run() {
    if (!Open() || !CreateIndices()) {
      return findings_.count();
    }
    SoakWriter writer(engine_.get(), &findings_, ids_, options_.seed);
    writer.Load(options_.documents);
    findings_.ExpectOk(engine_->Commit().status(), "commit");
    std::printf("loaded %u documents in %.1f s, anonymous %lu MB\n", options_.documents,
                SecondsSince(started_), AnonymousKb() / 1024);
    loaded_rows_ = writer.rows();
    RunThreads(&writer);
    Finish(writer);
    return findings_.count();
  }

 private:
  bool Open() {
    auto directory = store::OpenPosixDirectory(options_.directory);
    if (!findings_.ExpectOk(directory.status(), "directory")) {
      return false;
    }
    directory_ = *directory;
    index::EngineOptions engine_options;
    engine_options.directory = directory_;
    engine_options.memory_limit_bytes = options_.memory_limit_mb << 20;
    auto engine = index::Engine::Open(std::move(engine_options));
    if (!findings_.ExpectOk(engine.status(), "open")) {
      return false;
    }
    engine_ = std::move(*engine);
    return true;
  }

  bool CreateIndices() {
    for (size_t side = 0; side < kIndexNames.size(); ++side) {
      const auto id = engine_->CreateIndex(kIndexNames[side], ShopMapping(), "{}");
      if (!findings_.ExpectOk(id.status(), "create index")) {
        return false;
      }
      ids_[side] = *id;
    }
    return true;
  }

  // Waits until it is time, or the run is over; false: over.
  bool AwaitTime(const std::stop_token& stop, steady_clock::duration duration) {
    const auto deadline = steady_clock::now() + duration;
    const MutexLock lock(&wait_mutex_);
    while (!stop.stop_requested() && wake_.WaitUntil(&wait_mutex_, deadline)) {
    }
    return !stop.stop_requested();
  }

  void ReadUntilStopped(const std::stop_token& stop) {
    index::Epoch last = 0;
    while (!stop.stop_requested()) {
      const auto view = engine_->View();
      if (view->epoch() < last) {
        findings_.Add("time has gone back");
      }
      last = view->epoch();
      const auto totals = ReadTotals(*view);
      if (!findings_.ExpectOk(totals.status(), "search")) {
        return;
      }
      const int64_t expected = int64_t{options_.documents} * kStartStock;
      if (totals->documents != options_.documents || totals->stock != expected) {
        findings_.Add("epoch " + std::to_string(last) + ": " + std::to_string(totals->documents) +
                      " documents with a stock of " + std::to_string(totals->stock) +
                      " instead of " + std::to_string(expected));
      }
      ++searches_;
    }
  }

  Result<std::string> ReadHeld(const index::EngineView& view) const {
    BINSEEK_ASSIGN_OR_RETURN(std::string answers, ReadAnswers(view, options_.documents, kStride));
    BINSEEK_ASSIGN_OR_RETURN(const std::string best, ReadBestHits(view));
    return answers + best;
  }

  // One view after another is held for long, and has to answer as it did at first.
  void HoldUntilStopped(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto view = engine_->View();
      const auto since = steady_clock::now();
      const auto first = ReadHeld(*view);
      if (!findings_.ExpectOk(first.status(), "search in a held view")) {
        return;
      }
      held_since_ = since.time_since_epoch().count();
      while (SecondsSince(since) < options_.hold_seconds && AwaitTime(stop, kHeldPause)) {
        const auto now = ReadHeld(*view);
        if (!findings_.ExpectOk(now.status(), "search in a held view")) {
          return;
        }
        if (*now != *first) {
          findings_.Add("a view held since epoch " + std::to_string(view->epoch()) +
                        " has changed: " + FirstDifference(*first, *now));
          break;
        }
        ++held_checks_;
      }
      longest_hold_s_ = std::max(longest_hold_s_, SecondsSince(since));
    }
  }

  void CommitUntilStopped(const std::stop_token& stop) {
    while (AwaitTime(stop, kCommitEvery)) {
      const auto started = steady_clock::now();
      if (!findings_.ExpectOk(engine_->Commit().status(), "commit")) {
        return;
      }
      longest_commit_s_ = std::max(longest_commit_s_, SecondsSince(started));
      ++commits_;
    }
  }

  void RunThreads(SoakWriter* writer) {
    std::vector<std::jthread> threads;
    threads.emplace_back(
        [&](const std::stop_token& stop) { writer->Run(stop, options_.rows_per_second); });
    threads.emplace_back([&](const std::stop_token& stop) { CommitUntilStopped(stop); });
    threads.emplace_back([&](const std::stop_token& stop) { HoldUntilStopped(stop); });
    for (uint64_t reader = 0; reader < options_.readers; ++reader) {
      threads.emplace_back([&](const std::stop_token& stop) { ReadUntilStopped(stop); });
    }
    const auto started = steady_clock::now();
    const double every = std::min(kSampleSeconds, options_.seconds / 10);
    uint64_t rows = writer->rows();
    for (double next = every; next <= options_.seconds + every / 2; next += every) {
      std::this_thread::sleep_until(started + std::chrono::duration_cast<steady_clock::duration>(
                                                  std::chrono::duration<double>(next)));
      const double rate = static_cast<double>(writer->rows() - rows) / every;
      rows = writer->rows();
      Sample(SecondsSince(started), rate, writer->TakeLongestMicros());
    }
    run_s_ = SecondsSince(started);
    run_rows_ = writer->rows() - loaded_rows_;
    for (std::jthread& thread : threads) {
      thread.request_stop();
    }
    {
      const MutexLock lock(&wait_mutex_);
      wake_.NotifyAll();
    }
  }  // joins

  void Sample(double now_s, double rate, uint32_t longest_micros) {
    const uint64_t mb = AnonymousKb() / 1024;
    samples_mb_.push_back(mb);
    const auto held = steady_clock::time_point(steady_clock::duration(held_since_.load()));
    std::printf(
        "%5.0f s: %6.0f rows/s, longest apply %5.1f ms, %lu commits, %lu searches, view held for "
        "%.0f s, anonymous %lu MB, of it segments %zu MB\n",
        now_s, rate, longest_micros / 1000.0, commits_.load(), searches_.load(), SecondsSince(held),
        mb, engine_->memory_bytes() >> 20);
    std::fflush(stdout);
    if (mb > options_.anonymous_limit_mb) {
      findings_.Add("memory: " + std::to_string(mb) + " MB anonymous, the limit is " +
                    std::to_string(options_.anonymous_limit_mb));
    }
  }

  // With holds that are short beside the run, the peaks of its last third are those of the one before.
  void ExpectNoGrowth() {
    const size_t third = samples_mb_.size() / 3;
    if (static_cast<double>(third) * kSampleSeconds < 2 * options_.hold_seconds) {
      return;
    }
    const uint64_t middle = *std::max_element(samples_mb_.end() - 2 * static_cast<int64_t>(third),
                                              samples_mb_.end() - static_cast<int64_t>(third));
    const uint64_t last =
        *std::max_element(samples_mb_.end() - static_cast<int64_t>(third), samples_mb_.end());
    if (last > middle + middle / 4 + 32) {
      findings_.Add("memory grows: a peak of " + std::to_string(middle) + " MB, then of " +
                    std::to_string(last));
    }
  }

  void CompareWith(const SoakWriter& writer, const std::string& when) {
    for (const std::string& difference : Compare(*engine_->View(), writer.ledger())) {
      findings_.Add(std::string(when).append(": ").append(difference));
    }
  }

  void Finish(const SoakWriter& writer) {
    ExpectNoGrowth();
    CompareWith(writer, "at the end");
    findings_.ExpectOk(engine_->Commit().status(), "last commit");
    const auto answers = ReadAnswers(*engine_->View(), options_.documents, 1);
    const std::string position = engine_->UserData("soak");
    engine_.reset();
    const auto report = index::CheckDirectory(*directory_);
    if (findings_.ExpectOk(report.status(), "check")) {
      for (const std::string& problem : report->problems) {
        findings_.Add("check: " + problem);
      }
    }
    const auto opening = steady_clock::now();
    if (!Open()) {
      return;
    }
    const double open_s = SecondsSince(opening);
    CompareWith(writer, "after a restart");
    if (engine_->UserData("soak") != position) {
      findings_.Add("after a restart: user data is that of another transaction");
    }
    const auto again = ReadAnswers(*engine_->View(), options_.documents, 1);
    if (findings_.ExpectOk(answers.status(), "search") &&
        findings_.ExpectOk(again.status(), "search") && *answers != *again) {
      findings_.Add("after a restart: " + FirstDifference(*answers, *again));
    }
    Report(writer, open_s, report.ok() ? report->bytes : 0);
  }

  void Report(const SoakWriter& writer, double open_s, uint64_t disk_bytes) {
    const std::vector<uint32_t> latencies = writer.SortedLatencies();
    const auto quantile = [&](double q) {
      return latencies.empty()
                 ? 0u
                 : latencies[static_cast<size_t>(q * static_cast<double>(latencies.size() - 1))];
    };
    std::printf(
        "{\"seconds\": %.0f, \"documents\": %u, \"rows_per_second\": %.0f, \"apply_micros\": "
        "{\"p50\": %u, \"p99\": %u, \"max\": %u}, \"commits\": %lu, \"longest_commit_s\": %.2f, "
        "\"searches\": %lu, \"held_checks\": %lu, \"longest_hold_s\": %.0f, \"anonymous_mb\": "
        "{\"first\": %lu, \"last\": %lu, \"max\": %lu}, \"segment_mb\": %lu, \"open_s\": %.2f}\n",
        run_s_, options_.documents, static_cast<double>(run_rows_) / run_s_, quantile(0.5),
        quantile(0.99), quantile(1), commits_.load(), longest_commit_s_, searches_.load(),
        held_checks_.load(), longest_hold_s_, samples_mb_.front(), samples_mb_.back(),
        *std::max_element(samples_mb_.begin(), samples_mb_.end()), disk_bytes >> 20, open_s);
  }

  static constexpr uint32_t kStride = 997;
  static constexpr auto kHeldPause = std::chrono::milliseconds(500);

  const SoakOptions options_;
  const steady_clock::time_point started_ = steady_clock::now();
  Findings findings_;
  std::shared_ptr<store::Directory> directory_;
  std::unique_ptr<index::Engine> engine_;
  IndexIds ids_{};
  uint64_t loaded_rows_ = 0;
  uint64_t run_rows_ = 0;
  double run_s_ = 0;
  std::vector<uint64_t> samples_mb_;

  Mutex wait_mutex_;  // leaf lock
  CondVar wake_;
  std::atomic<uint64_t> commits_ = 0;
  std::atomic<uint64_t> searches_ = 0;
  std::atomic<uint64_t> held_checks_ = 0;
  std::atomic<int64_t> held_since_ = steady_clock::now().time_since_epoch().count();
  double longest_commit_s_ = 0;  // of the committing thread, read when it has ended
  double longest_hold_s_ = 0;    // of the holding thread
};

}  // namespace

uint64_t RunSoak(const SoakOptions& options) { return SoakRun(options).Run(); }

}  // namespace binseek::soak
