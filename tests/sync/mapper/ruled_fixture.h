// A table with rules, rows of it, and the documents that a mapper's operations leave.
#ifndef BINSEEK_TESTS_SYNC_MAPPER_RULED_FIXTURE_H_
#define BINSEEK_TESTS_SYNC_MAPPER_RULED_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/table_layout.h"
#include "sync/mapper/table_mapper.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {

inline MapperOptions RulesOf(std::string_view json, const std::string& zone = "UTC") {
  auto rules = MappingRules::Parse(json);
  EXPECT_OK(rules);
  MapperOptions options;
  options.rules = std::make_shared<const MappingRules>(std::move(rules).value());
  options.time_zone = *TimeZone::Find(zone);
  return options;
}

using RejectedRows = std::map<std::pair<std::string, std::string>, int64_t>;  // table, key; version

// What an engine has, as of when it was made.
class ViewRows final : public StoredRows {
 public:
  explicit ViewRows(std::shared_ptr<const index::EngineView> view) : view_(std::move(view)) {}
  bool Contains(index::IndexId index, std::string_view key) const override {
    return view_->Find(index)->FindKey(key).has_value();
  }
  Result<std::optional<std::string>> Source(index::IndexId index,
                                            std::string_view key) const override {
    const index::IndexView* found = view_->Find(index);
    const auto address = found->FindKey(key);
    if (!address) {
      return std::optional<std::string>();
    }
    std::string source;
    BINSEEK_RETURN_IF_ERROR(index::AppendSource(*found, *address, &source));
    return std::optional<std::string>(std::move(source));
  }
  bool AnyRejected() const override { return !rejected.empty(); }
  bool WasRejected(const std::string& table, std::string_view key) const override {
    return rejected.count({table, std::string(key)}) != 0;
  }

  RejectedRows rejected;

 private:
  std::shared_ptr<const index::EngineView> view_;
};

// Applies what the mapper makes to an engine.
class RuledIndex {
 public:
  RuledIndex() {
    index::EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    auto engine = index::Engine::Open(std::move(options));
    EXPECT_OK(engine);
    engine_ = std::move(*engine);
  }

  // Into one index for all tables that are bound.
  void Bind(const TablePointer& table, const MapperOptions& options) {
    const auto layout = LayOut(table, options);
    ASSERT_OK(layout);
    const auto mapping = MappingOf(**layout);
    ASSERT_OK(mapping);
    if (!made_) {
      const auto id = engine_->CreateIndex("t", *mapping, "{}");
      ASSERT_OK(id);
      index_ = *id;
      made_ = true;
    }
    ASSERT_OK(mapper_.Bind(*layout, index_, engine_->View()->Find(index_)->mapping));
  }

  MappedTransaction Apply(const change::Transaction& transaction) {
    ViewRows stored(engine_->View());
    stored.rejected = rejected_;
    auto mapped = mapper_.Map(transaction, stored);
    EXPECT_OK(mapped);
    for (const RejectedRow& row : mapped->rejected) {
      rejected_[{row.table, row.key}] = row.version;
    }
    // What was rejected behind that stays, as with dead letters.
    for (const MendedRow& row : mapped->mended) {
      const auto found = rejected_.find({row.table, row.key});
      if (found != rejected_.end() && found->second <= row.version) {
        rejected_.erase(found);
      }
    }
    const auto applied = engine_->Apply(mapped->batch);
    EXPECT_OK(applied);
    for (const index::OpResult& result : applied->results) {
      EXPECT_NE(result.outcome, index::Outcome::kFailed) << result.status;
    }
    return *std::move(mapped);
  }
  MappedTransaction Apply(std::vector<change::RowChange> rows) {
    return Apply(MakeTransaction(++ordinal_, std::move(rows)));
  }

  // _id -> _source.
  std::map<std::string, std::string> Documents() const {
    std::map<std::string, std::string> all;
    const auto view = engine_->View();
    const index::IndexView* index = view->Find(index_);
    for (uint32_t ordinal = 0; ordinal < index->segments.size(); ++ordinal) {
      const index::SegmentView& segment = *index->segments[ordinal];
      for (index::DocId doc = 0; doc < segment.max_doc(); ++doc) {
        if (segment.IsLive(doc)) {
          EXPECT_OK(index::AppendSource(*index, {ordinal, doc},
                                        &all[std::string(segment.segment().Key(doc))]));
        }
      }
    }
    return all;
  }
  // The stored hash of a document's row; 0: none.
  uint64_t HashOf(std::string_view id) const {
    const auto view = engine_->View();
    const index::IndexView* index = view->Find(index_);
    const auto address = index->FindKey(id);
    return address ? static_cast<uint64_t>(
                         index->at(*address).system().RowHash(address->doc).value_or(0))
                   : 0;
  }

  // Deletes documents of before that version, as the end of a table's reading does.
  void SweepBelow(int64_t version) {
    index::Batch batch;
    const auto view = engine_->View();
    const index::IndexView* index = view->Find(index_);
    for (const auto& [id, source] : Documents()) {
      const auto address = index->FindKey(id);
      if (index->at(*address).system().Version(address->doc).value_or(0) < version) {
        index::Operation& erase = batch.operations.emplace_back();
        erase.kind = index::OpKind::kDelete;
        erase.index = index_;
        erase.key = id;
        erase.version_type = index::VersionType::kExternalGte;
        erase.version = version - 1;
      }
    }
    EXPECT_OK(engine_->Apply(batch));
  }

  TableMapper& mapper() { return mapper_; }
  index::Engine* engine() { return engine_.get(); }
  index::IndexId index() const { return index_; }
  const RejectedRows& rejected() const { return rejected_; }
  uint64_t next_ordinal() { return ++ordinal_; }

 private:
  std::unique_ptr<index::Engine> engine_;
  TableMapper mapper_;
  index::IndexId index_{};
  bool made_ = false;
  uint64_t ordinal_ = 0;
  RejectedRows rejected_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_TESTS_SYNC_MAPPER_RULED_FIXTURE_H_
