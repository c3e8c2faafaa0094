#include "engine/index/field_change_run.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engine/base/fault_point.h"
#include "engine/index/page_edit.h"

namespace binseek::index {
namespace {

using mapping::Field;
using mapping::FieldId;
using mapping::kOverriddenField;

constexpr DocId kDocsAtOnce = 512;  // that a claim is held for, once they are converted
constexpr uint64_t kFewDocs = 256;  // are converted under the claim, right before the switch

// The field as it will be. kInvalidArgument.
Result<Field> Changed(const mapping::Mapping& mapping, const FieldChange& change) {
  const Field* const field = mapping.Find(change.field);
  if (field == nullptr || field->id < mapping::kFirstUserField) {
    return Status::InvalidArgument("field [" + change.field + "] does not exist");
  }
  Field changed = change.definition;
  changed.name = field->name;
  changed.parent = field->parent;
  changed.in_place = field->in_place;
  if (mapping.NestedAround(field->name) != nullptr || !field->is_numeric() ||
      !changed.is_numeric() || field->is_multi_field() ||
      !mapping.MultiFieldsOf(field->id).empty() || (mapping.synced() && !field->in_place)) {
    return Status::InvalidArgument("mapper [" + field->name + "] cannot be changed from type [" +
                                   std::string(mapping::TypeName(*field)) + "] to [" +
                                   std::string(mapping::TypeName(changed)) + "]");
  }
  return changed;
}

size_t OrdinalOf(const IndexView& index, uint64_t segment) {
  const auto at = std::find_if(index.segments.begin(), index.segments.end(),
                               [&](const auto& candidate) { return candidate->id() == segment; });
  return static_cast<size_t>(at - index.segments.begin());
}

}  // namespace

Status FieldChangeRun::Run(FieldChangeReport* report) {
  *report = {};
  BINSEEK_RETURN_IF_ERROR(Begin());
  const Status built = Build(report);
  End(built.ok(), report);
  BINSEEK_RETURN_IF_ERROR(built);
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("field_change.switched"));
  return commit_();
}

Status FieldChangeRun::Begin() {
  const auto gate = state_->gates.Take({index_});
  const auto claim = state_->claims.Take({index_});
  IndexWriter* const writer = state_->writers.Find(index_);
  const auto view = state_->publisher.applied();
  const IndexView* const old = view->Find(index_);
  if (writer == nullptr || old == nullptr) {
    return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(index_)));
  }
  if (writer->rebuild != nullptr && !writer->rebuild->switched) {
    return Status::Unavailable("another field of index [" + old->name + "] is being changed");
  }
  auto index = std::make_shared<IndexView>(*old);
  mapping::Mapping mapping = *old->mapping;
  BINSEEK_ASSIGN_OR_RETURN(Field changed, Changed(mapping, change_));
  const Field from = *mapping.Find(change_.field);
  changed.id = mapping.ReserveId();  // no other field may get it, whatever becomes of this
  conversion_ = std::make_shared<const FieldConversion>(mapping, from, std::move(changed));
  index->mapping = std::make_shared<const mapping::Mapping>(std::move(mapping));
  BINSEEK_RETURN_IF_ERROR(Publish(std::move(index), /*moves_only=*/false, nullptr));
  writer->rebuild = std::make_unique<FieldRebuild>(conversion_);
  return Status::Ok();
}

Status FieldChangeRun::Build(FieldChangeReport* report) {
  // The id is durably reserved before a file can have values under it; and writes that are logged need not wait for a commit from here on.
  BINSEEK_RETURN_IF_ERROR(commit_());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("field_change.begun"));
  report->id = conversion_->to().id;
  for (;;) {
    std::shared_ptr<const EngineView> view;
    std::vector<uint64_t> segments;
    BINSEEK_RETURN_IF_ERROR(FindUncovered(&view, &segments));
    const IndexView& index = *view->Find(index_);
    uint64_t docs = 0;
    for (const uint64_t segment : segments) {
      docs += index.segments[OrdinalOf(index, segment)]->live_count();
    }
    if (Cancelled(documents_ + docs)) {
      return Status::Aborted("the change of field [" + change_.field + "] was cancelled");
    }
    if (docs <= kFewDocs) {
      BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("field_change.built"));
      BINSEEK_ASSIGN_OR_RETURN(const bool done, TrySwitch());
      if (done) {
        return Status::Ok();
      }
      continue;
    }
    for (const uint64_t segment : segments) {
      BINSEEK_RETURN_IF_ERROR(BuildSegment(*view, segment));
    }
  }
}

void FieldChangeRun::End(bool keep, FieldChangeReport* report) {
  const auto claim = state_->claims.Take({index_});
  FieldRebuild* const rebuild = Mine();
  report->documents = documents_;
  if (rebuild == nullptr) {
    return;
  }
  report->failures = std::move(rebuild->report.failures);
  rebuild->report.failures.clear();
  report->failed = report->failures.size() + rebuild->unshown;
  if (!keep) {
    state_->writers.Find(index_)->rebuild.reset();
    Abandon();
  }
}

