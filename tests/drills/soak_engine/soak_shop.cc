#include "tests/drills/soak_engine/soak_shop.h"

#include <utility>

#include "engine/base/check.h"

namespace binseek::soak {
namespace {

using mapping::Field;
using mapping::FieldId;
using mapping::FieldKind;

constexpr FieldId kTitle{16};
constexpr FieldId kBrand{17};
constexpr FieldId kPrice{18};
constexpr FieldId kStock{19};
constexpr FieldId kRevision{20};
constexpr size_t kShown = 10;
constexpr std::array kWords = {"red",  "phone", "case",  "wireless", "charger", "mini",
                               "blue", "shoe",  "cable", "leather",  "lamp",    "steel"};

std::string TitleOf(const Entry& entry) {
  std::string title;
  uint32_t rest = entry.title * 2654435761u;
  for (int word = 0; word < 5; ++word) {
    title += std::string(word > 0 ? " " : "") + kWords[rest % kWords.size()];
    rest /= kWords.size();
  }
  return title + " " + std::to_string(entry.title % 5000);
}

std::string BrandOf(uint32_t document) { return "brand" + std::to_string(document % 200); }

std::string PriceOf(const Entry& entry) {
  const std::string rest = std::to_string(entry.cents % 100);
  return std::to_string(entry.cents / 100) + "." + (rest.size() < 2 ? "0" : "") + rest;
}

index::Operation Make(index::OpKind kind, const IndexIds& ids, uint32_t document,
                      const Entry& entry) {
  index::Operation operation;
  operation.kind = kind;
  operation.index = ids[entry.side];
  operation.key = KeyOf(document);
  operation.version_type = index::VersionType::kExternal;
  operation.version = entry.revision;
  return operation;
}

}  // namespace

mapping::Mapping ShopMapping() {
  mapping::Mapping mapping;
  mapping.set_synced(true);
  const auto add = [&](const char* name, FieldKind kind, FieldId expected) {
    Field field;
    field.name = name;
    field.kind = kind;
    field.scale = kind == FieldKind::kDecimal ? 2 : 0;
    field.in_place = field.is_numeric();
    const auto id = mapping.AddField(field);
    BINSEEK_CHECK(id.ok() && *id == expected, name);
  };
  add("title", FieldKind::kText, kTitle);
  add("brand", FieldKind::kKeyword, kBrand);
  add("price", FieldKind::kDecimal, kPrice);
  add("stock", FieldKind::kLong, kStock);
  add("revision", FieldKind::kLong, kRevision);
  return mapping;
}

std::string KeyOf(uint32_t document) { return "d" + std::to_string(document); }

mapping::Document DocumentOf(uint32_t document, const Entry& entry) {
  const std::string title = TitleOf(entry);
  const std::string brand = BrandOf(document);
  mapping::Document out;
  out.texts = {{kTitle, title}, {kBrand, brand}};
  out.numbers = {{kPrice, entry.cents}, {kStock, entry.stock}, {kRevision, entry.revision}};
  out.source.AppendFragment(kTitle, "\"" + title + "\"");
  out.source.AppendFragment(kBrand, "\"" + brand + "\"");
  return out;
}

std::string SourceOf(uint32_t document, const Entry& entry) {
  return R"({"title":")" + TitleOf(entry) + R"(","brand":")" + BrandOf(document) + R"(","price":)" +
         PriceOf(entry) + R"(,"stock":)" + std::to_string(entry.stock) + R"(,"revision":)" +
         std::to_string(entry.revision) + "}";
}

index::Operation Upsert(const IndexIds& ids, uint32_t document, const Entry& entry) {
  index::Operation operation = Make(index::OpKind::kUpsert, ids, document, entry);
  operation.document = DocumentOf(document, entry);
  return operation;
}

index::Operation UpdateColumns(const IndexIds& ids, uint32_t document, const Entry& entry) {
  index::Operation operation = Make(index::OpKind::kUpdateColumns, ids, document, entry);
  operation.columns = {{kPrice, entry.cents}, {kStock, entry.stock}, {kRevision, entry.revision}};
  operation.row_hash = static_cast<uint64_t>(entry.revision) * 0x9e3779b97f4a7c15u;
  return operation;
}

index::Operation Delete(const IndexIds& ids, uint32_t document, const Entry& entry) {
  return Make(index::OpKind::kDelete, ids, document, entry);
}

std::vector<std::string> Compare(const index::EngineView& view, const Ledger& ledger) {
  const std::array indices = {view.Find(kIndexNames[0]), view.Find(kIndexNames[1])};
  if (indices[0] == nullptr || indices[1] == nullptr) {
    return {"an index is missing"};
  }
  std::vector<std::string> differences;
  const uint64_t live = indices[0]->live_docs() + indices[1]->live_docs();
  if (live != ledger.size()) {
    differences.push_back(std::to_string(live) + " documents instead of " +
                          std::to_string(ledger.size()));
  }
  std::string source;
  for (uint32_t document = 0; document < ledger.size() && differences.size() < kShown; ++document) {
    const Entry& entry = ledger[document];
    const std::string key = KeyOf(document);
    const index::IndexView& index = *indices[entry.side];
    const auto address = index.FindKey(key);
    source.clear();
    const Status status = address ? AppendSource(index, *address, &source) : Status::Ok();
    if (!status.ok() || source != SourceOf(document, entry)) {
      differences.push_back(index.name + " " + key + ": " +
                            (status.ok() ? source : status.ToString()) + " instead of " +
                            SourceOf(document, entry));
    }
    if (indices[1 - entry.side]->FindKey(key)) {
      differences.push_back(key + " is in both indices");
    }
  }
  return differences;
}

}  // namespace binseek::soak
