#include "engine/index/check_index.h"

#include <memory>
#include <set>

#include "engine/index/engine_impl.h"

namespace binseek::index {
namespace {

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
        report->problems.push_back(where + std::to_string(doc) + ": its key is not found in the key table");
      }
      if (!keys.insert(key).second) {
        report->problems.push_back(where + std::to_string(doc) + ": its key lives twice in index " + index.name);
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

}  // namespace

Result<CheckReport> CheckDirectory(const store::Directory& directory) {
  BINSEEK_ASSIGN_OR_RETURN(const Manifest manifest, LoadManifest(directory));
  CheckReport report;
  report.generation = manifest.generation;
  for (const ManifestIndex& from : manifest.indices) {
    IndexView index;
    index.name = from.name;
    index.mapping = std::make_shared<const mapping::Mapping>(from.mapping);
    for (const ManifestSegment& segment : from.segments) {
      const auto loaded = LoadSegment(directory, segment);
      if (!loaded.ok()) {
        report.problems.push_back(loaded.status().ToString());
        continue;
      }
      report.bytes += (*loaded)->segment().size_bytes();
      ++report.segments;
      index.segments.push_back(*loaded);
    }
    CheckDocuments(index, &report);
    ++report.indices;
  }
  return report;
}

}  // namespace binseek::index
