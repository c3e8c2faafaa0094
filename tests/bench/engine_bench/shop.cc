#include "tests/bench/engine_bench/shop.h"

#include <array>
#include <string>
#include <utility>

namespace binseek::bench {

using mapping::Field;
using mapping::FieldId;
using mapping::FieldKind;

namespace {

struct NamedField {
  const char* name;
  FieldKind kind;
  uint8_t scale;
  FieldId ShopFields::*id;
};

constexpr std::array<NamedField, 7> kFields = {{
    {"title", FieldKind::kText, 0, &ShopFields::title},
    {"brand", FieldKind::kKeyword, 0, &ShopFields::brand},
    {"category", FieldKind::kKeyword, 0, &ShopFields::category},
    {"price", FieldKind::kDecimal, 2, &ShopFields::price},
    {"stock", FieldKind::kLong, 0, &ShopFields::stock},
    {"updated_at", FieldKind::kDate, 6, &ShopFields::updated_at},
    {"rating", FieldKind::kDecimal, 1, &ShopFields::rating},
}};

uint64_t RowHash(int64_t version) { return static_cast<uint64_t>(version) * 0x9E3779B97F4A7C15ULL; }

}  // namespace

Result<mapping::Mapping> MakeShopMapping() {
  mapping::Mapping mapping;
  mapping.set_synced(true);
  for (const NamedField& named : kFields) {
    Field field;
    field.name = named.name;
    field.kind = named.kind;
    field.scale = named.scale;
    field.in_place = field.is_numeric();
    BINSEEK_RETURN_IF_ERROR(mapping.AddField(std::move(field)).status());
  }
  return mapping;
}

Result<ShopFields> FindShopFields(const mapping::Mapping& mapping) {
  ShopFields fields;
  for (const NamedField& named : kFields) {
    const Field* field = mapping.Find(named.name);
    if (field == nullptr) {
      return Status::InvalidArgument(std::string("no field ") + named.name);
    }
    fields.*named.id = field->id;
  }
  return fields;
}

index::Operation MakeUpsert(const ShopFields& fields, index::IndexId index, const Row& row,
                            int64_t version) {
  index::Operation operation;
  operation.index = index;
  operation.key = row.id;
  operation.version_type = index::VersionType::kExternal;
  operation.version = version;
  operation.row_hash = RowHash(version);
  mapping::Document& document = operation.document;
  document.texts.reserve(3);
  std::string json;
  for (const auto& [field, text] :
       {std::pair(fields.title, row.title), std::pair(fields.brand, row.brand),
        std::pair(fields.category, row.category)}) {
    document.texts.push_back({field, std::string(text)});
    json.assign(1, '"').append(text).push_back('"');  // no character of the corpus needs an escape
    document.source.AppendFragment(field, json);
  }
  document.numbers = {{fields.price, row.price_cents},
                      {fields.stock, row.stock},
                      {fields.updated_at, row.updated_at_us},
                      {fields.rating, row.rating_tenths}};
  return operation;
}

index::Operation MakeColumnUpdate(const ShopFields& fields, index::IndexId index,
                                  std::string_view id, int64_t version, Random* random) {
  index::Operation operation;
  operation.kind = index::OpKind::kUpdateColumns;
  operation.index = index;
  operation.key = id;
  operation.version_type = index::VersionType::kExternal;
  operation.version = version;
  operation.row_hash = RowHash(version);
  operation.columns = {{fields.price, random->Price()},
                       {fields.stock, random->Stock()},
                       {fields.updated_at, 1798761600000000 + version}};
  return operation;
}

}  // namespace binseek::bench
