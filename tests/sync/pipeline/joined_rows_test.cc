// The interface of RowMapper carries documents that are made of rows of several tables: a mapper that writes a brand's name into its
// products, through the applier and the engine. It is given whole transactions and what is stored, and writes documents under other keys than
// those of the rows.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/json.h"
#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/engine_sink.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::pipeline {
namespace {

using change::RowChange;
using change::RowChangeKind;
using change::Value;

// brands(id, name), products(id, title, brand). A side index keeps each brand with the keys of its products, so that a brand's row leads to
// documents of rows that the transaction does not have.
class BrandMapper final : public mapper::RowMapper {
 public:
  BrandMapper(index::IndexId products, index::IndexId brands, const mapping::Mapping& mapping,
              const mapping::Mapping& side)
      : products_(products), brands_(brands), mapping_(mapping), side_(side) {}

  std::unique_ptr<mapper::MapperRun> Begin(const change::Transaction& transaction,
                                           const mapper::StoredRows& stored,
                                           uint64_t /*piece_bytes*/) override {
    return std::make_unique<Run>(*this, transaction, stored);
  }
  std::vector<index::IndexId> IndicesOf(const change::Transaction&) const override {
    return {products_, brands_};
  }

 private:
  struct Brand {
    std::string name;
    std::set<std::string> products;
  };
  struct Product {
    std::string title;
    std::string brand;  // its key
  };

  // Reads all rows before its one piece.
  class Run final : public mapper::MapperRun {
   public:
    Run(const BrandMapper& mapper, const change::Transaction& transaction,
        const mapper::StoredRows& stored)
        : mapper_(mapper), transaction_(transaction), stored_(stored) {}

    Result<std::optional<mapper::MappedTransaction>> Next() override {
      if (std::exchange(ended_, true)) {
        return std::optional<mapper::MappedTransaction>();
      }
      const auto cursor = transaction_.rows->Open();
      for (;;) {
        BINSEEK_ASSIGN_OR_RETURN(const RowChange* row, cursor->Next());
        if (row == nullptr) {
          break;
        }
        BINSEEK_RETURN_IF_ERROR(row->table->table == "brands" ? TakeBrand(*row)
                                                              : TakeProduct(*row));
      }
      // A brand that changed takes its products along.
      for (const auto& [key, brand] : brands_) {
        for (const std::string& product : brand ? brand->products : std::set<std::string>()) {
          BINSEEK_RETURN_IF_ERROR(ProductOf(product).status());
        }
      }
      return Written();
    }

   private:
    static std::string KeyOf(const Value& value) { return std::to_string(value.integer); }

    // As of this transaction.
    Result<Brand*> BrandOf(const std::string& key) {
      auto& brand = brands_[key];
      if (!brand) {
        brand.emplace();
        BINSEEK_ASSIGN_OR_RETURN(const auto source, stored_.Source(mapper_.brands_, key));
        if (source) {
          BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(*source));
          brand->name = json.Find("name")->AsString();
          for (const JsonValue& product : json.Find("products")->array()) {
            brand->products.insert(product.AsString());
          }
        }
      }
      return &*brand;
    }
    Result<std::optional<Product>*> ProductOf(const std::string& key) {
      const auto [it, added] = products_.try_emplace(key);
      if (added) {
        BINSEEK_ASSIGN_OR_RETURN(const auto source, stored_.Source(mapper_.products_, key));
        if (source) {
          BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(*source));
          it->second = Product{json.Find("title")->AsString(), json.Find("brand_id")->AsString()};
        }
      }
      return &it->second;
    }

