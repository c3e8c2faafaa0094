#include "sync/pipeline/index_owners.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "sync/mapper/mapping_rules.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::pipeline {
namespace {

using change::ColumnType;
using change::SourceId;
using mapper::MakeColumn;
using mapper::MakeTable;

constexpr SourceId kEu{2};
constexpr SourceId kUs{3};
constexpr index::IndexId kShared{7};

IndexOwner Owner(SourceId source, const std::string& name, const std::string& id) {
  mapper::MapperOptions options;
  options.source_name = name;
  options.rules = std::make_shared<const mapper::MappingRules>(
      *mapper::MappingRules::Parse(R"([{"table":"*","index":"all","id":)" + id + "}]"));
  const auto layout = mapper::LayOut(MakeTable("t", {MakeColumn("id", ColumnType::kInt)}), options);
  EXPECT_OK(layout);
  return {source, name, "shop.t", kShared, *layout, false};
}

TEST(IndexOwnersTest, OthersAreTheTablesOfOtherSources) {
  IndexOwners owners;
  owners.Claim("all", Owner(kEu, "eu", R"(["source","key"])"));
  owners.Claim("all", Owner(kUs, "us", R"(["source","key"])"));
  ASSERT_EQ(owners.OthersOf("all", kEu).size(), 1u);
  EXPECT_EQ(owners.OthersOf("all", kEu)[0].source_name, "us");
  EXPECT_EQ(owners.OthersOf("all", SourceId{4}).size(), 2u);
  EXPECT_TRUE(owners.OthersOf("other", kEu).empty());
  owners.Claim("other", Owner(kUs, "us", R"(["key"])"));  // it has moved
  EXPECT_TRUE(owners.OthersOf("all", kEu).empty());
  owners.Release(kUs, "shop.t");
  EXPECT_TRUE(owners.OthersOf("other", kEu).empty());
}

TEST(IndexOwnersTest, KeysHaveAPrefixWhereIdsBeginWithTheSource) {
  IndexOwners owners;
  EXPECT_EQ(owners.KeyPrefixOf(kEu, "all"), std::nullopt);
  owners.Claim("all", Owner(kEu, "eu", R"(["source","key"])"));
  EXPECT_EQ(owners.KeyPrefixOf(kEu, "all"), "eu:");
  EXPECT_EQ(owners.KeyPrefixOf(kEu, "other"), std::nullopt);
  EXPECT_EQ(owners.KeyPrefixOf(kUs, "all"), std::nullopt) << "it has nothing there";
  IndexOwner plain = Owner(kEu, "eu", R"(["key"])");
  plain.table = "shop.u";
  owners.Claim("all", plain);
  EXPECT_EQ(owners.KeyPrefixOf(kEu, "all"), "eu:") << "others may be there";
  owners.Release(kEu, "shop.t");
  EXPECT_EQ(owners.KeyPrefixOf(kEu, "all"), "") << "all of it is its own";
  owners.Claim("all", Owner(kUs, "us", R"(["source","key"])"));
  EXPECT_EQ(owners.KeyPrefixOf(kEu, "all"), std::nullopt) << "its keys are told from no others";
  EXPECT_EQ(owners.KeyPrefixOf(kUs, "all"), "us:");
  owners.Release(kUs, "shop.t");
  plain.layout = nullptr;
  owners.Claim("all", plain);
  EXPECT_EQ(owners.KeyPrefixOf(kEu, "all"), "eu:") << "what is not known is not risked";
}

}  // namespace
}  // namespace binseek::pipeline
