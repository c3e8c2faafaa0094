#include "sync/change/row_hash.h"

#include <xxhash.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/json.h"

namespace binseek::change {
namespace {

// Persisted by the hashes, see row_hash.h: values are never given anew.
enum CellTag : uint8_t {
  kTagNull = 0,
  kTagInt = 1,
  kTagUint = 2,
  kTagFloat = 3,
  kTagDouble = 4,
  kTagDecimal = 5,
  kTagText = 6,
  kTagBytes = 7,
  kTagDate = 8,
  kTagDateTime = 9,
  kTagTimestamp = 10,
  kTagTime = 11,
  kTagJson = 12,
  kTagJsonText = 13,
  kTagEnum = 14,
  kTagSet = 15,
  kTagGeometry = 16,
  kTagVector = 17,
  kTagNone = 255,  // of no cell: what the value is, is not known
};

CellTag TagOfKind(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNull:
      return kTagNull;
    case ValueKind::kInt:
      return kTagInt;
    case ValueKind::kUint:
      return kTagUint;
    case ValueKind::kFloat:
      return kTagFloat;
    case ValueKind::kDouble:
      return kTagDouble;
    case ValueKind::kDecimal:
      return kTagDecimal;
    case ValueKind::kText:
      return kTagText;
    case ValueKind::kBytes:
      return kTagBytes;
    case ValueKind::kDate:
      return kTagDate;
    case ValueKind::kDateTime:
      return kTagDateTime;
    case ValueKind::kTimestamp:
      return kTagTimestamp;
    case ValueKind::kTime:
      return kTagTime;
    case ValueKind::kJson:
      return kTagJson;
    case ValueKind::kEnum:
      return kTagEnum;
    case ValueKind::kSet:
      return kTagSet;
    case ValueKind::kGeometry:
      return kTagGeometry;
    case ValueKind::kVector:
      return kTagVector;
    default:
      return kTagNone;
  }
}

// The tag that the column's values have.
CellTag TagOfColumn(const Column& column) {
  switch (column.type) {
    case ColumnType::kTinyInt:
    case ColumnType::kSmallInt:
    case ColumnType::kMediumInt:
    case ColumnType::kInt:
    case ColumnType::kBigInt:
      return column.is_unsigned ? kTagUint : kTagInt;
    case ColumnType::kYear:
      return kTagInt;
    case ColumnType::kBit:
      return kTagUint;
    case ColumnType::kFloat:
      return kTagFloat;
    case ColumnType::kDouble:
      return kTagDouble;
    case ColumnType::kDecimal:
      return kTagDecimal;
    case ColumnType::kChar:
    case ColumnType::kVarchar:
    case ColumnType::kText:
      return kTagText;
    case ColumnType::kBinary:
    case ColumnType::kVarbinary:
    case ColumnType::kBlob:
    case ColumnType::kUuid:
    case ColumnType::kInet4:
    case ColumnType::kInet6:
      return kTagBytes;
    case ColumnType::kDate:
      return kTagDate;
    case ColumnType::kTime:
      return kTagTime;
    case ColumnType::kDateTime:
      return kTagDateTime;
    case ColumnType::kTimestamp:
      return kTagTimestamp;
    case ColumnType::kEnum:
      return kTagEnum;
    case ColumnType::kSet:
      return kTagSet;
    case ColumnType::kJson:
      return KeepsJsonAsText(column) ? kTagJsonText : kTagJson;
    case ColumnType::kGeometry:
      return kTagGeometry;
    case ColumnType::kVector:
      return kTagVector;
  }
  return kTagNone;
}

void AppendJsonValue(const JsonValue& value, std::string* out);

void AppendMembers(const JsonValue& object, std::string* out) {
  std::vector<const JsonValue::Member*> members;
  members.reserve(object.members().size());
  for (const JsonValue::Member& member : object.members()) {
    members.push_back(&member);
  }
  std::sort(members.begin(), members.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const JsonValue::Member* member : members) {
    PutLengthPrefixed(out, member->first);
    AppendJsonValue(member->second, out);
  }
}

void AppendJsonValue(const JsonValue& value, std::string* out) {
  switch (value.kind()) {
    case JsonKind::kNull:
      out->push_back('n');
      return;
    case JsonKind::kBool:
      out->push_back(value.AsBool() ? 't' : 'f');
      return;
    case JsonKind::kNumber:
      out->push_back('#');
      PutLengthPrefixed(out, value.number_text());
      return;
    case JsonKind::kString:
      out->push_back('"');
      PutLengthPrefixed(out, value.AsString());
      return;
    case JsonKind::kArray:
      out->push_back('[');
      for (const JsonValue& element : value.array()) {
        AppendJsonValue(element, out);
      }
      out->push_back(']');
      return;
    case JsonKind::kObject:
      out->push_back('{');
      AppendMembers(value, out);
      out->push_back('}');
      return;
  }
}

void AppendJsonText(std::string_view text, std::string* out) {
  PutU8(out, kTagJsonText);
  PutLengthPrefixed(out, text);
}

}  // namespace

