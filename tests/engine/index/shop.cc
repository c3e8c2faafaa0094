#include "tests/engine/index/shop.h"

#include "engine/index/check_index.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {

using mapping::Field;
using mapping::FieldKind;

mapping::Field MakeField(const std::string& name, FieldKind kind) {
  Field field;
  field.name = name;
  field.kind = kind;
  field.in_place = field.is_numeric();
  return field;
}

mapping::Mapping ShopMapping() {
  mapping::Mapping mapping;
  mapping.set_synced(true);
  EXPECT_EQ(*mapping.AddField(MakeField("title", FieldKind::kText)), kTitle);
  EXPECT_EQ(*mapping.AddField(MakeField("brand", FieldKind::kKeyword)), kBrand);
  Field price = MakeField("price", FieldKind::kDecimal);
  price.scale = 2;
  EXPECT_EQ(*mapping.AddField(price), kPrice);
  EXPECT_EQ(*mapping.AddField(MakeField("stock", FieldKind::kLong)), kStock);
  return mapping;
}

mapping::Document Product::ToDocument() const {
  mapping::Document document;
  document.texts = {{kTitle, title}, {kBrand, brand}};
  if (cents) {
    document.numbers.push_back({kPrice, *cents});
  }
  if (stock) {
    document.numbers.push_back({kStock, *stock});
  }
  document.source.AppendFragment(kTitle, "\"" + title + "\"");
  document.source.AppendFragment(kBrand, "\"" + brand + "\"");
  return document;
}

std::string Product::ToSource() const {
  std::string price = "null";
  if (cents) {  // not negative here
    const std::string rest = std::to_string(*cents % 100);
    price = std::to_string(*cents / 100) + "." + (rest.size() < 2 ? "0" : "") + rest;
  }
  return R"({"title":")" + title + R"(","brand":")" + brand + R"(","price":)" + price +
         R"(,"stock":)" + (stock ? std::to_string(*stock) : "null") + "}";
}

namespace {

Operation Make(OpKind kind, IndexId index, std::string key, int64_t version) {
  Operation operation;
  operation.kind = kind;
  operation.index = index;
  operation.key = std::move(key);
  operation.version_type = version == 0 ? VersionType::kInternal : VersionType::kExternal;
  operation.version = version;
  return operation;
}

}  // namespace

Operation Upsert(IndexId index, std::string key, const Product& product, int64_t version) {
  Operation operation = Make(OpKind::kUpsert, index, std::move(key), version);
  operation.document = product.ToDocument();
  return operation;
}

Operation Delete(IndexId index, std::string key, int64_t version) {
  return Make(OpKind::kDelete, index, std::move(key), version);
}

Operation SetStock(IndexId index, std::string key, std::optional<int64_t> stock, int64_t version) {
  Operation operation = Make(OpKind::kUpdateColumns, index, std::move(key), version);
  operation.columns = {{kStock, stock}};
  return operation;
}

ApplyResult MustApply(Engine* engine, std::vector<Operation> operations) {
  Batch batch;
  batch.operations = std::move(operations);
  Result<ApplyResult> result = engine->Apply(batch);
  EXPECT_OK(result);
  return result.ok() ? std::move(result).value() : ApplyResult();
}

Outcome MustApplyOne(Engine* engine, Operation operation) {
  const ApplyResult result = MustApply(engine, {std::move(operation)});
  return result.results.empty() ? Outcome::kFailed : result.results[0].outcome;
}

std::unique_ptr<Engine> MustOpen(std::shared_ptr<store::Directory> directory,
                                 bool background_merges) {
  EngineOptions options;
  options.directory = std::move(directory);
  options.background_merges = background_merges;
  auto engine = Engine::Open(std::move(options));
  EXPECT_OK(engine);
  return engine.ok() ? std::move(engine).value() : nullptr;
}

std::optional<std::string> SourceOf(const IndexView& index, const std::string& key) {
  const auto address = index.FindKey(key);
  if (!address) {
    return std::nullopt;
  }
  std::string source;
  const Status status = AppendSource(index, *address, &source);
  return status.ok() ? source : "[" + status.ToString() + "]";  // which equals no source
}

std::optional<int64_t> NumberOf(const IndexView& index, const std::string& key,
                                mapping::FieldId field) {
  const auto address = index.FindKey(key);
  if (address && field < mapping::kFirstUserField) {
    const SystemRow row = index.at(*address).System(address->doc);
    return field == mapping::kVersionField ? row.version
           : field == mapping::kSeqNoField ? row.seq_no
                                           : row.row_hash;
  }
  const NumberPages* column = address ? index.at(*address).Column(field) : nullptr;
  return column == nullptr ? std::nullopt : column->Get(address->doc);
}

std::map<std::string, std::string> ContentsOf(const IndexView& index) {
  std::map<std::string, std::string> contents;
  for (uint32_t s = 0; s < index.segments.size(); ++s) {
    const SegmentView& segment = *index.segments[s];
    for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
      if (!segment.IsLive(doc)) {
        continue;
      }
      const std::string key(segment.segment().Key(doc));
      std::string source;
      EXPECT_OK(AppendSource(index, {s, doc}, &source));
      const SystemRow row = segment.System(doc);
      source += " v" + std::to_string(row.version.value_or(-1)) + " s" +
                std::to_string(row.seq_no.value_or(-1));
      EXPECT_TRUE(contents.emplace(key, std::move(source)).second) << key << " lives twice";
    }
  }
  return contents;
}

uint64_t CountTerm(const IndexView& index, mapping::FieldId field, const std::string& term) {
  uint64_t count = 0;
  for (const auto& segment : index.segments) {
    const codec::FieldTerms* terms = segment->segment().Terms(field);
    codec::TermInfo info;
    if (terms == nullptr || !terms->dictionary().Find(term, &info, nullptr)) {
      continue;
    }
    auto postings = terms->Postings(info);
    for (DocId doc = postings.Next(); doc != codec::kNoMoreDocs; doc = postings.Next()) {
      count += segment->IsLive(doc) ? 1 : 0;
    }
  }
  return count;
}

void ExpectSound(const store::Directory& directory) {
  const Result<CheckReport> report = CheckDirectory(directory);
  if (!report.ok()) {
    EXPECT_STATUS(report, kNotFound);
    return;
  }
  for (const std::string& problem : report->problems) {
    ADD_FAILURE() << problem;
  }
}

}  // namespace binseek::index::test
