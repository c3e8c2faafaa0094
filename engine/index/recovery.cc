// Committer::Recover: from the newest commit to a published state.
#include <memory>
#include <utility>

#include "engine/index/committer.h"
#include "engine/index/keyword_files.h"
#include "engine/index/segment_file.h"

namespace binseek::index {
namespace {

std::shared_ptr<IndexView> MakeIndexView(const ManifestIndex& from) {
  auto index = std::make_shared<IndexView>();
  index->id = from.id;
  index->name = from.name;
  index->uuid = from.uuid;
  index->created_ms = from.created_ms;
  index->settings_json = from.settings_json;
  index->mapping = std::make_shared<const mapping::Mapping>(from.mapping);
  index->next_seq_no = from.seq_no_ceiling;
  index->external_versions = from.external_versions;
  index->manual_refresh = from.manual_refresh;
  return index;
}

Status BuildKeys(const SegmentView& segment, PrimaryKeyMap* keys) {
  const Status sound = segment.segment().VerifyKeys();
  if (!sound.ok()) {
    return sound.WithContext(SegmentFile(segment.id()));
  }
  BINSEEK_RETURN_IF_ERROR(keys->AddSegment(
      segment.id(), std::make_shared<SegmentKeys<codec::Segment>>(segment.shared_segment())));
  const Status status = keys->BuildFrom(
      segment.id(), segment.max_doc(),
      segment.has_deletions()
          ? std::function<bool(DocId)>([&](DocId doc) { return segment.IsLive(doc); })
          : std::function<bool(DocId)>());
  return status.ok() ? Status::Ok() : status.WithContext(SegmentFile(segment.id()));
}

// A directory that was opened once has a manifest; without it nobody knows what the segments are, and they must not go as garbage.
Status CheckUnused(const store::Directory& directory) {
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<std::string> files, directory.List());
  for (const std::string& file : files) {
    if (IsCommitFile(file)) {
      return Status::Corruption(std::string(kManifestFile) + " is missing, but " + file +
                                " is there");
    }
  }
  return Status::Ok();
}

}  // namespace

Status Committer::Recover() {
  const MutexLock lock(&commit_mutex_);
  BINSEEK_ASSIGN_OR_RETURN(lock_, state_->options.directory->Lock());
  Result<Manifest> loaded = LoadManifest(*state_->options.directory);
  if (!loaded.ok() && loaded.status().code() != StatusCode::kNotFound) {
    return loaded.status();
  }
  if (loaded.ok()) {
    committed_ = std::move(*loaded);
  } else {
    BINSEEK_RETURN_IF_ERROR(CheckUnused(*state_->options.directory));
  }
  attempted_generation_ = committed_.generation;
  recovered_generation_ = committed_.generation;
  recovered_translog_ = committed_.translog;
  BINSEEK_ASSIGN_OR_RETURN(Tombstones tombstones, LoadTombstones(*state_->options.directory,
                                                                 committed_, &tombstone_edits_));
  KeywordWriters keywords;
  for (const ManifestIndex& index : committed_.indices) {
    keywords.emplace(index.id, KeywordWriter(state_->options.keyword_limits));
  }
  BINSEEK_RETURN_IF_ERROR(keyword_files_.Load(*state_->options.directory, committed_, &keywords));
  BINSEEK_RETURN_IF_ERROR(LoadIndices(committed_, std::move(tombstones), std::move(keywords)));
  // The manifest may have been renamed by a process that died before it could sync that. Nothing that an older one names may go
  // before this one is durable.
  BINSEEK_RETURN_IF_ERROR(state_->options.directory->Sync());
  durable_epoch_ = committed_.epoch;
  DeleteUnnamedFiles();
  return Status::Ok();
}

Status Committer::LoadIndices(const Manifest& manifest, Tombstones tombstones,
                              KeywordWriters keywords) {
  std::vector<std::shared_ptr<const IndexView>> indices;
  for (const ManifestIndex& from : manifest.indices) {
    auto index = MakeIndexView(from);
    state_->seq_no_ceilings.Raise(from.id, from.seq_no_ceiling);
    IndexWriter* const writer = state_->writers.Add(from.id);
    writer->SetTombstones(std::move(tombstones[from.id]));
    if (!from.mapping.synced()) {
      const int64_t now =
          state_->options.clock->MonotonicMicros();  // how old they are is not known
      for (const auto& [key, version] : writer->tombstones()) {
        writer->SetTombstoneAge(key, version, now);
      }
    }
    writer->keywords = std::move(keywords[from.id]);
    writer->CountKeywords();
    index->keywords = writer->keywords.View();
    std::vector<std::shared_ptr<SegmentView>> segments;
    uint64_t docs = 0;
    for (const ManifestSegment& segment : from.segments) {
      PageEdit edit(state_->publisher.NextEdit(), &state_->memory->pool);
      BINSEEK_ASSIGN_OR_RETURN(
          auto view, LoadSegment(*state_->options.directory, segment, state_->pool(), &edit));
      BINSEEK_RETURN_IF_ERROR(CheckKeywordIds(*view, index->keywords.get(), manifest));
      edit.Seal(manifest.epoch);
      edit.Retire(&state_->memory->reclaimer);
      view->KeepAsNewest();
      docs += view->live_count();
      states_[segment.id] = segment.states;
      segments.push_back(std::move(view));
    }
    writer->keys.Reserve(docs);
    for (auto& segment : segments) {
      BINSEEK_RETURN_IF_ERROR(BuildKeys(*segment, &writer->keys));
      index->segments.push_back(std::move(segment));
    }
    writer->CountKeys();
    indices.push_back(std::move(index));
  }
  Attachments attached;
  for (const auto& [name, file] : manifest.attached) {
    BINSEEK_RETURN_IF_ERROR(
        ReadAttachedFile(*state_->options.directory, file, store::Verify::kStructure).status());
    attached[name] = std::make_shared<const AttachedFile>(
        state_->options.directory,
        std::make_unique<AttachedFileUse>(state_->attached_files, file.id), file);
  }
  state_->publisher.Start(manifest.epoch, std::move(indices), manifest.user_data,
                          std::move(attached), manifest.next_index_id, manifest.next_segment_id);
  return Status::Ok();
}

}  // namespace binseek::index
