#include "engine/index/check_index.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include "engine/index/engine_impl.h"

namespace binseek::index {
namespace {

std::optional<int64_t> ValueOf(const SegmentView& segment, mapping::FieldId field, DocId doc) {
  const ColumnPages* column = segment.Column(field);
  return column == nullptr ? std::nullopt : column->Get(doc);
}

// What opening does not look at: every live key is found where it lives, once in its index, and its source can be rendered.
void CheckDocuments(const IndexView& index, CheckReport* report) {
  std::set<std::string_view> keys;
  std::string source;
  for (uint32_t ordinal = 0; ordinal < index.segments.size(); ++ordinal) {
    const SegmentView& segment = *index.segments[ordinal];
    const std::string where = SegmentFile(segment.id()) + ": document ";
    for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
      if (!segment.IsLive(doc)) {
        continue;
      }
      const std::string_view key = segment.segment().Key(doc);
      if (segment.segment().FindKey(key) != doc) {
        report->problems.push_back(where + std::to_string(doc) +
                                   ": its key is not found in the key table");
      }
      if (!keys.insert(key).second) {
        report->problems.push_back(where + std::to_string(doc) + ": its key lives twice in index " +
                                   index.name);
      }
      const auto seq_no = ValueOf(segment, mapping::kSeqNoField, doc);
      if (!ValueOf(segment, mapping::kVersionField, doc) || !seq_no ||
          *seq_no >= index.next_seq_no) {
        report->problems.push_back(where + std::to_string(doc) +
                                   ": its version or sequence number is missing or too high");
      }
      source.clear();
      const Status status = AppendSource(index, {ordinal, doc}, &source);
      if (!status.ok()) {
        report->problems.push_back(where + std::to_string(doc) + ": " + status.ToString());
      }
      ++report->live_docs;
    }
  }
}

// Opening checks that terms and postings lie within the segment; searching also relies on their order.
void CheckTerms(const SegmentView& view, CheckReport* report) {
  const codec::Segment& segment = view.segment();
  for (const mapping::FieldId field : segment.TermFields()) {
    const codec::TermDictionary& terms = *segment.Terms(field);
    const codec::KeywordColumn* column = segment.Keywords(field);
    const std::string where =
        SegmentFile(view.id()) + ": field " + std::to_string(static_cast<uint32_t>(field)) + ": ";
    uint64_t postings = 0;
    for (uint32_t ord = 0; ord < terms.size(); ++ord) {
      if (ord > 0 && terms.Term(ord - 1) >= terms.Term(ord)) {
        report->problems.push_back(where + "term " + std::to_string(ord) + " is out of order");
      }
      auto docs = terms.Postings(ord);
      for (DocId doc = docs.Next(); doc != codec::kNoMoreDocs; doc = docs.Next()) {
        const auto ords = column == nullptr ? std::span<const uint32_t>() : column->Ords(doc);
        if (column != nullptr && !std::binary_search(ords.begin(), ords.end(), ord)) {
          report->problems.push_back(where + "document " + std::to_string(doc) + " lacks term " +
                                     std::to_string(ord));
        }
        ++postings;
      }
    }
    for (DocId doc = 0; column != nullptr && doc < segment.max_doc(); ++doc) {
      postings -= column->Ords(doc).size();
    }
    if (column != nullptr && postings != 0) {
      report->problems.push_back(where + "postings and documents hold different numbers of values");
    }
  }
}

}  // namespace

Result<CheckReport> CheckDirectory(const store::Directory& directory) {
  BINSEEK_ASSIGN_OR_RETURN(const Manifest manifest, LoadManifest(directory));
  CheckReport report;
  report.generation = manifest.generation;
  const auto tombstones = LoadTombstones(directory, manifest);
  if (!tombstones.ok()) {
    report.problems.push_back(tombstones.status().ToString());
  }
  for (const ManifestIndex& from : manifest.indices) {
    IndexView index;
    index.name = from.name;
    index.mapping = std::make_shared<const mapping::Mapping>(from.mapping);
    index.next_seq_no = from.next_seq_no;
    for (const ManifestSegment& segment : from.segments) {
      const auto loaded = LoadSegment(directory, segment);
      if (!loaded.ok()) {
        report.problems.push_back(loaded.status().ToString());
        continue;
      }
      report.bytes += (*loaded)->segment().size_bytes();
      ++report.segments;
      if (segment.id >= manifest.next_segment_id) {
        report.problems.push_back(SegmentFile(segment.id) +
                                  ": the manifest would give its id to another segment");
      }
      CheckTerms(**loaded, &report);
      index.segments.push_back(*loaded);
    }
    CheckDocuments(index, &report);
    ++report.indices;
  }
  return report;
}

}  // namespace binseek::index
