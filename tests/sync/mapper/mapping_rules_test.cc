// Rules of the config: how they are read, what they make of a table, and which words refuse them.
#include "sync/mapper/mapping_rules.h"

#include <gmock/gmock.h>

#include "sync/mapper/document_builder.h"
#include "sync/mapper/id_cells.h"
#include "sync/mapper/row_difference.h"
#include "sync/mapper/table_layout.h"
#include "sync/mapper/table_mapping.h"
#include "sync/mapper/table_plan.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TablePointer& Orders() {
  static const TablePointer table = MakeTable(
      "orders_1", {MakeColumn("id", ColumnType::kInt), MakeColumn("sku", ColumnType::kVarchar),
                   Decimal("price", 10, 2), MakeColumn("active", ColumnType::kTinyInt),
                   MakeColumn("attrs", ColumnType::kJson), MakeColumn("secret", ColumnType::kText),
                   WithScale("made", ColumnType::kDateTime, 0)});
  return table;
}

MapperOptions OptionsOf(std::string_view json) {
  auto rules = MappingRules::Parse(json);
  EXPECT_OK(rules);
  MapperOptions options;
  options.rules = std::make_shared<const MappingRules>(std::move(rules).value());
  return options;
}

Result<std::shared_ptr<const TableLayout>> LayoutBy(std::string_view json) {
  return LayOut(Orders(), OptionsOf(json));
}

std::string MappingBy(std::string_view json) {
  const auto layout = LayoutBy(json);
  EXPECT_OK(layout);
  const auto mapping = MappingOf(**layout);
  EXPECT_OK(mapping);
  return mapping->ToJson();
}

TEST(MappingRulesTest, AnIdThatBeginsWithItsSourceIsNoOtherSources) {
  MapperOptions options = OptionsOf(R"json([{"table":"*","id":["source","key"]}])json");
  options.source_name = "eu";
  const auto eu = LayOut(Orders(), options);
  ASSERT_OK(eu);
  EXPECT_TRUE((*eu)->id_names_source);
  EXPECT_TRUE((*eu)->id_is_key);
  const change::RowImage row(Orders()->columns.size(), Value::Int(7));
  EXPECT_EQ(*DocumentId(**eu, row), "eu:7");
  const auto cells = KeyCellsOfId(**eu, "eu:7");
  ASSERT_OK(cells);
  EXPECT_THAT(*cells, ElementsAre("7"));
  options.source_name = "us";
  EXPECT_NE((*LayOut(Orders(), options))->fingerprint, (*eu)->fingerprint)
      << "its documents have other ids";
  EXPECT_STATUS(LayoutBy(R"json([{"table":"*","id":["`source`","key"]}])json"), kInvalidArgument)
      << "a column of that name stands in backticks";
}

TEST(MappingRulesTest, PatternsTakeStarsAndPercents) {
  EXPECT_TRUE(MatchesPattern("orders_%", "orders_12"));
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("a*b%c", "a12b34c"));
  EXPECT_TRUE(MatchesPattern("a*bc", "abcbc"));
  EXPECT_FALSE(MatchesPattern("orders_%", "orders"));
  EXPECT_FALSE(MatchesPattern("a*b", "abc"));
  EXPECT_FALSE(MatchesPattern("", "a"));
  EXPECT_FALSE(MatchesPattern("a_c", "abc")) << "an underscore is one";
}

TEST(MappingRulesTest, TheFirstRuleThatMatchesIsTheTables) {
  const auto rules = MappingRules::Parse(
      R"json([{"table":"orders_9","index":"nine"},{"table":"shop_%.orders_%","index":"shops"},{"table":"orders_%","index":"orders"}])json");
  ASSERT_OK(rules);
  EXPECT_EQ(rules->Find("shop", "orders_9")->index, "nine");
  EXPECT_EQ(rules->Find("shop_1", "orders_1")->index, "shops");
  EXPECT_EQ(rules->Find("shop", "orders_1")->index, "orders");
  EXPECT_EQ(rules->Find("shop", "customers"), nullptr);
  EXPECT_EQ(MappingRules::Parse("")->rules().size(), 0u);
}

