#include "tests/bench/engine_bench/small_indices.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "engine/index/engine.h"
#include "engine/store/posix_directory.h"
#include "tests/bench/engine_bench/shop.h"

namespace binseek::bench {
namespace {

constexpr uint64_t kProducts = 20;

Result<std::unique_ptr<index::Engine>> Open(const std::string& folder) {
  index::EngineOptions options;
  BINSEEK_ASSIGN_OR_RETURN(options.directory, store::OpenPosixDirectory(folder));
  return index::Engine::Open(std::move(options));
}

double TrimmedMegabytes() {
  TrimHeap();
  return AnonymousMegabytes();
}

double Threads() {
  double threads = 0;
  for ([[maybe_unused]] const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    ++threads;
  }
  return threads;
}

Status Fill(const Corpus& corpus, uint64_t count, index::Engine* engine) {
  Random random(3);
  for (uint64_t number = 0; number < count; ++number) {
    BINSEEK_ASSIGN_OR_RETURN(mapping::Mapping mapping, MakeShopMapping());
    BINSEEK_ASSIGN_OR_RETURN(const ShopFields fields, FindShopFields(mapping));
    BINSEEK_ASSIGN_OR_RETURN(
        const index::IndexId id,
        engine->CreateIndex("small-" + std::to_string(number), std::move(mapping), "{}"));
    index::Batch batch;
    for (uint64_t i = 0; i < kProducts; ++i) {
      batch.operations.push_back(
          MakeUpsert(fields, id, corpus.at((number * kProducts + i) % corpus.size()), 1));
    }
    BINSEEK_RETURN_IF_ERROR(engine->Apply(batch).status());
    index::Batch update;
    update.operations.push_back(MakeColumnUpdate(fields, id, batch.operations[0].key, 2, &random));
    BINSEEK_RETURN_IF_ERROR(engine->Apply(update).status());
  }
  return engine->Commit().status();
}

}  // namespace

Result<Report> MeasureSmallIndices(const Corpus& corpus, const std::string& folder,
                                   uint64_t count) {
  const double before = TrimmedMegabytes();
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<index::Engine> engine, Open(folder));
  BINSEEK_RETURN_IF_ERROR(Fill(corpus, count, engine.get()));
  const auto each = [&] {
    return (TrimmedMegabytes() - before) * 1024 / static_cast<double>(count);
  };
  Report report;
  report.Add("written_kb_each", each());
  engine.reset();
  const Stopwatch watch;
  BINSEEK_ASSIGN_OR_RETURN(engine, Open(folder));
  report.Add("open_seconds", watch.Seconds()).Add("opened_kb_each", each());
  return report.Add("threads", Threads());
}

}  // namespace binseek::bench