    Status TakeBrand(const RowChange& row) {
      const bool gone = row.kind == RowChangeKind::kDelete;
      BINSEEK_ASSIGN_OR_RETURN(Brand * brand, BrandOf(KeyOf((gone ? row.before : row.after)[0])));
      brand->name = gone ? "" : row.after[1].bytes;
      return Status::Ok();
    }
    Status TakeProduct(const RowChange& row) {
      const bool gone = row.kind == RowChangeKind::kDelete;
      const std::string key = KeyOf((gone ? row.before : row.after)[0]);
      BINSEEK_ASSIGN_OR_RETURN(auto* product, ProductOf(key));
      if (*product) {
        BINSEEK_ASSIGN_OR_RETURN(Brand * brand, BrandOf((*product)->brand));
        brand->products.erase(key);
      }
      product->reset();
      if (!gone) {
        *product = Product{row.after[1].bytes, KeyOf(row.after[2])};
        BINSEEK_ASSIGN_OR_RETURN(Brand * brand, BrandOf((*product)->brand));
        brand->products.insert(key);
      }
      return Status::Ok();
    }

    index::Operation& Add(index::IndexId index, const std::string& key, index::OpKind kind) {
      index::Operation& operation = out_.batch.operations.emplace_back();
      operation.kind = kind;
      operation.index = index;
      operation.key = key;
      operation.version_type = index::VersionType::kExternalGte;
      operation.version = change::VersionOf(transaction_.ordinal, 0);
      return operation;
    }
    static void Put(const mapping::Mapping& mapping, const char* field, std::string_view value,
                    mapping::Document* document) {
      std::string token;
      JsonWriter(&token).String(value);
      document->source.AppendFragment(mapping.Find(field)->id, token);
      document->texts.push_back({mapping.Find(field)->id, std::string(value)});
    }

    std::optional<mapper::MappedTransaction> Written() {
      for (const auto& [key, product] : products_) {
        if (!product) {
          Add(mapper_.products_, key, index::OpKind::kDelete);
          continue;
        }
        mapping::Document& document = Add(mapper_.products_, key, index::OpKind::kUpsert).document;
        Put(mapper_.mapping_, "title", product->title, &document);
        Put(mapper_.mapping_, "brand_id", product->brand, &document);
        const auto brand = brands_.find(product->brand);
        Put(mapper_.mapping_, "brand", brand != brands_.end() ? brand->second->name : "",
            &document);
      }
      for (const auto& [key, brand] : brands_) {
        mapping::Document& document = Add(mapper_.brands_, key, index::OpKind::kUpsert).document;
        Put(mapper_.side_, "name", brand->name, &document);
        std::string products;
        JsonWriter json(&products);
        json.BeginArray();
        for (const std::string& product : brand->products) {
          json.String(product);
        }
        json.EndArray();
        document.source.AppendFragment(mapper_.side_.Find("products")->id, products);
      }
      return std::move(out_);
    }

    const BrandMapper& mapper_;
    const change::Transaction& transaction_;
    const mapper::StoredRows& stored_;
    bool ended_ = false;
    std::map<std::string, std::optional<Brand>> brands_;
    std::map<std::string, std::optional<Product>> products_;
    mapper::MappedTransaction out_;
  };

  const index::IndexId products_;
  const index::IndexId brands_;
  const mapping::Mapping mapping_;
  const mapping::Mapping side_;
};

mapping::Mapping Keywords(std::initializer_list<const char*> names) {
  mapping::Mapping mapping;
  mapping.set_synced(true);
  for (const char* name : names) {
    mapping::Field field;
    field.name = name;
    EXPECT_OK(mapping.AddField(field));
  }
  return mapping;
}

class JoinedRowsTest : public ::testing::Test {
 protected:
  JoinedRowsTest() {
    index::EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    auto engine = index::Engine::Open(std::move(options));
    EXPECT_OK(engine);
    engine_ = std::move(*engine);
    auto state = StateStore::Open(":memory:");
    EXPECT_OK(state);
    state_ = std::move(*state);
    sink_.emplace(engine_.get());
    const mapping::Mapping products = Keywords({"title", "brand_id", "brand"});
    const mapping::Mapping brands = Keywords({"name", "products"});
    products_index_ = *sink_->EnsureIndex("products", products);
    brands_index_ = *sink_->EnsureIndex(".brands", brands);
    mapper_.emplace(products_index_, brands_index_, products, brands);
    ApplierOptions applier;
    applier.sink = &*sink_;
    applier.mapper = &*mapper_;
    applier.tables = &tables_;
    applier.state = state_.get();
    applier.stored_rows = [this] { return std::make_unique<EngineRows>(engine_->View(), nullptr); };
    applier_.emplace(applier, Checkpoint());
  }