TEST(MappingRulesTest, WhatCannotBeARuleIsRefusedWithItsPlace) {
  const auto refusal = [](std::string_view json) {
    const auto rules = MappingRules::Parse(json);
    EXPECT_STATUS(rules, kInvalidArgument) << json;
    return rules.status().message();
  };
  EXPECT_THAT(refusal("{}"), HasSubstr("a list of rules"));
  EXPECT_THAT(refusal("[{}]"), HasSubstr("rule 1: a map with a key 'table'"));
  EXPECT_THAT(refusal(R"json([{"table":"a"},{"table":"b","indx":"c"}])json"),
              HasSubstr("rule 2, table b: unknown key 'indx'"));
  EXPECT_THAT(refusal(R"json([{"table":"a","id":["table"]}])json"), HasSubstr("key, or columns"));
  EXPECT_THAT(refusal(R"json([{"table":"a","id":["source"]}])json"), HasSubstr("key, or columns"));
  EXPECT_THAT(refusal(R"json([{"table":"a","id":["key","source"]}])json"),
              HasSubstr("the source, where it is a part, as the first one"));
  EXPECT_THAT(refusal(R"json([{"table":"a","where":"b >"}])json"),
              HasSubstr("where: b >: at character 4"));
  EXPECT_THAT(refusal(R"json([{"table":"a","fields":{"x":{"type":"txt"}}}])json"),
              HasSubstr("field `x`: No handler for type [txt]"));
  EXPECT_THAT(refusal(R"json([{"table":"a","fields":{"x":{"type":"text","boost":2}}}])json"),
              HasSubstr("unknown parameter [boost]"));
  EXPECT_THAT(refusal(R"json([{"table":"a","fields":{"x":{"value":"1","column":"b"}}}])json"),
              HasSubstr("only one of"));
  EXPECT_THAT(refusal(R"json([{"table":"a","fields":{"x":{"copy_to":"all"}}}])json"),
              HasSubstr("no field `all`"));
  EXPECT_THAT(refusal(R"json([{"table":"a","fields":{"x.y":{"type":"text"}}}])json"),
              HasSubstr("'.'"));
  EXPECT_THAT(refusal(R"json([{"table":"a","fields":{"x":{"constant":[1]}}}])json"),
              HasSubstr("constant"));
}

TEST(TableLayoutTest, WithoutARuleItIsTheTables) {
  EXPECT_EQ(MappingBy(R"json([{"table":"others"}])json"), DeriveMapping(*Orders())->ToJson());
  EXPECT_EQ((*LayoutBy(R"json([{"table":"others"}])json"))->fingerprint, 0u);
}

TEST(TableLayoutTest, FieldsAreWhatTheRuleSays) {
  const std::string mapping = MappingBy(
      R"json([{"table":"orders_%","index":"orders","exclude":["sec*","made"],
      "rename":{"sku":"article"},
      "fields":{"article":{"type":"keyword","normalizer":"lowercase","copy_to":["all"]},
      "active":{"type":"boolean"},
      "attrs":{"type":"object","properties":{"color":{"type":"keyword"},"size":{"properties":{"w":{"type":"long"}}}}},
      "total":{"value":"price * 2"},
      "label":{"value":"concat(sku, ' ', id)","type":"text","analyzer":"simple"},
      "tags":{"value":"split(secret, ',')"},"cheap":{"value":"price < 5"},
      "kind":{"constant":"order"},"one":{"constant":1},
      "price_text":{"column":"price","type":"keyword"},"all":{"type":"text"}}}])json");
  EXPECT_EQ(
      mapping,
      R"({"properties":{"id":{"type":"long"},"article":{"type":"keyword","normalizer":"lowercase"},)"
      R"("price":{"type":"scaled_float","scaling_factor":100.0},"active":{"type":"boolean"},)"
      R"("attrs":{"properties":{"color":{"type":"keyword"},"size":{"properties":{"w":{"type":"long"}}}}},)"
      R"("total":{"type":"scaled_float","scaling_factor":100.0},"label":{"type":"text","analyzer":"simple"},)"
      R"("tags":{"type":"keyword"},"cheap":{"type":"boolean"},"kind":{"type":"keyword"},"one":{"type":"long"},)"
      R"("price_text":{"type":"keyword"},"all":{"type":"text"}}})");
}