void FieldChangeRun::Abandon() {
  const auto view = state_->publisher.applied();
  const IndexView* const old = view->Find(index_);
  if (old == nullptr) {
    return;
  }
  auto index = std::make_shared<IndexView>(*old);
  mapping::Mapping mapping = *old->mapping;
  mapping.AbandonId(conversion_->to().id);
  index->mapping = std::make_shared<const mapping::Mapping>(std::move(mapping));
  // Where it fails merges carry values along that nobody reads, until the next start.
  Publish(std::move(index), /*moves_only=*/false, nullptr).IgnoreError();
}

Status FieldChangeRun::FindUncovered(std::shared_ptr<const EngineView>* view,
                                     std::vector<uint64_t>* segments) {
  const auto claim = state_->claims.Take({index_});
  const FieldRebuild* const rebuild = Mine();
  *view = state_->publisher.applied();
  const IndexView* const index = (*view)->Find(index_);
  if (rebuild == nullptr || index == nullptr) {
    return Status::Aborted("the index was dropped while a field was changed");
  }
  BINSEEK_RETURN_IF_ERROR(CheckStillThere(*index));
  for (const auto& segment : index->segments) {
    if (rebuild->covered.count(segment->id()) == 0) {
      segments->push_back(segment->id());
    }
  }
  return Status::Ok();
}

Status FieldChangeRun::BuildSegment(const EngineView& view, uint64_t segment) {
  const IndexView& index = *view.Find(index_);
  const SegmentView& from = *index.segments[OrdinalOf(index, segment)];
  codec::StoredFieldsReader stored(&from.segment().stored());
  for (DocId first = 0; first < from.max_doc(); first += kDocsAtOnce) {
    const DocId end = std::min<DocId>(first + kDocsAtOnce, from.max_doc());
    BINSEEK_ASSIGN_OR_RETURN(std::vector<Converted> converted, Convert(from, first, end, &stored));
    if (Cancelled(index.live_docs())) {
      return Status::Aborted("the change of field [" + change_.field + "] was cancelled");
    }
    std::shared_ptr<const EngineView>
        now;  // goes after the claim, as it may be the last to hold what was replaced
    const auto claim = state_->claims.Take({index_});
    now = state_->publisher.applied();
    BINSEEK_RETURN_IF_ERROR(Set(*now, segment, &converted));
    documents_ += converted.size();
  }
  std::shared_ptr<const EngineView> now;  // goes after the claim, as above
  const auto claim = state_->claims.Take({index_});
  now = state_->publisher.applied();
  const IndexView* const newest = now->Find(index_);
  FieldRebuild* const rebuild = Mine();
  if (rebuild != nullptr && newest != nullptr &&
      OrdinalOf(*newest, segment) < newest->segments.size()) {  // not merged away
    rebuild->Cover({&segment, 1});
  }
  return BINSEEK_FAULT_POINT("field_change.segment");
}

Result<std::vector<FieldChangeRun::Converted>> FieldChangeRun::Convert(
    const SegmentView& segment, DocId first, DocId end, codec::StoredFieldsReader* stored) const {
  std::vector<Converted> converted;
  for (DocId doc = first; doc < end; ++doc) {
    if (!segment.IsLive(doc)) {
      continue;
    }
    Converted& one = converted.emplace_back();
    one.doc = doc;
    one.seq_no = segment.System(doc).seq_no.value_or(0);
    BINSEEK_ASSIGN_OR_RETURN(one.result,
                             conversion_->FromSegment(segment, doc, stored, &one.overridden));
  }
  return converted;
}

Status FieldChangeRun::Set(const EngineView& view, uint64_t segment,
                           std::vector<Converted>* converted) {
  FieldRebuild* const rebuild = Mine();
  const IndexView* const old = view.Find(index_);
  if (rebuild == nullptr || old == nullptr) {
    return Status::Aborted("the index was dropped while a field was changed");
  }
  const size_t ordinal = OrdinalOf(*old, segment);
  if (ordinal == old->segments.size()) {
    return Status::Ok();  // merged away: what it has become is not covered, and comes later
  }
  const auto changed = std::make_shared<SegmentView>(*old->segments[ordinal]);
  codec::StoredFieldsReader stored(&changed->segment().stored());
  PageEdit edit(state_->publisher.NextEdit(), &state_->memory->pool);
  for (Converted& one : *converted) {
    if (!changed->IsLive(one.doc)) {
      continue;
    }
    if (changed->System(one.doc).seq_no.value_or(0) != one.seq_no) {
      BINSEEK_ASSIGN_OR_RETURN(
          one.result, conversion_->FromSegment(*changed, one.doc, &stored, &one.overridden));
    }
    rebuild->Note(changed->segment().Key(one.doc), one.result.failure);
    changed->MutableColumn(rebuild->to())
        ->Set(one.doc, std::span<const int64_t>(one.result.values), &edit);
    if (one.overridden) {
      NumberPages* const overridden = changed->MutableColumn(kOverriddenField);
      std::vector<int64_t> scratch;
      const auto before = overridden->GetAll(one.doc, &scratch);
      std::vector<int64_t> fields(before.begin(), before.end());
      const auto id = static_cast<int64_t>(rebuild->to());
      if (std::find(fields.begin(), fields.end(), id) == fields.end()) {
        fields.push_back(id);
        std::sort(fields.begin(), fields.end());
        overridden->Set(one.doc, std::span<const int64_t>(fields), &edit);
      }
    }
  }
  if (edit.made() == 0) {
    return Status::Ok();
  }
  auto index = std::make_shared<IndexView>(*old);
  index->segments[ordinal] = changed;
  BINSEEK_RETURN_IF_ERROR(Publish(std::move(index), /*moves_only=*/true, &edit));
  changed->KeepAsNewest();
  return Status::Ok();
}

