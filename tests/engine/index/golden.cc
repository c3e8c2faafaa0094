#include "tests/engine/index/golden.h"

#include <array>
#include <memory>
#include <vector>

#include "engine/index/manifest.h"
#include "engine/index/segment_file.h"
#include "engine/mapping/document_parser.h"
#include "engine/mapping/index_sort.h"
#include "engine/store/file_envelope.h"
#include "tests/engine/index/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

constexpr int kProducts = 300;  // more than a postings block, and than a block of a column

// Numbers that look random and are the same everywhere.
uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

Product ProductOf(int number) {
  static constexpr std::array<const char*, 7> kWords = {"phone", "case", "红米", "手机",
                                                        "cable", "usb",  "Größe"};
  const uint64_t dice = Mix(static_cast<uint64_t>(number) + 1);
  Product product;
  product.title = "item";
  for (int word = 0; word < 1 + static_cast<int>(dice % 5); ++word) {
    product.title += std::string(" ") + kWords[Mix(dice + static_cast<uint64_t>(word)) % 7];
  }
  product.title += number % 50 == 0 ? " rare" + std::to_string(number) : "";
  product.brand = "brand" + std::to_string(dice % 11);
  if (number % 13 != 0) {
    product.cents = static_cast<int64_t>(dice % 100000);
  }
  if (number % 7 != 0) {
    product.stock = number == 1   ? INT64_MIN
                    : number == 2 ? INT64_MAX
                                  : static_cast<int64_t>(dice % 40) - 3;
  }
  return product;
}

std::string ProductKey(int number) { return "p" + std::to_string(number); }

Operation UpsertJson(IndexId index, const std::string& key, std::string_view json,
                     mapping::Mapping* mapping) {
  Operation operation;
  operation.kind = OpKind::kUpsert;
  operation.index = index;
  operation.key = key;
  auto document = mapping::ParseDocument(json, mapping);
  EXPECT_OK(document);
  operation.document = std::move(document).value();
  return operation;
}

constexpr std::string_view kArticles = R"({"properties": {
  "body": {"type": "text"}, "tags": {"type": "keyword"}, "sizes": {"type": "long"}, "ratio": {"type": "double"},
  "small": {"type": "float"}, "big": {"type": "unsigned_long"}, "on": {"type": "boolean"}, "day": {"type": "date"},
  "more": {"type": "flattened"}, "loose": {"type": "long", "ignore_malformed": true}, "shop": {"properties": {"place": {"type": "geo_point"}, "city": {"type": "keyword"}}},
  "host": {"type": "ip", "null_value": "::1"}, "moment": {"type": "date_nanos"}, "half": {"type": "half_float"}, "words": {"type": "token_count", "analyzer": "standard"},
  "rank": {"type": "rank_feature", "positive_score_impact": false}, "ranks": {"type": "rank_features"}, "open": {"type": "integer_range"}, "net": {"type": "ip_range"},
  "region": {"type": "constant_keyword", "value": "eu"}, "model": {"type": "wildcard", "ignore_above": 20}, "small_int": {"type": "short", "copy_to": ["sizes"]},
  "also": {"type": "alias", "path": "tags"}, "gap": {"type": "text", "position_increment_gap": 3, "similarity": "boolean", "search_analyzer": "simple"}}})";

constexpr std::string_view kSorted =
    R"({"properties": {"tag": {"type": "keyword"}, "rank": {"type": "long"}}})";

std::vector<Operation> Articles(IndexId index, mapping::Mapping* mapping) {
  std::vector<Operation> operations = {
      UpsertJson(
          index, "a",
          R"({"body": "to be or not to be", "tags": ["red", "blue", "red"], "sizes": [3, -1, 3],
          "ratio": -0.0, "small": 1.5, "big": 18446744073709551615, "on": true, "day": "2026-01-02T03:04:05.678Z"})",
          mapping),
      UpsertJson(
          index, "b",
          R"({"body": ["first value", "second value"], "tags": "blue", "sizes": 7, "ratio": 1e300,
          "more": {"colour": "green", "deep": {"er": [1, "x"]}}, "shop": {"place": {"lat": 52.5, "lon": 13.4}, "city": "Berlin"},
          "host": ["10.0.0.1", "2001:db8::1"], "moment": "2026-01-02T03:04:05.123456789Z", "half": 0.1, "words": "one two", "rank": 4, "ranks": {"a": 2, "b": 0.5},
          "open": {"gt": 1, "lte": 5}, "net": "10.0.0.0/8", "model": "AB-12", "small_int": 7, "gap": ["a b", "c"]})",
          mapping),
      UpsertJson(index, "空",
                 R"({"body": null, "tags": [], "on": false, "loose": "no number", "host": null})",
                 mapping),
      UpsertJson(index, "parent", R"({"body": "the root of a block"})", mapping),
  };
  for (const char* child : {"child-1", "child-2"}) {
    auto document =
        mapping::ParseDocument(R"({"body": "a child", "sizes": 40, "tags": "child"})", mapping);
    EXPECT_OK(document);
    document->child_key = child;
    operations.back().document.children.push_back(std::move(document).value());
  }
  return operations;
}

