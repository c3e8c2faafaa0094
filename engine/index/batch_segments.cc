// BatchApplier's end: its documents become segments, and the writers learn where everything is.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/codec/keyword_id_source.h"
#include "engine/index/batch_applier.h"

namespace binseek::index {
namespace {

class WriterIds final : public codec::KeywordIdSource {
 public:
  WriterIds(KeywordWriter* writer, const IndexView& index, uint32_t docs)
      : writer_(writer), index_(index), docs_(docs) {}

  bool Give(mapping::FieldId field, std::span<const std::string_view> values,
            std::vector<uint32_t>* ids) override {
    return writer_->Give(
        field, values, [this] { return index_.live_docs() + docs_; }, ids);
  }

 private:
  KeywordWriter* const writer_;
  const IndexView& index_;
  const uint32_t docs_;  // of the segment
};

}  // namespace

Result<std::shared_ptr<SegmentView>> OpenInMemory(uint64_t id, std::string payload,
                                                  std::shared_ptr<PagePool> pool) {
  auto owner = std::make_shared<const std::string>(std::move(payload));
  BINSEEK_ASSIGN_OR_RETURN(auto segment, codec::Segment::Open(*owner, owner));
  return std::make_shared<SegmentView>(id, /*on_disk=*/false, std::move(segment), std::move(pool));
}

Status BatchApplier::MakeKnown(Work* work, const SegmentView& segment) {
  BINSEEK_RETURN_IF_ERROR(work->writer->keys.AddSegment(
      segment.id(), std::make_shared<SegmentKeys<codec::Segment>>(segment.shared_segment())));
  work->known.push_back(segment.id());
  return Status::Ok();
}

Result<std::string> BatchApplier::Build(Work* work) {
  if (!work->index->index_sort().empty()) {
    for (const DocId doc : work->pending_dead) {
      work->builder->ForgetKey(doc);
    }
  }
  WriterIds ids(&work->writer->keywords, *work->index, work->builder->size());
  BINSEEK_ASSIGN_OR_RETURN(std::string payload, work->builder->Finish(&ids));
  const std::vector<DocId>& places = work->builder->places();
  if (!places.empty()) {
    for (auto& [key, doc] : work->pending) {
      doc = places[doc];
    }
    for (DocId& doc : work->pending_dead) {
      doc = places[doc];
    }
  }
  return payload;
}

Status BatchApplier::Seal(Work* work) {
  if (work->pending.empty()) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(std::string payload, Build(work));
  BINSEEK_ASSIGN_OR_RETURN(work->made, OpenInMemory(next_segment_id_(), std::move(payload), pool_));
  for (const DocId doc : work->pending_dead) {
    work->made->mutable_live()->Delete(doc, edit_);
  }
  BINSEEK_RETURN_IF_ERROR(MakeKnown(work, *work->made));
  work->index->segments.push_back(work->made);
  return Status::Ok();
}

Status BatchApplier::SpillIfLarge() {
  for (auto& [id, work] : works_) {
    if (spill_to_ && work.builder_bytes > spill_bytes_) {
      BINSEEK_RETURN_IF_ERROR(Spill(&work));
    }
  }
  return Status::Ok();
}

Status BatchApplier::Spill(Work* work) {
  BINSEEK_ASSIGN_OR_RETURN(std::string payload, Build(work));
  work->builder = std::make_unique<codec::SegmentBuilder>(work->index->mapping.get());
  work->builder_bytes = 0;
  BINSEEK_ASSIGN_OR_RETURN(const auto segment, spill_to_(std::move(payload)));
  for (const DocId doc : work->pending_dead) {
    segment->mutable_live()->Delete(doc, edit_);
  }
  BINSEEK_RETURN_IF_ERROR(MakeKnown(work, *segment));
  if (work->spilled_keys == nullptr) {
    work->spilled_keys = std::make_unique<PrimaryKeyMap>();
  }
  BINSEEK_RETURN_IF_ERROR(work->spilled_keys->AddSegment(
      segment->id(), std::make_shared<SegmentKeys<codec::Segment>>(segment->shared_segment())));
  for (const auto& [key, doc] : work->pending) {
    work->spilled_keys->Put(key, segment->id(), doc);
  }
  work->pending.clear();
  work->pending_dead.clear();
  work->pending_blocks.clear();
  work->pending_children.clear();
  work->owned[work->segment_ids.size()] = segment;
  work->segment_ids.push_back(segment->id());
  work->index->segments.push_back(segment);
  return Status::Ok();
}

Result<BatchApplier::Changes> BatchApplier::Finish() {
  Changes changes;
  for (auto& [id, work] : works_) {
    BINSEEK_RETURN_IF_ERROR(Seal(&work));
    if (work.writer->keywords.changed()) {
      work.index->keywords = work.writer->keywords.View();
    }
    changes.changed.push_back(work.index);
    for (const auto& [key, version] : work.tombstones) {
      changes.tombstones.push_back(
          {version ? TombstoneEdit::Kind::kPut : TombstoneEdit::Kind::kErase, id, key,
           version.value_or(0)});
    }
  }
  return changes;
}

void BatchApplier::Abandon() {
  for (auto& [id, work] : works_) {
    for (const uint64_t segment : work.known) {
      work.writer->keys.RemoveSegment(segment);
    }
    work.writer->keywords.Abandon();
  }
  works_.clear();
  edit_->Abort();
}

size_t BatchApplier::Published(int64_t now_micros) {
  size_t more = 0;
  for (auto& [id, work] : works_) {
    more -= work.writer->tombstones().size();
    if (work.writer->keywords.changed()) {
      work.writer->keywords.Published();
      work.writer->CountKeywords();
    }
    PrimaryKeyMap& keys = work.writer->keys;
    for (const DocAddress& address : work.killed) {
      keys.Erase(work.index->at(address).segment().Key(address.doc));
    }
    for (const auto& [ordinal, segment] : work.owned) {
      segment->KeepAsNewest();
      if (ordinal < work.base_segments) {
        continue;
      }
      for (DocId doc = 0; doc < segment->max_doc(); ++doc) {
        const std::string_view key = segment->segment().Key(doc);
        if (segment->IsLive(doc) && !key.empty()) {
          keys.Put(key, segment->id(), doc);
        }
      }
    }
    if (work.made != nullptr) {
      work.made->KeepAsNewest();
    }
    if (FieldRebuild* const rebuild = work.writer->rebuild.get()) {
      rebuild->Cover(work.known);  // of this batch
    }
    for (const auto& [key, doc] : work.pending) {
      keys.Put(key, work.made->id(), doc);
    }
    for (auto& [key, version] : work.tombstones) {
      if (version) {
        work.writer->PutTombstone(key, *version);
        if (!work.index->mapping->synced()) {
          work.writer->SetTombstoneAge(key, *version, now_micros);
        }
      } else {
        work.writer->EraseTombstone(key);
      }
    }
    more += work.writer->tombstones().size();
    work.writer->CountKeys();
  }
  return more;
}

}  // namespace binseek::index
