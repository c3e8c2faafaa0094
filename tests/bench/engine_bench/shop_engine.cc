#include "tests/bench/engine_bench/shop_engine.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "engine/base/clock.h"
#include "engine/store/posix_directory.h"

namespace binseek::bench {
namespace {

constexpr size_t kChunkRows = 2000;

int64_t NowNanos() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

void PublishGap::Reset() {
  last_ns_ = NowNanos();
  longest_ns_ = 0;
}

void PublishGap::Published() {
  const int64_t now = NowNanos();
  const int64_t gap = now - last_ns_.exchange(now);
  int64_t longest = longest_ns_.load();
  while (gap > longest && !longest_ns_.compare_exchange_weak(longest, gap)) {
  }
}

ShopEngine::ShopEngine(const Corpus* corpus, std::unique_ptr<index::Engine> engine)
    : corpus_(corpus), engine_(std::move(engine)), version_(Clock::Real()->NowMicros()) {}

Result<std::unique_ptr<ShopEngine>> ShopEngine::Open(const Corpus* corpus,
                                                     const std::string& folder) {
  index::EngineOptions options;
  BINSEEK_ASSIGN_OR_RETURN(options.directory, store::OpenPosixDirectory(folder));
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<index::Engine> engine,
                           index::Engine::Open(std::move(options)));
  std::unique_ptr<ShopEngine> shop(new ShopEngine(corpus, std::move(engine)));
  if (shop->engine_->View()->Find(kIndexName) != nullptr) {
    BINSEEK_RETURN_IF_ERROR(shop->FindIndex());
  }
  return shop;
}

Status ShopEngine::FindIndex() {
  const auto view = engine_->View();
  const index::IndexView* index = view->Find(kIndexName);
  index_ = index->id;
  BINSEEK_ASSIGN_OR_RETURN(fields_, FindShopFields(*index->mapping));
  return Status::Ok();
}

index::Batch ShopEngine::MakeChunk(size_t first, size_t end) const {
  index::Batch batch;
  batch.operations.reserve(end - first);
  for (size_t row = first; row < end; ++row) {
    batch.operations.push_back(MakeUpsert(fields_, index_, corpus_->at(row), 1));
  }
  return batch;
}

size_t ShopEngine::segments() const {
  const auto view = engine_->View();
  const index::IndexView* const index = view->Find(kIndexName);
  return index == nullptr ? 0 : index->segments.size();
}

Status ShopEngine::Build(size_t commits) {
  BINSEEK_ASSIGN_OR_RETURN(mapping::Mapping mapping, MakeShopMapping());
  BINSEEK_RETURN_IF_ERROR(engine_->CreateIndex(kIndexName, std::move(mapping), "{}").status());
  BINSEEK_RETURN_IF_ERROR(FindIndex());
  const auto make = [this](size_t first) {
    return MakeChunk(first, std::min(first + kChunkRows, corpus_->size()));
  };
  auto next = std::async(std::launch::async, make, 0);
  for (size_t first = 0; first < corpus_->size(); first += kChunkRows) {
    const index::Batch batch = next.get();
    if (first + kChunkRows < corpus_->size()) {
      next = std::async(std::launch::async, make, first + kChunkRows);
    }
    BINSEEK_RETURN_IF_ERROR(Apply(batch));
    const size_t end = first + kChunkRows;
    if (end * commits / corpus_->size() > first * commits / corpus_->size() &&
        end < corpus_->size()) {
      BINSEEK_RETURN_IF_ERROR(engine_->Commit().status());
    }
  }
  return engine_->Commit().status();
}

Status ShopEngine::Apply(const index::Batch& batch) {
  BINSEEK_ASSIGN_OR_RETURN(const index::ApplyResult result, engine_->Apply(batch));
  gap_.Published();
  for (const index::OpResult& each : result.results) {
    // Stale: the other thread took a later version, and was applied before.
    if (each.outcome != index::Outcome::kCreated && each.outcome != index::Outcome::kUpdated &&
        each.outcome != index::Outcome::kStale) {
      return Status::Internal("a write was not applied: " + each.status.ToString());
    }
  }
  return Status::Ok();
}

index::Batch ShopEngine::MakeColumnUpdates(size_t rows, Random* random) {
  index::Batch batch;
  batch.operations.reserve(rows);
  for (size_t i = 0; i < rows; ++i) {
    const Row row = corpus_->at(random->Below(corpus_->size()));
    batch.operations.push_back(MakeColumnUpdate(fields_, index_, row.id, ++version_, random));
  }
  return batch;
}

index::Batch ShopEngine::MakeTextUpserts(size_t rows, Random* random) {
  index::Batch batch;
  batch.operations.reserve(rows);
  for (size_t i = 0; i < rows; ++i) {
    Row row = corpus_->at(random->Below(corpus_->size()));
    row.title = corpus_->at(random->Below(corpus_->size())).title;
    batch.operations.push_back(MakeUpsert(fields_, index_, row, ++version_));
  }
  return batch;
}

}  // namespace binseek::bench