void WriteSecondCommit(Engine* engine, IndexId shop) {
  std::vector<Operation> operations;
  for (int number = 0; number < kProducts; number += 3) {
    operations.push_back(SetStock(shop, ProductKey(number),
                                  number % 2 == 0 ? std::optional<int64_t>(number) : std::nullopt,
                                  1000 + number));
    operations.back().row_hash = Mix(static_cast<uint64_t>(number));
  }
  for (int number = 5; number < kProducts; number += 40) {
    operations.push_back(Delete(shop, ProductKey(number), 2000 + number));
  }
  operations.push_back(Upsert(shop, ProductKey(20), {"replaced", "brand1", 1, 2}, 3000));
  operations.back().row_hash = 0x0123456789abcdefu;
  MustApply(engine, std::move(operations));
  EXPECT_OK(engine->Commit());
}

// Of an index that counts its own versions, and leaves no tombstone.
Operation Settled(Operation operation) {
  operation.is_settled = true;
  return operation;
}

}  // namespace

void WriteGoldenHistory(const std::shared_ptr<store::Directory>& directory) {
  auto engine = MustOpen(directory, false);
  const IndexId shop =
      *engine->CreateIndex("products", ShopMapping(), R"({"number_of_shards":"1"})");
  mapping::Mapping mapping = *mapping::Mapping::FromJson(kArticles);
  const IndexId articles = *engine->CreateIndex("articles", mapping, "{}");

  Batch first;
  for (int number = 0; number < kProducts; ++number) {
    first.operations.push_back(Upsert(shop, ProductKey(number), ProductOf(number), 100 + number));
    first.operations.back().row_hash = Mix(static_cast<uint64_t>(number));
  }
  for (Operation& operation : Articles(articles, &mapping)) {
    first.operations.push_back(std::move(operation));
  }
  mapping::Mapping by_tag = *mapping::Mapping::FromJson(kSorted);
  by_tag.set_index_sort(
      *mapping::MakeIndexSort({.fields = {"tag", "rank"}, .orders = {"desc", "asc"}}, by_tag));
  const IndexId sorted = *engine->CreateIndex("sorted", by_tag, "{}");
  for (int number = 0; number < 20; ++number) {
    first.operations.push_back(UpsertJson(sorted, "s" + std::to_string(number),
                                          R"({"tag": "t)" + std::to_string(number % 3) +
                                              R"(", "rank": )" + std::to_string(100 - number) + "}",
                                          &by_tag));
    first.operations.back().source_table = "source-1.sorted";
  }
  auto attached = engine->CreateAttachedFile();
  EXPECT_OK(attached);
  EXPECT_OK((*attached)->Append("a transaction that is prepared"));
  first.attached["xa"] = *(*attached)->Finish();
  first.user_data = {{"source-1", "gtid:7"}, {"empty", ""}};
  EXPECT_OK(engine->Apply(first));
  EXPECT_OK(engine->Commit());

  WriteSecondCommit(engine.get(), shop);

  Operation beside_source;  // whose JSON stays as it is
  beside_source.kind = OpKind::kUpdateColumns;
  beside_source.index = articles;
  beside_source.key = "b";
  beside_source.columns = {{mapping.Find("sizes")->id, 8}};
  MustApply(engine.get(), {beside_source});
  Operation restocked = SetStock(shop, ProductKey(299), 77, 4000);
  restocked.row_hash = Mix(299);
  MustApply(engine.get(),
            {restocked, Settled(Delete(articles, "空")), Delete(shop, ProductKey(5), 5000)});
  EXPECT_OK(engine->Commit());

  Batch logged;
  logged.durability = Durability::kSynced;
  logged.operations = {
      UpsertJson(articles, "c", R"({"body": "logged only", "tags": "late"})", &mapping),
      Settled(Delete(articles, "a"))};
  EXPECT_OK(engine->Apply(logged));
}

namespace {

std::string KeyOf(const codec::Segment& segment, DocId doc) {
  const std::string_view key = segment.Key(doc);
  return key.empty() ? "(" + std::to_string(doc) + ")" : std::string(key);
}

std::string Escaped(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    static constexpr char kHex[] = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x20 || byte == '\\') {
      (out += "\\x").append({kHex[value >> 4], kHex[value & 15]});
    } else {
      out += byte;
    }
  }
  return out;
}

void DescribeDocuments(const IndexView& index, uint32_t ordinal, std::string* out) {
  const SegmentView& view = *index.segments[ordinal];
  for (DocId doc = 0; doc < view.max_doc(); ++doc) {
    *out += "  document " + KeyOf(view.segment(), doc);
    if (!view.IsLive(doc)) {
      *out += " deleted\n";
      continue;
    }
    const SystemRow row = view.System(doc);
    *out += " version " + std::to_string(row.version.value_or(-1)) + " seq_no " +
            std::to_string(row.seq_no.value_or(-1)) + " hash " +
            std::to_string(row.row_hash.value_or(-1)) +
            (view.segment().IsRoot(doc) ? "" : " child");
    std::string source;
    EXPECT_OK(AppendSource(index, {ordinal, doc}, &source));
    *out += " " + Escaped(source) + "\n";
  }
}