Result<bool> FieldChangeRun::TrySwitch() {
  std::shared_ptr<const EngineView> view;
  const auto gate = state_->gates.Take({index_});
  const auto claim = state_->claims.Take({index_});
  FieldRebuild* const rebuild = Mine();
  view = state_->publisher.applied();
  const IndexView* old = view->Find(index_);
  if (rebuild == nullptr || old == nullptr) {
    return Status::Aborted("the index was dropped while a field was changed");
  }
  BINSEEK_RETURN_IF_ERROR(CheckStillThere(*old));
  uint64_t docs = 0;
  std::vector<uint64_t> segments;
  for (const auto& segment : old->segments) {
    if (rebuild->covered.count(segment->id()) == 0) {
      docs += segment->live_count();
      segments.push_back(segment->id());
    }
  }
  if (docs > kFewDocs) {
    return false;
  }
  for (const uint64_t segment : segments) {
    const SegmentView& from = *old->segments[OrdinalOf(*old, segment)];
    codec::StoredFieldsReader stored(&from.segment().stored());
    BINSEEK_ASSIGN_OR_RETURN(std::vector<Converted> converted,
                             Convert(from, 0, from.max_doc(), &stored));
    const auto now = state_->publisher.applied();
    BINSEEK_RETURN_IF_ERROR(Set(*now, segment, &converted));
    rebuild->Cover({&segment, 1});
    documents_ += converted.size();
  }
  view = state_->publisher.applied();
  old = view->Find(index_);
  BINSEEK_RETURN_IF_ERROR(CheckFailures(*old, rebuild));
  auto index = std::make_shared<IndexView>(*old);
  mapping::Mapping mapping = *old->mapping;
  mapping.Replace(rebuild->from(), conversion_->to());
  index->mapping = std::make_shared<const mapping::Mapping>(std::move(mapping));
  BINSEEK_RETURN_IF_ERROR(Publish(std::move(index), /*moves_only=*/false, nullptr));
  rebuild->Switch();
  return true;
}

// Mappings come and go between the steps.
Status FieldChangeRun::CheckStillThere(const IndexView& index) const {
  const FieldId from = conversion_->from().id;
  if (index.mapping->Find(from) == nullptr || !index.mapping->MultiFieldsOf(from).empty()) {
    return Status::Aborted("field [" + change_.field +
                           "] was dropped, or got multi-fields, while it was changed");
  }
  return Status::Ok();
}

Status FieldChangeRun::CheckFailures(const IndexView& index, FieldRebuild* rebuild) const {
  auto& failures = rebuild->report.failures;
  std::erase_if(failures, [&](const auto& failure) { return !index.FindKey(failure.first); });
  if (failures.empty() || change_.on_bad_value == OnBadValue::kLeaveOut) {
    return Status::Ok();
  }
  return Status::InvalidArgument(std::to_string(failures.size() + rebuild->unshown) +
                                 " documents have a value in field [" + change_.field +
                                 "] that is none of type [" +
                                 std::string(mapping::TypeName(conversion_->to())) + "], as [" +
                                 failures.begin()->first + "]: " + failures.begin()->second);
}

Status FieldChangeRun::Publish(std::shared_ptr<IndexView> index, bool moves_only, PageEdit* edit) {
  Publication publication;
  publication.changed.push_back(std::move(index));
  publication.moves_only = moves_only;
  publication.refresh = false;
  if (edit != nullptr) {
    publication.edits.push_back(edit);
  }
  return state_->publisher.Publish(std::move(publication)).status();
}

FieldRebuild* FieldChangeRun::Mine() const {
  const IndexWriter* const writer = state_->writers.Find(index_);
  FieldRebuild* const rebuild = writer == nullptr ? nullptr : writer->rebuild.get();
  return rebuild == nullptr || rebuild->conversion != conversion_ ? nullptr : rebuild;
}

bool FieldChangeRun::Cancelled(uint64_t of) const {
  return change_.progress && !change_.progress({documents_, std::max(of, documents_)});
}

}  // namespace binseek::index