  void Apply(std::vector<RowChange> rows) {
    change::Transaction transaction = mapper::MakeTransaction(++ordinal_, std::move(rows));
    transaction.position.gtid.clear();
    transaction.position.end = {"binlog.000001", ordinal_ * 100};
    ASSERT_OK(applier_->Apply(transaction));
  }
  std::string Product(const std::string& key) const {
    const auto source = EngineRows(engine_->View(), nullptr).Source(products_index_, key);
    EXPECT_OK(source);
    return source.ok() ? source->value_or("none") : "";
  }

  const mapper::TablePointer brands_ =
      mapper::MakeTable("brands", {mapper::MakeColumn("id", change::ColumnType::kInt),
                                   mapper::MakeColumn("name", change::ColumnType::kVarchar)});
  const mapper::TablePointer products_ =
      mapper::MakeTable("products", {mapper::MakeColumn("id", change::ColumnType::kInt),
                                     mapper::MakeColumn("title", change::ColumnType::kVarchar),
                                     mapper::MakeColumn("brand", change::ColumnType::kInt)});
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<StateStore> state_;
  FollowedTables tables_;
  std::optional<EngineSink> sink_;
  index::IndexId products_index_{};
  index::IndexId brands_index_{};
  std::optional<BrandMapper> mapper_;
  std::optional<Applier> applier_;
  uint64_t ordinal_ = 0;
};

TEST_F(JoinedRowsTest, ARowChangesDocumentsOfOtherTablesRows) {
  using mapper::Insert;
  using mapper::Text;
  using mapper::Update;
  // The brand comes behind its product, in one transaction.
  Apply({Insert(products_, {Value::Int(1), Text("kettle"), Value::Int(7)}),
         Insert(brands_, {Value::Int(7), Text("Acme")}),
         Insert(products_, {Value::Int(2), Text("pan"), Value::Int(7)}),
         Insert(products_, {Value::Int(3), Text("spoon"), Value::Int(8)})});
  EXPECT_EQ(Product("1"), R"({"title":"kettle","brand_id":"7","brand":"Acme"})");
  EXPECT_EQ(Product("3"), R"({"title":"spoon","brand_id":"8","brand":""})");
  const index::Epoch before = engine_->View()->epoch();
  // One row, three documents: two products, which the transaction does not name, and the brand's own.
  Apply({Update(brands_, {Value::Int(7), Text("Acme")}, {Value::Int(7), Text("Zenith")})});
  EXPECT_EQ(Product("1"), R"({"title":"kettle","brand_id":"7","brand":"Zenith"})");
  EXPECT_EQ(Product("2"), R"({"title":"pan","brand_id":"7","brand":"Zenith"})");
  EXPECT_EQ(Product("3"), R"({"title":"spoon","brand_id":"8","brand":""})");
  EXPECT_EQ(engine_->View()->epoch(), before + 1) << "in one step";
  // A product goes to another brand: the old one's next name is none of its own any more.
  Apply({Update(products_, {Value::Int(2), Text("pan"), Value::Int(7)},
                {Value::Int(2), Text("pan"), Value::Int(8)}),
         Update(brands_, {Value::Int(7), Text("Zenith")}, {Value::Int(7), Text("Apex")}),
         Insert(brands_, {Value::Int(8), Text("Bolt")}),
         mapper::Delete(products_, {Value::Int(3), Text("spoon"), Value::Int(8)})});
  EXPECT_EQ(Product("1"), R"({"title":"kettle","brand_id":"7","brand":"Apex"})");
  EXPECT_EQ(Product("2"), R"({"title":"pan","brand_id":"8","brand":"Bolt"})");
  EXPECT_EQ(Product("3"), "none");
}

}  // namespace
}  // namespace binseek::pipeline
