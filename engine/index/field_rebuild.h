// FieldRebuild: a field that is being made anew under another id, as the index's writer knows it.
//
// FieldConversion says what the new values are: const, thread-safe. FieldRebuild is touched under the index's claim alone. It outlives the switch, because whoever made a
// batch before it still names the old id: what comes for that goes to the new one.
#ifndef BINSEEK_ENGINE_INDEX_FIELD_REBUILD_H_
#define BINSEEK_ENGINE_INDEX_FIELD_REBUILD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/codec/analyzed_document.h"
#include "engine/codec/stored_fields.h"
#include "engine/index/batch.h"
#include "engine/index/field_change.h"
#include "engine/index/segment_view.h"
#include "engine/mapping/document.h"
#include "engine/mapping/mapping.h"

namespace binseek::index {

class FieldConversion {
 public:
  struct Converted {
    std::vector<int64_t> values;  // ascending; what could not be converted is left out
    Status failure;               // the first one, or OK
  };

  // `mapping` has `from`; `to` has its new id.
  FieldConversion(const mapping::Mapping& mapping, mapping::Field from, mapping::Field to);

  const mapping::Field& from() const { return from_; }
  const mapping::Field& to() const { return to_; }

  // Of column values of the old field.
  Converted FromNumbers(std::span<const int64_t> numbers) const;
  // Of a document as it was given.
  Converted FromDocument(const mapping::StoredSource& source,
                         std::span<const mapping::NumberValue> numbers) const;
  // Of a document of a segment as `segment` shows it; `overridden`: its column was updated beside its source. kCorruption.
  [[nodiscard]] Result<Converted> FromSegment(const SegmentView& segment, DocId doc,
                                              codec::StoredFieldsReader* stored,
                                              bool* overridden) const;

 private:
  Converted FromJson(std::string_view json) const;
  // No more values than the field takes.
  void Limit(Converted* converted) const;

  const mapping::Field from_;
  const mapping::Field to_;
  mapping::Mapping strict_;   // of the new field and the objects around it alone
  mapping::Mapping lenient_;  // the same, bad values are left out
};

struct FieldRebuild {
  explicit FieldRebuild(std::shared_ptr<const FieldConversion> given)
      : conversion(std::move(given)) {}

  mapping::FieldId from() const { return conversion->from().id; }
  mapping::FieldId to() const { return conversion->to().id; }

  // While it is being built: gives the document, and those that belong to it, values in the new field too.
  void AddTo(std::string_view key, codec::AnalyzedDocument* document);
  // After the switch: true where the document has values of the old id.
  bool Names(const mapping::Document& document) const;
  // The document with these under the new id.
  mapping::Document Translate(std::string_view key, mapping::Document document);
  // The update, and what it is for the new field; after the switch in the place of what it was for the old one.
  std::vector<ColumnUpdate> Columns(std::string_view key, std::span<const ColumnUpdate> columns);
  // All documents of these segments have their new values.
  void Cover(std::span<const uint64_t> segments);
  // The segment has come from others, which are gone; nullopt: nothing of them lived.
  void Merged(std::span<const uint64_t> sources, std::optional<uint64_t> segment);
  // The name has moved to the new field.
  void Switch();
  // What came of a document's conversion.
  void Note(std::string_view key, const Status& failure);

  const std::shared_ptr<const FieldConversion> conversion;
  bool switched = false;
  std::set<uint64_t> covered;  // of the index's segments; none after the switch
  uint64_t unshown = 0;        // failures beyond those in the report
  FieldChangeReport report;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_FIELD_REBUILD_H_