TEST(TableLayoutTest, TheHashCoversWhatMappingFilterAndIdRead) {
  const auto layout = LayoutBy(
      R"json([{"table":"*","include":["price"],"where":"active = 1","id":["sku"],
      "fields":{"x":{"value":"lower(secret)"}}}])json");
  ASSERT_OK(layout);
  EXPECT_THAT((*layout)->ColumnsRead(), ElementsAre(1, 2, 3, 5));
  EXPECT_FALSE((*layout)->id_is_key);
  const auto plan = MakeTablePlan(*layout, index::IndexId{1}, *MappingOf(**layout));
  ASSERT_OK(plan);
  EXPECT_THAT((*plan)->reads_beside, ElementsAre(1, 3, 5));
  EXPECT_EQ((*plan)->row_hasher.list_id(), change::RowHasher(*Orders(), {1, 2, 3, 5}).list_id());
}

TEST(TableLayoutTest, OtherRulesHaveOtherFingerprintsAndOtherPatternsDoNot) {
  const auto print = [](std::string_view json) { return (*LayoutBy(json))->fingerprint; };
  const uint64_t one = print(R"json([{"table":"orders_%","where":"active = 1"}])json");
  EXPECT_NE(one, 0u);
  EXPECT_EQ(one, print(R"json([{"table":"orders_1","where":"active = 1"}])json"));
  EXPECT_NE(one, print(R"json([{"table":"orders_%","where":"active = 2"}])json"));
  MapperOptions zoned;
  zoned.time_zone = *TimeZone::Find("Europe/Berlin");
  EXPECT_NE((*LayOut(Orders(), zoned))->fingerprint, 0u);
  EXPECT_EQ((*LayOut(MakeTable("t", {MakeColumn("id", ColumnType::kInt)}), zoned))->fingerprint, 0u)
      << "no column depends on it";
  zoned.time_zone = *TimeZone::Find("Etc/UTC");
  EXPECT_EQ((*LayOut(Orders(), zoned))->fingerprint, 0u);
}

TEST(TableLayoutTest, ZeroDatesAreCountedAndRefusedWhereTheConfigSaysSo) {
  const TablePointer table =
      MakeTable("t", {MakeColumn("id", ColumnType::kInt), MakeColumn("day", ColumnType::kDate)});
  const auto row = [](const change::Calendar& day) {
    return change::RowImage{Value::Int(1),
                            Value::Of(change::ValueKind::kDate, change::PackCalendar(day))};
  };
  for (const bool refused : {false, true}) {
    MapperOptions options;
    options.zero_dates = std::make_shared<ZeroDates>(refused);
    const auto layout = *LayOut(table, options);
    EXPECT_EQ(layout->fingerprint != 0, refused);
    const auto plan = *MakeTablePlan(layout, index::IndexId{1}, *MappingOf(*layout));
    const change::RowImage real = row({.year = 2026, .month = 1, .day = 2});
    EXPECT_OK(BuildDocument(*plan, real, {}));
    EXPECT_EQ(BuildDocument(*plan, row({}), {}).ok(), !refused);
    EXPECT_EQ(BuildDocument(*plan, row({.year = 2026}), {}).ok(), !refused);
    // As an update of the column alone.
    const auto update = CompareImages(*plan, real, row({}), change::Flavor::kMysql);
    EXPECT_EQ(update.ok(), !refused);
    EXPECT_EQ(options.ZeroDatesMet(), 3u);
  }
}