void DescribeNumbers(const SegmentView& view, const mapping::Field& field, std::string* out) {
  const NumberPages* column = view.Column(field.id);
  if (column == nullptr) {
    return;
  }
  std::vector<int64_t> scratch;
  *out += "  numbers " + field.name;
  for (DocId doc = 0; doc < view.max_doc(); ++doc) {
    const auto values = column->GetAll(doc, &scratch);
    if (!values.empty()) {
      *out += " " + KeyOf(view.segment(), doc);
      for (const int64_t value : values) {
        *out += (value == values.front() ? "=" : ",") + std::to_string(value);
      }
    }
  }
  *out += "\n";
}

void DescribeTerms(const codec::Segment& segment, const mapping::Field& field, std::string* out) {
  const codec::FieldTerms* terms = segment.Terms(field.id);
  if (terms == nullptr) {
    return;
  }
  codec::BlockTermDictionary::Cursor cursor(terms->dictionary());
  while (cursor.Next()) {
    *out += "  term " + field.name + " \"" + Escaped(cursor.term()) + "\"";
    auto postings = terms->Postings(cursor.info());
    for (DocId doc = postings.Next(); doc != codec::kNoMoreDocs; doc = postings.Next()) {
      *out += " " + KeyOf(segment, doc) + ":" + std::to_string(postings.freq());
      if (terms->shape().positions) {
        auto& positions = postings.positions();
        for (uint32_t at = positions.NextPosition(); at != codec::kNoMorePositions;
             at = positions.NextPosition()) {
          *out += "@" + std::to_string(at);
        }
      }
    }
    *out += "\n";
  }
  if (const uint8_t* norms = segment.Norms(field.id)) {
    *out += "  norms " + field.name;
    for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
      *out += " " + std::to_string(norms[doc]);
    }
    *out += "\n";
  }
}

}  // namespace

std::string Describe(const Engine& engine) {
  std::string out;
  const auto view = engine.AppliedView();
  for (const auto& index : view->indices()) {
    out += "index " + index->name + " " + index->settings_json + " " + index->mapping->ToJson() +
           " next seq_no " + std::to_string(index->next_seq_no) + "\n";
    for (uint32_t ordinal = 0; ordinal < index->segments.size(); ++ordinal) {
      const SegmentView& segment = *index->segments[ordinal];
      out += " segment " + std::to_string(segment.max_doc()) + "\n";
      DescribeDocuments(*index, ordinal, &out);
      for (const mapping::Field& field : index->mapping->fields()) {
        DescribeNumbers(segment, field, &out);
        DescribeTerms(segment.segment(), field, &out);
      }
      for (const mapping::FieldId system :
           {mapping::kRoutingField, mapping::kIgnoredField, mapping::kSourceTableField}) {
        mapping::Field field = *mapping::SystemField(system);
        field.name = "system " + std::to_string(static_cast<uint32_t>(system));
        DescribeTerms(segment.segment(), field, &out);
      }
    }
  }
  for (const auto& [name, file] : engine.Attached()) {
    const auto read = file->Read();
    EXPECT_OK(read);
    out += "attached " + name + " " + std::string(read->bytes) + "\n";
  }
  out += "tombstones " + std::to_string(engine.tombstones()) + "\n";
  for (const char* key : {"source-1", "empty"}) {
    out += std::string("user data ") + key + " " + engine.UserData(key) + "\n";
  }
  return out;
}

Files ReadFiles(const store::Directory& directory) {
  Files files;
  const auto names = directory.List();
  EXPECT_OK(names);
  for (const std::string& name : *names) {
    if (name != "lock") {
      const auto file = directory.Map(name);
      EXPECT_OK(file);
      files[name] = std::string((*file)->bytes());
    }
  }
  return files;
}

Files WithIdentityOf(const Files& other, Files files) {
  const auto read = [](const std::string& bytes) {
    const auto payload = store::OpenEnvelope(kManifestFormat, "", bytes, "manifest");
    EXPECT_OK(payload);
    auto manifest = Manifest::Decode(*payload);
    EXPECT_OK(manifest);
    return std::move(manifest).value();
  };
  std::string& bytes = files.at("manifest");
  Manifest manifest = read(bytes);
  const Manifest identity = read(other.at("manifest"));
  for (size_t i = 0; i < manifest.indices.size() && i < identity.indices.size(); ++i) {
    manifest.indices[i].uuid = identity.indices[i].uuid;
    manifest.indices[i].created_ms = identity.indices[i].created_ms;
  }
  bytes = store::WrapInEnvelope(kManifestFormat, "", manifest.Encode());
  return files;
}

}  // namespace binseek::index::test
