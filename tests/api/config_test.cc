#include "api/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "api/config_keys.h"
#include "tests/support/status_matchers.h"

namespace binseek::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ConfigInputs File(std::string text) {
  ConfigInputs inputs;
  inputs.file_name = "binseek.yaml";
  inputs.file_text = std::move(text);
  return inputs;
}

std::string ErrorOf(const ConfigInputs& inputs) {
  const Result<Config> config = LoadConfig(inputs);
  EXPECT_STATUS(config, kInvalidArgument);
  return std::string(config.status().message());
}

TEST(ConfigTest, NothingGivenMeansDefaults) {
  const Result<Config> config = LoadConfig({});
  ASSERT_OK(config);
  EXPECT_EQ(config->data_dir, "data");
  EXPECT_EQ(config->server.listen, "127.0.0.1:9200");
  EXPECT_FALSE(config->server.trust_network);
  EXPECT_EQ(config->server.max_body_bytes, 100 << 20);
  EXPECT_EQ(config->server.request_timeout_ms, 30000);
  EXPECT_EQ(config->engine_commit_interval_ms, 1000);
  EXPECT_EQ(config->search.max_result_window, 10000);
  EXPECT_EQ(config->source.url, "");
  EXPECT_EQ(config->log_level, "info");
}

TEST(ConfigTest, FileSetsScalarsListsAndMaps) {
  const Result<Config> config =
      LoadConfig(File("data_dir: /var/lib/binseek\n"
                      "source:\n"
                      "  url: mysql://a@b/c\n"
                      "  include: [products, 'shop_*']\n"
                      "  rename: {Products: goods}\n"
                      "server:\n"
                      "  idle_timeout: 5m\n"
                      "  max_body_bytes: 2mb\n"));
  ASSERT_OK(config);
  EXPECT_EQ(config->data_dir, "/var/lib/binseek");
  EXPECT_THAT(config->source.include, ElementsAre("products", "shop_*"));
  EXPECT_EQ(config->source.rename.at("Products"), "goods");
  EXPECT_EQ(config->server.idle_timeout_ms, 300000);
  EXPECT_EQ(config->server.max_body_bytes, 2 << 20);
}

TEST(ConfigTest, MappingRulesComeAsYamlOrJson) {
  const Result<Config> config = LoadConfig(
      File("source:\n"
           "  time_zone: Europe/Berlin\n"
           "  mapping:\n"
           "    - table: orders_%\n"
           "      id: [table, key]\n"
           "      where: \"stock > 0\"\n"
           "      fields: {kind: {constant: '7'}, one: {constant: 1}, yes: {constant: true}}\n"
           "    - {table: shop}\n"));
  ASSERT_OK(config);
  EXPECT_EQ(
      config->source.mapping.json,
      R"json([{"table":"orders_%","id":["table","key"],"where":"stock > 0",)json"
      R"json("fields":{"kind":{"constant":"7"},"one":{"constant":1},"yes":{"constant":true}}},{"table":"shop"}])json");
  EXPECT_EQ(config->source.time_zone, "Europe/Berlin");
  ConfigInputs inputs;
  inputs.environment["BINSEEK_SOURCE_MAPPING"] = R"json([{"table":"t"}])json";
  EXPECT_EQ(LoadConfig(inputs)->source.mapping.json, R"json([{"table":"t"}])json");
  EXPECT_EQ(LoadConfig(File("source:\n  mapping:\n"))->source.mapping.json, "");
}

TEST(ConfigTest, AWrongMappingRuleNamesItsLineAndWhatIsWrong) {
  EXPECT_EQ(ErrorOf(File("source:\n"
                         "  mapping:\n"
                         "    - table: a\n"
                         "    - table: b\n"
                         "      where: \"stock >\"\n")),
            "binseek.yaml:4: source.mapping: rule 2, table b: where: stock >: at character 8: a "
            "column, a literal or a function is wanted, not the end");
  EXPECT_THAT(ErrorOf(File("source:\n  mapping:\n    - {table: a, table: b}\n")),
              HasSubstr("'table' is given twice"));
  EXPECT_THAT(ErrorOf(File("source:\n  mapping: orders\n")), HasSubstr("source.mapping"));
  EXPECT_THAT(ErrorOf(File("source:\n  zero_dates: none\n")), HasSubstr("null or error is wanted"));
  EXPECT_EQ(LoadConfig(File("source:\n  zero_dates: null\n"))->source.zero_dates, "null");
  EXPECT_EQ(LoadConfig(File("source:\n  zero_dates: error\n"))->source.zero_dates, "error");
  EXPECT_THAT(ErrorOf(File("source:\n  time_zone: Mars\n")), HasSubstr("no time zone 'Mars'"));
}

