#include "engine/index/check_index.h"

#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "engine/index/check_terms.h"
#include "engine/index/engine_view.h"
#include "engine/index/keyword_files.h"
#include "engine/index/manifest.h"
#include "engine/index/segment_file.h"
#include "engine/index/sort_values.h"
#include "engine/index/translog_record.h"
#include "engine/index/translog_replay.h"

namespace binseek::index {
namespace {

// What opening does not look at: every live key is found where it lives, once in its index, and its source can be rendered.
void CheckDocuments(const IndexView& index, CheckReport* report) {
  std::set<std::string_view> keys;
  std::string source;
  for (uint32_t ordinal = 0; ordinal < index.segments.size(); ++ordinal) {
    const SegmentView& segment = *index.segments[ordinal];
    const std::string where = SegmentFile(segment.id()) + ": document ";
    codec::StoredFieldsReader stored(&segment.segment().stored());
    for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
      if (!segment.IsLive(doc)) {
        continue;
      }
      const std::string_view key = segment.segment().Key(doc);
      const bool root = segment.segment().IsRoot(doc);
      if (root || !key.empty()) {
        if (segment.segment().FindKey(key) != doc) {
          report->problems.push_back(where + std::to_string(doc) +
                                     ": its key is not found in the key table");
        }
        if (!keys.insert(key).second) {
          report->problems.push_back(where + std::to_string(doc) +
                                     ": its key lives twice in index " + index.name);
        }
      }
      const SystemRow row = segment.System(doc);
      if (!root && key.empty()) {
        if (row.version || row.seq_no) {
          report->problems.push_back(where + std::to_string(doc) +
                                     ": a child without a key has a version");
        }
      } else if (!row.version || !row.seq_no || *row.seq_no >= index.next_seq_no) {
        report->problems.push_back(where + std::to_string(doc) +
                                   ": its version or sequence number is missing or too high");
      }
      source.clear();
      const Status status = AppendSource(index, {ordinal, doc}, &stored, &source);
      if (!status.ok()) {
        report->problems.push_back(where + std::to_string(doc) + ": " + status.ToString());
      }
      ++report->live_docs;
    }
  }
}

void CheckAttached(const store::Directory& directory, const Manifest& manifest,
                   CheckReport* report) {
  for (const auto& [name, file] : manifest.attached) {
    const auto read = ReadAttachedFile(directory, file, store::Verify::kWhole);
    if (!read.ok()) {
      report->problems.push_back(read.status().WithContext("attached as " + name).ToString());
    }
    if (file.id >= manifest.next_segment_id) {
      report->problems.push_back(AttachedFileName(file.id) +
                                 ": the manifest would give its id to another file");
    }
    ++report->attached;
    report->bytes += file.bytes;
  }
}

// The batches behind the commit: read as a restart reads them, though not applied.
void CheckTranslog(const store::Directory& directory, const Manifest& manifest,
                   CheckReport* report) {
  const auto check_record = [&](std::string_view payload, const TranslogLocation&) -> Status {
    BINSEEK_ASSIGN_OR_RETURN(const TranslogRecord record, DecodeTranslogRecord(payload));
    ++report->translog_records;
    std::vector<IndexId> indices;
    if (const auto* batch = std::get_if<ReplayedBatch>(&record)) {
      for (const ReplayedOp& operation : batch->operations) {
        indices.push_back(operation.index);
      }
    } else {
      indices.push_back(std::get<ReplayedMapping>(record).index);
    }
    for (const IndexId id : indices) {  // it may have been dropped, but not come after the commit
      if (static_cast<uint32_t>(id) == 0 || static_cast<uint32_t>(id) >= manifest.next_index_id) {
        return Status::Corruption("no index has ever had the id " +
                                  std::to_string(static_cast<uint32_t>(id)));
      }
    }
    return Status::Ok();
  };
  const auto replay = ReplayTranslog(directory, manifest.translog, check_record);
  if (!replay.ok()) {
    report->problems.push_back(replay.status().ToString() +
                               "; it was acknowledged, and what comes behind it: an engine does "
                               "not open without it");
    return;
  }
  report->translog_bytes = replay->bytes;
  if (replay->dropped_bytes > 0) {
    report->notes.push_back(TranslogFile(replay->end.generation) + ": offset " +
                            std::to_string(replay->end.offset) + ": " +
                            std::to_string(replay->dropped_bytes) +
                            " bytes behind the last whole record, which a crash left of a write "
                            "that nobody was told of: harmless");
  }
}

}  // namespace

Result<CheckReport> CheckDirectory(const store::Directory& directory) {
  BINSEEK_ASSIGN_OR_RETURN(const Manifest manifest, LoadManifest(directory));
  const auto pool = std::make_shared<PagePool>();
  CheckReport report;
  report.generation = manifest.generation;
  uint64_t edits = 0;
  const auto tombstones = LoadTombstones(directory, manifest, &edits);
  if (!tombstones.ok()) {
    report.problems.push_back(tombstones.status().ToString());
  }
  KeywordWriters keywords;
  for (const ManifestIndex& index : manifest.indices) {
    keywords[index.id];
  }
  const Status loaded_keywords = KeywordFiles().Load(directory, manifest, &keywords);
  if (!loaded_keywords.ok()) {
    report.problems.push_back(loaded_keywords.ToString());
  }
  for (const ManifestIndex& from : manifest.indices) {
    PageEdit edit(1, pool.get());  // ends without a seal: its pages go with it, after the index
    IndexView index;
    index.name = from.name;
    index.mapping = std::make_shared<const mapping::Mapping>(from.mapping);
    index.next_seq_no = from.seq_no_ceiling;
    index.keywords = keywords[from.id].View();
    for (const ManifestSegment& segment : from.segments) {
      const auto loaded = LoadSegment(directory, segment, pool, &edit, store::Verify::kWhole);
      if (!loaded.ok()) {
        report.problems.push_back(loaded.status().ToString());
        continue;
      }
      report.bytes += (*loaded)->segment().size_bytes();
      ++report.segments;
      const Status known_ids = CheckKeywordIds(**loaded, index.keywords.get(), manifest);
      if (loaded_keywords.ok() && !known_ids.ok()) {
        report.problems.push_back(known_ids.ToString());
      }
      const Status verified = (*loaded)->segment().Verify();
      if (!verified.ok()) {
        report.problems.push_back(verified.WithContext(SegmentFile(segment.id)).ToString());
        continue;  // all else would be an echo of this
      }
      CheckTerms((*loaded)->segment(), SegmentFile(segment.id), keywords[from.id],
                 &report.problems);
      CheckSortOrder((*loaded)->segment(), index.index_sort(), index.keywords.get(),
                     SegmentFile(segment.id), &report.problems);
      index.segments.push_back(*loaded);
    }
    CheckDocuments(index, &report);
    ++report.indices;
  }
  CheckAttached(directory, manifest, &report);
  CheckTranslog(directory, manifest, &report);
  return report;
}

}  // namespace binseek::index
