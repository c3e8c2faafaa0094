#include "engine/index/merge_run.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/index/batch_applier.h"
#include "engine/index/segment_file.h"
#include "engine/index/segment_merger.h"

namespace binseek::index {
namespace {

using codec::kNoMoreDocs;

// A round that touches fewer documents is short enough to be the last one, under the claim (a fraction of a millisecond).
constexpr uint64_t kFewDocs = 16384;
constexpr int kMaxRounds = 8;
constexpr size_t kRehomedSlotsPerStep =
    1u << 13;  // less than a millisecond even where all are rewritten

// Tells of what goes to a merge's file, and asks whether to go on.
class CountedOutput final : public codec::SegmentOutput {
 public:
  // All are borrowed.
  CountedOutput(codec::SegmentOutput* output, const std::function<Status()>& check,
                const std::function<void(uint64_t)>& wrote)
      : output_(output), check_(check), wrote_(wrote) {}

  [[nodiscard]] Status Append(std::string_view bytes) override {
    BINSEEK_RETURN_IF_ERROR(output_->Append(bytes));
    if (wrote_) {
      wrote_(bytes.size());
    }
    return check_ ? check_() : Status::Ok();
  }
  [[nodiscard]] Result<std::unique_ptr<Spool>> MakeSpool() override { return output_->MakeSpool(); }