TEST(ConfigTest, SeveralSourcesHaveTheKeysOfTheOne) {
  const Result<Config> config =
      LoadConfig(File("sources:\n"
                      "  - name: eu\n"
                      "    url: mysql://a@b/c\n"
                      "    include: [products]\n"
                      "    transaction_memory: 2mb\n"
                      "  - name: us-2\n"
                      "    url: mysql://a@d/c\n"
                      "    mapping: [{table: t, id: [source, key]}]\n"));
  ASSERT_OK(config);
  const std::vector<SourceConfig> sources = config->FollowedSources();
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].name, "eu");
  EXPECT_THAT(sources[0].include, ElementsAre("products"));
  EXPECT_EQ(sources[0].transaction_memory, 2 << 20);
  EXPECT_EQ(sources[1].name, "us-2");
  EXPECT_EQ(sources[1].url, "mysql://a@d/c");
  EXPECT_EQ(sources[1].transaction_memory, 64 << 20) << "what is left out has its default";
  EXPECT_EQ(sources[1].time_zone, "UTC");
  EXPECT_EQ(sources[1].mapping.json, R"json([{"table":"t","id":["source","key"]}])json");
}

TEST(ConfigTest, TheOneSourceIsTheDefaultOne) {
  const Result<Config> one = LoadConfig(File("source:\n  url: mysql://a@b/c\n"));
  ASSERT_OK(one);
  ASSERT_EQ(one->FollowedSources().size(), 1u);
  EXPECT_EQ(one->FollowedSources()[0].name, "default");
  EXPECT_TRUE(LoadConfig({})->FollowedSources().empty());
  EXPECT_THAT(ErrorOf(File("source:\n  name: Über\n")), HasSubstr("lower-case letters"));
}

TEST(ConfigTest, WhatIsWrongWithOneOfSeveralSourcesIsSaidWhereItStands) {
  EXPECT_EQ(ErrorOf(File("sources:\n  - name: eu\n    url: mysql://a@b/c\n    listn: x\n"
                         "  - url: mysql://a@b/c\n"
                         "  - name: eu\n    url: mysql://a@b/c\n"
                         "  - name: asia\n")),
            "binseek.yaml:4: source.listn: unknown key\n"
            "binseek.yaml:5: sources: an entry without source.name\n"
            "binseek.yaml:6: sources: the name eu is given twice\n"
            "binseek.yaml:8: sources: an entry without source.url");
  EXPECT_THAT(ErrorOf(File("sources:\n  - {name: a, url: x, server_id: 7}\n"
                           "  - {name: b, url: y, server_id: 7}\n")),
              HasSubstr("binseek.yaml:3: sources: a and b have the same server_id"));
  for (const char* wrong : {"sources:\n", "sources: []\n", "sources: {name: a}\n"}) {
    EXPECT_THAT(ErrorOf(File(wrong)), HasSubstr("a list of 1 to 64 sources is wanted"));
  }
  EXPECT_THAT(ErrorOf(File("sources:\n  - eu\n")), HasSubstr("a map of the keys of `source`"));
  EXPECT_THAT(ErrorOf(File("surces:\n  - eu\n")), HasSubstr("did you mean"));
}

// It would be passed over.
TEST(ConfigTest, ASourceBesideSeveralIsRefused) {
  const std::string two = "sources:\n  - {name: a, url: x}\n  - {name: b, url: y}\n";
  EXPECT_EQ(ErrorOf(File("source:\n  time_zone: UTC\n" + two)),
            "binseek.yaml:2: source.time_zone: given beside sources (binseek.yaml:3), each of "
            "which has keys of its own");
  ConfigInputs flag = File(two);
  flag.flags.emplace_back("source.url", "mysql://a@b/c");
  EXPECT_THAT(ErrorOf(flag), HasSubstr("flag: source.url: given beside sources"));
  ConfigInputs environment = File(two);
  environment.environment["BINSEEK_SOURCE_INCLUDE"] = "x";
  EXPECT_THAT(ErrorOf(environment), HasSubstr("source.include: given beside sources"));
}

