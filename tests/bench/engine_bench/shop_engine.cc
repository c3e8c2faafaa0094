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

Status ShopEngine::CreateIndex() {
  BINSEEK_ASSIGN_OR_RETURN(mapping::Mapping mapping, MakeShopMapping());
  BINSEEK_RETURN_IF_ERROR(engine_->CreateIndex(kIndexName, std::move(mapping), "{}").status());
  return FindIndex();
}

Status ShopEngine::Load(size_t first, size_t end) {
  const auto make = [this, end](size_t begin) {
    return MakeChunk(begin, std::min(begin + kChunkRows, end));
  };
  auto next = std::async(std::launch::async, make, first);
  for (; first < end; first += kChunkRows) {
    const index::Batch batch = next.get();
    if (first + kChunkRows < end) {
      next = std::async(std::launch::async, make, first + kChunkRows);
    }
    BINSEEK_RETURN_IF_ERROR(Apply(batch));
  }
  return Status::Ok();
}

Status ShopEngine::Build() {
  BINSEEK_RETURN_IF_ERROR(CreateIndex());
  BINSEEK_RETURN_IF_ERROR(Load(0, corpus_->size()));
  return engine_->Commit().status();
}

Status ShopEngine::BuildParts(size_t parts, size_t deleted) {
  BINSEEK_RETURN_IF_ERROR(CreateIndex());
  const size_t long_ones = parts - parts / 2;
  const auto begin = [&](size_t part) {
    const auto weight = [&](size_t at) {
      return 9 * std::min(at, long_ones) + at - std::min(at, long_ones);
    };
    return corpus_->size() * weight(part) / weight(parts);
  };
  for (size_t part = 0; part < parts; ++part) {
    BINSEEK_RETURN_IF_ERROR(Load(begin(part), begin(part + 1)));
    BINSEEK_RETURN_IF_ERROR(engine_->Commit().status());
    BINSEEK_RETURN_IF_ERROR(engine_->ForceMerge(index_, part + 1));
  }
  index::Batch batch;
  for (size_t row = 0; deleted > 0 && row < corpus_->size(); row += 100 / deleted) {
    index::Operation operation;
    operation.kind = index::OpKind::kDelete;
    operation.index = index_;
    operation.key = corpus_->at(row).id;
    operation.version_type = index::VersionType::kExternal;
    operation.version = 2;
    batch.operations.push_back(std::move(operation));
  }
  BINSEEK_RETURN_IF_ERROR(engine_->Apply(batch).status());
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