 private:
  codec::SegmentOutput* const output_;
  const std::function<Status()>& check_;
  const std::function<void(uint64_t)>& wrote_;
};

const SegmentView* FindSegment(const IndexView& index, uint64_t id) {
  for (const auto& segment : index.segments) {
    if (segment->id() == id) {
      return segment.get();
    }
  }
  return nullptr;
}

// Tables of fields that are closed, or that the mapping has no more, go with the last ids.
void DropUnusedKeywords(IndexWriter* writer, IndexView* index) {
  const auto has_ids = [index](mapping::FieldId field) {
    return std::any_of(
        index->segments.begin(), index->segments.end(),
        [field](const auto& segment) { return segment->segment().KeywordIds(field) != nullptr; });
  };
  writer->keywords.DropUnused([&](mapping::FieldId field, bool closed) {
    return (closed || index->mapping->Find(field) == nullptr) && !has_ids(field);
  });
  if (writer->keywords.changed()) {
    index->keywords = writer->keywords.View();
  }
}

}  // namespace

MergeRun::MergeRun(EngineState* state, IndexId index, std::vector<uint64_t> sources, Target target,
                   MergeControl control)
    : state_(state),
      index_(index),
      sources_(std::move(sources)),
      target_(target),
      control_(std::move(control)),
      id_(state->publisher.NextSegmentId()),
      edit_(state->publisher.NextEdit(), &state->memory->pool) {}

Status MergeRun::Read(const std::shared_ptr<const EngineView>& view) {
  const IndexView* index = view->Find(index_);
  std::vector<std::shared_ptr<const SegmentView>> segments;
  for (const uint64_t id : sources_) {
    const auto it = index == nullptr
                        ? std::vector<std::shared_ptr<const SegmentView>>::const_iterator()
                        : std::find_if(index->segments.begin(), index->segments.end(),
                                       [&](const auto& segment) { return segment->id() == id; });
    if (index == nullptr || it == index->segments.end()) {
      return Status::Aborted("segment " + std::to_string(id) + " is gone");
    }
    segments.push_back(*it);
  }
  seen_ = view->epoch();
  return Write(segments, *index);
}

Status MergeRun::Write(const std::vector<std::shared_ptr<const SegmentView>>& segments,
                       const IndexView& index) {
  const auto keep = [this](MergedSegment merged) {
    docs_ = merged.docs;
    for (auto& doc_map : merged.doc_maps) {
      doc_maps_.push_back(std::make_shared<const std::vector<DocId>>(std::move(doc_map)));
    }
  };
  if (target_ == Target::kMemory) {
    uint64_t docs = 0;
    for (const auto& segment : segments) {
      docs += segment->live_count();
    }
    codec::StringOutput output;
    BINSEEK_ASSIGN_OR_RETURN(MergedSegment merged,
                             MergeSegments(segments,
                                           {.stored = codec::StoredFormInMemory(docs),
                                            .check = control_.check,
                                            .mapping = index.mapping.get(),
                                            .keywords = index.keywords.get()},
                                           &output));
    keep(std::move(merged));
    if (docs_ > 0) {
      BINSEEK_ASSIGN_OR_RETURN(merged_, OpenInMemory(id_, output.Take(), state_->pool()));
    }
    return Status::Ok();
  }
  SegmentFileOutput output(state_->options.directory.get(), id_);
  CountedOutput counted(&output, control_.check, control_.wrote);
  BINSEEK_ASSIGN_OR_RETURN(MergedSegment merged, MergeSegments(segments,
                                                               {.check = control_.check,
                                                                .mapping = index.mapping.get(),
                                                                .keywords = index.keywords.get()},
                                                               &counted));
  keep(std::move(merged));
  if (docs_ > 0) {
    BINSEEK_RETURN_IF_ERROR(output.Finish());
    BINSEEK_ASSIGN_OR_RETURN(merged_, OpenSegment(*state_->options.directory, id_, state_->pool()));
  }
  return Status::Ok();
}

uint64_t MergeRun::CatchUpSegment(const SegmentView& now, const mapping::Mapping& mapping,
                                  const std::vector<DocId>& doc_map) {
  uint64_t touched = 0;
  // `visit(doc, its place in the merged segment)` for the documents of a page that lived when the merge read them.
  const auto for_each = [&](const auto& pages, uint32_t page, const auto& visit) {
    const DocId first = pages.first_doc(page);
    for (DocId doc = first; doc < first + pages.docs_of(page); ++doc) {
      if (doc_map[doc] != kNoMoreDocs) {
        visit(doc, doc_map[doc]);
        ++touched;
      }
    }
  };
  now.live().VisitChangedSince(seen_, [&](uint32_t page) {
    for_each(now.live(), page, [&](DocId doc, DocId mapped) {
      if (!now.IsLive(doc) && merged_->IsLive(mapped)) {
        merged_->mutable_live()->Delete(mapped, &edit_);
      }
    });
  });
  now.system().VisitChangedSince(seen_, [&](uint32_t page) {
    for_each(now.system(), page, [&](DocId doc, DocId mapped) {
      merged_->mutable_system()->Set(mapped, now.System(doc), &edit_);
    });
  });
  std::vector<int64_t> scratch;
  std::vector<int64_t> values;
  for (const auto& [field, column] : now.columns()) {
    if (field >= mapping::kFirstUserField && mapping.Find(field) == nullptr &&
        !mapping.IsReserved(field)) {
      continue;  // it was dropped
    }
    column.VisitChangedSince(seen_, [&, id = field, &from = column](uint32_t page) {
      for_each(from, page, [&](DocId doc, DocId mapped) {
        const auto all = from.GetAll(doc, &scratch);
        values.assign(all.begin(), all.end());  // not to be borrowed from a page
        merged_->MutableColumn(id)->Set(mapped, std::span<const int64_t>(values), &edit_);
      });
    });
  }
  return touched;
}

Result<uint64_t> MergeRun::CatchUpWith(const EngineView& view) {
  const IndexView* index = view.Find(index_);
  if (index == nullptr) {
    return Status::Aborted("the index was dropped during the merge");
  }
  uint64_t touched = 0;
  for (size_t i = 0; i < sources_.size(); ++i) {
    const SegmentView* now = FindSegment(*index, sources_[i]);
    if (now == nullptr) {
      return Status::Aborted("segment " + std::to_string(sources_[i]) + " is gone");
    }
    if (merged_ != nullptr) {
      touched += CatchUpSegment(*now, *index->mapping, *doc_maps_[i]);
    }
  }
  seen_ = view.epoch();
  return touched;
}

Status MergeRun::CatchUp() {
  for (int round = 0; round < kMaxRounds; ++round) {
    if (control_.check) {
      BINSEEK_RETURN_IF_ERROR(control_.check());
    }
    const auto view = state_->publisher.applied();
    BINSEEK_ASSIGN_OR_RETURN(const uint64_t touched, CatchUpWith(*view));
    if (touched <= kFewDocs) {
      break;
    }
  }
  return Status::Ok();
}

Status MergeRun::Install() {
  BINSEEK_RETURN_IF_ERROR(Switch());
  RefreshRanks();
  // The key map forgets the old segments and their document maps, whether or not anybody writes again.
  for (bool more = true; more;) {
    const auto claim = state_->claims.Take({index_});
    IndexWriter* const writer = state_->writers.Find(index_);
    more = writer != nullptr && writer->keys.RehomeSome(kRehomedSlotsPerStep);
    if (writer != nullptr) {
      writer->CountKeys();
      writer->CountKeywords();
    }
  }
  return Status::Ok();
}

void MergeRun::Discard() {
  if (target_ == Target::kFile && merged_ != nullptr) {
    merged_.reset();
    const Status ignored = state_->options.directory->Delete(SegmentFile(id_));
    static_cast<void>(ignored.ok());  // or the next commit that succeeds
  }
}

void MergeRun::RefreshRanks() {
  const auto view = state_->publisher.applied();
  const IndexView* index = view->Find(index_);
  if (index != nullptr && index->keywords != nullptr) {
    for (const KeywordView& field : index->keywords->fields) {
      field.table->RefreshRanks(field.size);
    }
  }
}

Status MergeRun::Switch() {
  // Goes after the claim: it may be the last to hold the old segments, and to free their pages takes a while.
  std::shared_ptr<const EngineView> view;
  const auto claim = state_->claims.Take({index_});
  view = state_->publisher.applied();
  BINSEEK_RETURN_IF_ERROR(CatchUpWith(*view).status());
  IndexWriter* const writer = state_->writers.Find(index_);
  if (writer == nullptr) {
    return Status::Aborted("the index was dropped during the merge");
  }
  auto index = std::make_shared<IndexView>(*view->Find(index_));
  std::vector<std::shared_ptr<const SegmentView>> kept;
  bool placed = merged_ == nullptr;
  for (const auto& segment : index->segments) {
    if (std::find(sources_.begin(), sources_.end(), segment->id()) == sources_.end()) {
      kept.push_back(segment);
    } else if (!placed) {
      kept.push_back(merged_);
      placed = true;
    }
  }
  index->segments = std::move(kept);
  if (merged_ != nullptr) {
    BINSEEK_RETURN_IF_ERROR(writer->keys.AddSegment(
        id_, std::make_shared<SegmentKeys<codec::Segment>>(merged_->shared_segment())));
  }
  DropUnusedKeywords(writer, index.get());
  Publication publication;
  publication.changed.push_back(std::move(index));
  publication.edits.push_back(&edit_);
  publication.moves_only = true;
  publication.refresh = false;
  Status status = state_->publisher.Publish(std::move(publication)).status();
  if (!status.ok()) {
    writer->keywords.Abandon();
    if (merged_ != nullptr) {
      writer->keys.RemoveSegment(id_);
    }
    return status;
  }
  writer->keywords.Published();
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (merged_ != nullptr) {
      writer->keys.Forward(sources_[i], id_, doc_maps_[i]);
    } else {
      writer->keys.RemoveSegment(sources_[i]);
    }
  }
  if (merged_ != nullptr) {
    merged_->KeepAsNewest();
  }
  if (writer->rebuild != nullptr) {
    writer->rebuild->Merged(sources_, merged_ != nullptr ? std::optional(id_) : std::nullopt);
  }
  return Status::Ok();
}

}  // namespace binseek::index