TEST(ConfigTest, SourcesThatChangeNeedARestart) {
  const auto one = LoadConfig(File("sources:\n  - {name: a, url: x}\n"));
  const auto other = LoadConfig(File("sources:\n  - {name: a, url: y}\n"));
  ASSERT_OK(one);
  ASSERT_OK(other);
  EXPECT_THAT(KeysThatNeedRestart(*one, *other), ElementsAre("sources"));
  EXPECT_TRUE(KeysThatNeedRestart(*one, *one).empty());
}

TEST(ConfigTest, UnknownKeyNamesLineAndNearestName) {
  EXPECT_THAT(ErrorOf(File("server:\n  listn: 127.0.0.1:1\n")),
              HasSubstr("binseek.yaml:2: server.listn: unknown key; did you mean 'listen'?"));
  EXPECT_THAT(ErrorOf(File("\nsevrer:\n  listen: 127.0.0.1:1\n")),
              HasSubstr("binseek.yaml:2: sevrer: unknown key; did you mean 'server'?"));
}

TEST(ConfigTest, BadValueNamesLineKeyAndRange) {
  EXPECT_THAT(
      ErrorOf(File("server:\n  threads: 0\n")),
      HasSubstr("binseek.yaml:2: server.threads: '0' is not within its range: number, 1 to 1024"));
  EXPECT_THAT(ErrorOf(File("server:\n  request_timeout: 5 days\n")),
              HasSubstr("duration (ms, s, m, h), 100ms to 1h"));
  EXPECT_THAT(ErrorOf(File("server:\n  trust_network: yes please\n")),
              HasSubstr("true or false is wanted"));
  EXPECT_THAT(ErrorOf(File("server:\n  listen: nowhere\n")), HasSubstr("host:port is wanted"));
  EXPECT_THAT(ErrorOf(File("log:\n  level: loud\n")), HasSubstr("binseek.yaml:2: log.level"));
}

TEST(ConfigTest, AllProblemsAreToldAtOnce) {
  const std::string error =
      ErrorOf(File("server:\n  threads: x\n  listn: 1\nsnapshot:\n  chunk_rows: 1\n"));
  EXPECT_THAT(error, HasSubstr(":2: "));
  EXPECT_THAT(error, HasSubstr(":3: "));
  EXPECT_THAT(error, HasSubstr(":5: "));
}

TEST(ConfigTest, BrokenYamlAndKeysGivenTwiceAreErrors) {
  EXPECT_THAT(ErrorOf(File("server: [\n")), HasSubstr("no valid YAML"));
  EXPECT_THAT(ErrorOf(File("- a\n- b\n")), HasSubstr("a map of keys is wanted"));
  EXPECT_THAT(ErrorOf(File("data_dir: a\ndata_dir: b\n")),
              HasSubstr("binseek.yaml:2: data_dir: given twice"));
}

TEST(ConfigTest, FlagsWinOverEnvironmentOverFile) {
  ConfigInputs inputs = File("data_dir: file\nsnapshot:\n  chunk_rows: 100\nlog:\n  level: warn\n");
  inputs.environment = {{"BINSEEK_DATA_DIR", "environment"},
                        {"BINSEEK_SNAPSHOT_CHUNK_ROWS", "200"},
                        {"PATH", "/bin"}};
  inputs.flags = {{"data_dir", "flag"}};
  const Result<Config> config = LoadConfig(inputs);
  ASSERT_OK(config);
  EXPECT_EQ(config->data_dir, "flag");
  EXPECT_EQ(config->snapshot_chunk_rows, 200);
  EXPECT_EQ(config->log_level, "warn");
}

