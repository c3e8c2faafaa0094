// FieldChange: a field of an index gets another type while the index is searched and written.
//
//   FieldChangeReport report;
//   const Status status = engine->ChangeField(id, {.field = "price", .definition = as_decimal}, &report);
//
// The field keeps its name and gets a new id. Its values are made anew beside the old ones from what was given for them: from the JSON of a document that
// came as JSON, from the column of one that is updated in place. Meanwhile readers see the old field, and writes go to both. When all documents have a new value
// the name moves to the new id, in one epoch; a view that was taken before keeps the old field with all it had. Until the commit behind that a crash leaves
// the old field.
//
// Fields that are numbers, dates or booleans become others of these; all else, and fields with multi-fields, are kInvalidArgument: load them into a new index.
// Plain value types.
#ifndef BINSEEK_ENGINE_INDEX_FIELD_CHANGE_H_
#define BINSEEK_ENGINE_INDEX_FIELD_CHANGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/mapping/field.h"

namespace binseek::index {

struct FieldChangeProgress {
  uint64_t documents = 0;  // that have their new value
  uint64_t of = 0;         // about; grows where documents are written meanwhile
};

// A value that the new type does not have ("many" as a long).
enum class OnBadValue : uint8_t {
  kFail,      // all are looked for, then the change fails
  kLeaveOut,  // the document has no value in the new field
};

struct FieldChange {
  std::string field;  // full name
  // Kind, scale, date style and so on; name, id, parent and whether it is updated in place stay as they are.
  mapping::Field definition;
  OnBadValue on_bad_value = OnBadValue::kFail;
  // Called now and then on the caller's thread; false cancels. May be empty. The engine may be used in it.
  std::function<bool(const FieldChangeProgress&)> progress;
};

// Filled in whatever the outcome.
struct FieldChangeReport {
  static constexpr size_t kMaxShown = 1000;
  mapping::FieldId id{};  // the new one
  uint64_t documents = 0;
  uint64_t failed = 0;                          // documents with a bad value; exact up to kMaxShown
  std::map<std::string, std::string> failures;  // by key: why; kMaxShown at most
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_FIELD_CHANGE_H_