bool KeepsJsonAsText(const Column& column) {
  return column.type == ColumnType::kJson && !column.charset.empty();
}

void AppendCell(const Value& value, bool json_is_text, std::string* out) {
  BINSEEK_CHECK(TagOfKind(value.kind) != kTagNone, "an absent value has no bytes");
  if (value.kind == ValueKind::kJson) {
    if (json_is_text) {
      return AppendJsonText(value.bytes, out);
    }
    const Result<JsonValue> parsed = ParseJson(value.bytes);
    if (!parsed.ok()) {
      return AppendJsonText(value.bytes, out);
    }
    PutU8(out, kTagJson);
    return AppendJsonValue(*parsed, out);
  }
  const CellTag tag = TagOfKind(value.kind);
  PutU8(out, tag);
  switch (tag) {
    case kTagNull:
      return;
    case kTagFloat:
      return PutF32(out, static_cast<float>(value.real));
    case kTagDouble:
      return PutF64(out, value.real);
    case kTagInt:
    case kTagUint:
    case kTagDate:
    case kTagDateTime:
    case kTagTimestamp:
    case kTagTime:
      return PutU64(out, value.unsigned_integer());
    default:
      return PutLengthPrefixed(out, value.bytes);
  }
}

RowHasher::RowHasher(const TableSchema& table, std::vector<uint32_t> columns) {
  std::sort(columns.begin(), columns.end(),
            [&](uint32_t a, uint32_t b) { return table.columns[a].name < table.columns[b].name; });
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  std::string list;
  for (const uint32_t ordinal : columns) {
    const Column& column = table.columns[ordinal];
    columns_.push_back({ordinal, KeepsJsonAsText(column)});
    PutLengthPrefixed(&list, column.name);
    PutU8(&list, TagOfColumn(column));
  }
  list_id_ = XXH3_64bits(list.data(), list.size());
}

bool RowHasher::AppendRow(const RowImage& row, const RowImage& fallback, std::string* out) const {
  for (const ListedColumn& column : columns_) {
    const Value* value = &row[column.ordinal];
    if (value->is_absent() && !fallback.empty()) {
      value = &fallback[column.ordinal];
    }
    if (TagOfKind(value->kind) == kTagNone) {
      return false;
    }
    AppendCell(*value, column.json_is_text, out);
  }
  return true;
}

uint64_t RowHasher::Hash(const RowImage& row, const RowImage& fallback,
                         std::string* scratch) const {
  scratch->clear();
  if (!AppendRow(row, fallback, scratch)) {
    return kUnknownRowHash;
  }
  const uint64_t hash = XXH3_64bits_withSeed(scratch->data(), scratch->size(), list_id_);
  return hash == kUnknownRowHash ? 1 : hash;
}

}  // namespace binseek::change