TEST(ConfigTest, MistypedEnvironmentVariableIsAnError) {
  ConfigInputs inputs;
  inputs.environment = {{"BINSEEK_SERVER_LISTN", "127.0.0.1:1"}};
  EXPECT_THAT(
      ErrorOf(inputs),
      HasSubstr("BINSEEK_SERVER_LISTN: no such key; did you mean 'BINSEEK_SERVER_LISTEN'?"));
  inputs.environment = {{"BINSEEK_SEED", "7"}, {"BINSEEK_SOURCE_INCLUDE", "a, b"}};
  const Result<Config> config = LoadConfig(inputs);
  ASSERT_OK(config);
  EXPECT_THAT(config->source.include, ElementsAre("a", "b"));
}

class SecretTest : public ::testing::Test {
 protected:
  SecretTest() : path_(::testing::TempDir() + "binseek_secret_" + std::to_string(getpid())) {
    std::ofstream(path_) << "mysql://u:s3cret@h/d\n";
  }
  ~SecretTest() override { std::filesystem::remove(path_); }

  const std::string path_;
};

TEST_F(SecretTest, UrlComesFromItsFile) {
  ConfigInputs inputs;
  inputs.environment = {{"BINSEEK_SOURCE_URL_FILE", path_}};
  const Result<Config> config = LoadConfig(inputs);
  ASSERT_OK(config);
  EXPECT_EQ(config->source.url, "mysql://u:s3cret@h/d");
}

TEST_F(SecretTest, StrongerPlaceWinsAndEqualOnesClash) {
  ConfigInputs inputs;
  inputs.environment = {{"BINSEEK_SOURCE_URL_FILE", path_}};
  inputs.flags = {{"source.url", "mysql://flag@h/d"}};
  EXPECT_EQ(LoadConfig(inputs)->source.url, "mysql://flag@h/d");
  inputs.flags.clear();
  inputs.environment["BINSEEK_SOURCE_URL"] = "mysql://u:s3cret@h/d";
  const std::string error = ErrorOf(inputs);
  EXPECT_THAT(error, HasSubstr("one of them must go"));
  EXPECT_THAT(error, Not(HasSubstr("s3cret")));
}

TEST_F(SecretTest, MissingFileIsAnError) {
  ConfigInputs inputs;
  inputs.environment = {{"BINSEEK_SOURCE_PASSWORD_FILE", path_ + ".missing"}};
  EXPECT_THAT(ErrorOf(inputs), HasSubstr("source.password_file"));
}

TEST(ConfigTest, ExampleFileIsCurrentValidAndSaysTheDefaults) {
  const Result<std::string> example = ReadSmallFile("config/binseek.example.yaml", 1 << 20);
  ASSERT_OK(example);
  EXPECT_EQ(*example, ExampleConfig())
      << "build/dev/binseek check-config --example > config/binseek.example.yaml";
  const Result<Config> config = LoadConfig(File(*example));
  const Result<Config> defaults = LoadConfig({});
  ASSERT_OK(config);
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_EQ(TextOf(key, *config), TextOf(key, *defaults)) << key.path;
  }
}

TEST(ConfigTest, EveryDefaultIsWithinItsRangeAndReadsBack) {
  Config config;
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_FALSE(key.help.empty()) << key.path;
    EXPECT_FALSE(key.default_text.empty() && key.example.empty()) << key.path;
    if (!key.default_text.empty()) {
      EXPECT_OK(SetFromText(key, key.default_text, &config)) << key.path;
      EXPECT_EQ(TextOf(key, config), key.default_text) << key.path;
    }
  }
}

TEST(ConfigTest, ReloadTellsWhatNeedsARestart) {
  const Result<Config> running = LoadConfig({});
  const Result<Config> wanted =
      LoadConfig(File("data_dir: other\nlog:\n  level: debug\nsearch:\n  max_buckets: 5\n"));
  ASSERT_OK(wanted);
  EXPECT_THAT(KeysThatNeedRestart(*running, *wanted), ElementsAre("data_dir"));
}

TEST(ConfigTest, AnEmptyFlagIsAProblem) {
  for (const char* key : {"data_dir", "source.url", "server.listen"}) {
    ConfigInputs inputs;
    inputs.flags = {{key, ""}};
    EXPECT_THAT(ErrorOf(inputs), HasSubstr("flag: " + std::string(key) + ": must not be empty"));
  }
}

}  // namespace
}  // namespace binseek::api