TEST(TableLayoutTest, WhatDoesNotFitTheTableNamesTableColumnAndFix) {
  const auto refusal = [](std::string_view json) {
    const auto layout = LayoutBy(json);
    EXPECT_STATUS(layout, kInvalidArgument) << json;
    return layout.status().message();
  };
  EXPECT_EQ(refusal(R"json([{"table":"*","where":"state = 1"}])json"),
            "table shop.orders_1, where: the table has no column `state` (source.mapping, rule 1, "
            "table *)");
  EXPECT_THAT(refusal(R"json([{"table":"*","id":["uuid"]}])json"), HasSubstr("no column `uuid`"));
  EXPECT_THAT(refusal(R"json([{"table":"*","rename":{"nme":"name"}}])json"), HasSubstr("`nme`"));
  EXPECT_THAT(refusal(R"json([{"table":"*","rename":{"sku":"id"}}])json"),
              HasSubstr("its field `id` is that of column `id` already"));
  EXPECT_THAT(refusal(R"json([{"table":"*","rename":{"sku":"a.b"}}])json"),
              HasSubstr("column `sku`"));
  EXPECT_THAT(refusal(R"json([{"table":"*","fields":{"secret":{"type":"object"}}}])json"),
              HasSubstr("type [object] cannot hold values of TEXT; its own type is [text]"));
  EXPECT_THAT(
      refusal(R"json([{"table":"*","fields":{"sku":{"type":"text","analyzer":"klingon"}}}])json"),
      HasSubstr("no analyzer [klingon]; there are"));
  EXPECT_THAT(refusal(R"json([{"table":"*","fields":{"prize":{"type":"double"}}}])json"),
              HasSubstr("the table has no column `prize`"));
  EXPECT_THAT(
      refusal(
          R"json([{"table":"*","rename":{"sku":"x"},"fields":{"sku":{"type":"keyword"}}}])json"),
      HasSubstr("renamed or not included"));
  EXPECT_THAT(refusal(R"json([{"table":"*","fields":{"sku":{"copy_to":"price"},"price":{}}}])json"),
              HasSubstr("no field of type text or keyword"));
  EXPECT_THAT(refusal(R"json([{"table":"*","fields":{"x":{"value":"NULL"}}}])json"),
              HasSubstr("always NULL"));
  EXPECT_THAT(refusal(R"json([{"table":"*","fields":{"x":{"value":"sku + 1"}}}])json"),
              HasSubstr("no number"));
  EXPECT_THAT(refusal(R"json([{"table":"*","soft_delete":"sku"}])json"), HasSubstr("soft_delete"));
}

TEST(TableLayoutTest, IdsAreOfThePartsThatAreNamed) {
  const change::RowImage row = {Value::Int(7), Text("a:b"), Dec("1.00"),  Value::Int(1),
                                Json("{}"),    Text("s"),   Value::Null()};
  const auto id = [&](std::string_view json) { return DocumentId(**LayoutBy(json), row); };
  EXPECT_EQ(*id(R"json([{"table":"*"}])json"), "7");
  EXPECT_EQ(*id(R"json([{"table":"*","id":["table","key"]}])json"), "orders_1:7");
  EXPECT_EQ(*id(R"json([{"table":"*","id":["database","table","sku"]}])json"),
            "shop:orders_1:a\\:b");
  EXPECT_EQ(*id(R"json([{"table":"*","id":"sku"}])json"), "a:b");
  EXPECT_THAT(id(R"json([{"table":"*","id":["made"]}])json").status().message(),
              HasSubstr("column `made`: as part of the _id: it is NULL"));
}

TEST(TableLayoutTest, KeysAreFoundInIdsThatHaveThem) {
  const auto cells = [](std::string_view json, std::string_view id) {
    return KeyCellsOfId(**LayoutBy(json), id);
  };
  EXPECT_THAT(*cells(R"json([{"table":"*","id":["table","key"]}])json", "orders_1:7"),
              ElementsAre("7"));
  EXPECT_THAT(*cells(R"json([{"table":"*","id":["sku","id"]}])json", "a\\:b:7"), ElementsAre("7"));
  EXPECT_STATUS(cells(R"json([{"table":"*","id":["sku"]}])json", "a"), kInvalidArgument);
}

TEST(TableLayoutTest, TypesThatDifferInOneIndexAreRefused) {
  const auto layout = LayoutBy(R"json([{"table":"*","fields":{"price":{"type":"double"}}}])json");
  ASSERT_OK(layout);
  const Status other =
      MakeTablePlan(*layout, index::IndexId{1}, *DeriveMapping(*Orders())).status();
  EXPECT_STATUS(other, kInvalidArgument);
  EXPECT_THAT(other.message(), HasSubstr("field `price`"));
}

}  // namespace
}  // namespace binseek::mapper
