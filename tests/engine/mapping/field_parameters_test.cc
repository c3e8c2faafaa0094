// Parameters of fields: as JSON, in the manifest, and what they do to documents.
#include "engine/mapping/field_parameters.h"

#include <algorithm>
#include <string>

#include "engine/mapping/document_parser.h"
#include "engine/mapping/ip.h"
#include "engine/mapping/mapping.h"
#include "engine/mapping/number.h"
#include "engine/mapping/range_value.h"
#include "tests/support/status_matchers.h"

namespace binseek::mapping {
namespace {

// One field of each kind and each parameter that differs from its default, as ToJson writes them.
constexpr char kJson[] =
    R"({"properties":{"t":{"type":"text","search_analyzer":"simple","search_quote_analyzer":"keyword","similarity":"boolean",)"
    R"("index_options":"offsets","term_vector":"yes","index_prefixes":{"min_chars":1},"meta":{"unit":"m"},"copy_to":["a","b"],)"
    R"("position_increment_gap":7,"norms":false,"store":true,"fielddata":true,"eager_global_ordinals":true,"index_phrases":true},)"
    R"("i":{"type":"integer","null_value":"7","coerce":false},"h":{"type":"half_float"},"n":{"type":"date_nanos","format":"yyyy-MM-dd"},)"
    R"("ip":{"type":"ip","ignore_malformed":true},"c":{"type":"token_count","analyzer":"standard","enable_position_increments":false},)"
    R"("rf":{"type":"rank_feature","positive_score_impact":false},"rfs":{"type":"rank_features"},"ir":{"type":"integer_range"},)"
    R"("lr":{"type":"long_range"},"fr":{"type":"float_range"},"dr":{"type":"double_range"},"tr":{"type":"date_range"},"ipr":{"type":"ip_range"},)"
    R"("ck":{"type":"constant_keyword","value":"eu"},"w":{"type":"wildcard","ignore_above":9},"al":{"type":"alias","path":"i"},)"
    R"("g":{"type":"geo_point","ignore_z_value":false},"o":{"type":"object","enabled":false}}})";

Mapping Must(std::string_view json) {
  auto mapping = Mapping::FromJson(json);
  EXPECT_OK(mapping);
  return mapping.ok() ? *std::move(mapping) : Mapping();
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

TEST(FieldParametersTest, JsonComesBackThroughTheManifest) {
  const Mapping mapping = Must(kJson);
  EXPECT_EQ(mapping.ToJson(), kJson);
  std::string bytes;
  mapping.EncodeTo(&bytes);
  const auto decoded = Mapping::Decode(bytes);
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->ToJson(), kJson);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Mapping::Decode(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
}

// Settled: what is written today has to be read for ever, and an index without parameters is written as it was before there were any.
TEST(FieldParametersTest, ManifestBytesAreWhatTheyWere) {
  std::string bytes;
  Must(R"({"properties":{"a":{"type":"long"},"b":{"type":"ip","null_value":"::1","copy_to":"c"}}})")
      .EncodeTo(&bytes);
  EXPECT_EQ(Hex(bytes),
            "00001202"
            "10016102000873"
            "74616e6461726400000002030011016"
            "20f000873"
            "74616e64617264000000020302"
            "0d033a3a31"
            "0e020163"
            "0000");
}

TEST(FieldParametersTest, APropertyThatIsNotKnownMeansANewerFormat) {
  std::string bytes;
  Must(R"({"properties":{"b":{"type":"keyword","null_value":"x"}}})").EncodeTo(&bytes);
  const size_t at = bytes.find(std::string("\x01\x0d\x01x", 4));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 1] = 99;
  EXPECT_STATUS(Mapping::Decode(bytes), kFormatTooNew);
  bytes[at + 1] = 21;  // a flag, which "x" is not
  EXPECT_STATUS(Mapping::Decode(bytes), kCorruption);
}

TEST(FieldParametersTest, WrongParametersAreRefusedAsElasticsearchWordsIt) {
  const struct {
    const char* field;
    const char* error;
  } kRefusals[] = {
      {R"({"type":"long","similarity":"BM25"})",
       "unknown parameter [similarity] on mapper [x] of type [long]"},
      {R"({"type":"text","index_options":"all"})",
       "Unknown value [all] for field [index_options] of field [x] - accepted values are [docs, "
       "freqs, positions, offsets]"},
      {R"({"type":"alias"})", "The [path] property must be specified for field [x]."},
      {R"({"type":"alias","path":"x"})",
       "Invalid [path] value [x] for field alias [x]: an alias cannot refer to itself."},
      {R"({"type":"alias","path":"y"})",
       "Invalid [path] value [y] for field alias [x]: an alias must refer to an existing field in "
       "the mappings."},
      {R"({"type":"token_count"})", "Analyzer must be set for field [x] but wasn't."},
      {R"({"type":"text","norms":1})",
       "Failed to parse value [1] as only [true] or [false] are allowed. (parameter [norms] of "
       "field [x])"},
      {R"({"type":"date","format":"dd/QQ/yyyy"})",
       "Error parsing [format] on field [x]: Invalid format: [dd/QQ/yyyy]: Unknown pattern letter: "
       "Q"},
  };
  for (const auto& refusal : kRefusals) {
    const auto mapping =
        Mapping::FromJson(R"({"properties":{"x":)" + std::string(refusal.field) + "}}");
    EXPECT_EQ(mapping.status().message(), refusal.error);
  }
  Mapping integer = Must(R"({"properties":{"x":{"type":"integer"}}})");
  EXPECT_EQ(integer.Merge(R"({"properties":{"x":{"type":"long"}}})").message(),
            "mapper [x] cannot be changed from type [integer] to [long]");
}

class ParametersOfDocumentsTest : public ::testing::Test {
 protected:
  explicit ParametersOfDocumentsTest(const char* mapping = kMapping) : mapping_(Must(mapping)) {}

  Document Parse(const std::string& json) {
    auto document = ParseDocument(json, &mapping_);
    EXPECT_OK(document);
    return document.ok() ? *std::move(document) : Document();
  }
  std::string ErrorOf(const std::string& json) {
    return ParseDocument(json, &mapping_).status().message();
  }
  std::vector<std::string> Texts(const Document& document, const std::string& field) {
    std::vector<std::string> out;
    for (const TextValue& value : document.texts) {
      if (value.field == mapping_.Find(field)->id) {
        out.push_back(value.text);
      }
    }
    return out;
  }
  std::vector<int64_t> Numbers(const Document& document, const std::string& field) {
    std::vector<int64_t> out;
    for (const NumberValue& value : document.numbers) {
      if (value.field == mapping_.Find(field)->id) {
        out.push_back(value.value);
      }
    }
    return out;
  }
  using Strings = std::vector<std::string>;
  using Integers = std::vector<int64_t>;

  static constexpr char kMapping[] =
      R"({"properties":{"name":{"type":"text","copy_to":["all","brand"],"fields":{"n":{"type":"token_count","analyzer":"standard"}}},
      "all":{"type":"text"},"brand":{"type":"keyword","null_value":"none"},"i":{"type":"integer"},"b":{"type":"byte","coerce":false},
      "ip":{"type":"ip"},"soft":{"type":"ip","ignore_malformed":true},"nanos":{"type":"date_nanos"},"half":{"type":"half_float"},
      "rf":{"type":"rank_feature"},"less":{"type":"rank_feature","positive_score_impact":false},"rfs":{"type":"rank_features"},
      "ir":{"type":"integer_range"},"dr":{"type":"date_range"},"ipr":{"type":"ip_range"},"c":{"type":"constant_keyword","value":"eu"},
      "alias":{"type":"alias","path":"i"},"off":{"type":"object","enabled":false},"bin":{"type":"binary"}}})";

  Mapping mapping_;
};

TEST_F(ParametersOfDocumentsTest, ValuesAreCopiedCountedAndStandInForNulls) {
  const Document document = Parse(R"({"name":["red shoe","boot"],"brand":null,"off":{"x":1}})");
  EXPECT_EQ(Texts(document, "all"), (Strings{"red shoe", "boot"}));
  EXPECT_EQ(Texts(document, "brand"), (Strings{"red shoe", "boot", "none"}));
  EXPECT_EQ(Numbers(document, "name.n"), (Integers{2, 1}));
  EXPECT_EQ(Texts(document, "c"), (Strings{"eu"}));
  EXPECT_EQ(mapping_.Find("off.x"), nullptr);
  EXPECT_EQ(Texts(Parse(R"({"bin":"AAA="})"), "bin"), (Strings{""}));
}

TEST_F(ParametersOfDocumentsTest, NarrowTypesRefuseWhatTheyCannotHold) {
  EXPECT_EQ(ErrorOf(R"({"i":2147483648})"),
            "failed to parse field [i] of type [integer]: Value [2147483648] is out of range for "
            "an integer");
  EXPECT_EQ(ErrorOf(R"({"b":-129})"),
            "failed to parse field [b] of type [byte]: Value [-129] is out of range for a byte");
  EXPECT_EQ(ErrorOf(R"({"b":"1"})"),
            "failed to parse field [b] of type [byte]: Long value passed as String");
  EXPECT_EQ(ErrorOf(R"({"b":1.5})"),
            "failed to parse field [b] of type [byte]: Value [1.5] has a decimal part");
  EXPECT_EQ(ErrorOf(R"({"alias":1})"), "Cannot write to a field alias [alias].");
  EXPECT_EQ(ErrorOf(R"({"half":70000})"),
            "failed to parse field [half] of type [half_float]: [half_float] supports only finite "
            "values, but got [70000]");
  EXPECT_EQ(ErrorOf(R"({"ip":"10.0.0.256"})"),
            "failed to parse field [ip] of type [ip]: '10.0.0.256' is not an IP string literal.");
  EXPECT_EQ(Texts(Parse(R"({"soft":"x"})"), "soft"), Strings());
  EXPECT_EQ(ErrorOf(R"({"rf":0})"),
            "failed to parse field [rf] of type [rank_feature]: [rank_feature] fields only support "
            "positive normal floats, got: [0]");
  EXPECT_EQ(ErrorOf(R"({"nanos":"1969-12-31"})"),
            "failed to parse field [nanos] of type [date_nanos]: date[1969-12-31] is before the "
            "epoch in 1970 and cannot be stored in nanosecond resolution");
  EXPECT_EQ(ErrorOf(R"({"ir":{"gte":5,"lt":5}})"),
            "failed to parse field [ir] of type [integer_range]: min value is greater than max "
            "value");
}

TEST_F(ParametersOfDocumentsTest, SpecialValuesAreKeptExactly) {
  const Document document = Parse(
      R"({"nanos":"2026-01-02T03:04:05.123456789Z","half":0.1,"rf":1.7,"less":4,"rfs":{"a":2,"b":0.5},
          "ir":{"gt":1,"lt":5},"ipr":"10.0.0.0/8","dr":{"gte":"2026-01-01"}})");
  EXPECT_EQ(Numbers(document, "nanos"), (Integers{1767323045123456789}));
  EXPECT_EQ(Numbers(document, "half"), (Integers{SortableFromDouble(0.0999755859375)}));
  EXPECT_EQ(Numbers(document, "rf"), (Integers{SortableFromDouble(1.69921875)}));
  EXPECT_EQ(Numbers(document, "less"), (Integers{SortableFromDouble(0.25)}));
  EXPECT_EQ(Texts(document, "rfs"), (Strings{FeatureTerm("a", 2), FeatureTerm("b", 0.5F)}));
  EXPECT_EQ(FeatureOfTerm(FeatureTerm("a", 2).substr(2)), 2.0F);
  EXPECT_EQ(Texts(document, "ir"), (Strings{EndOfColumnValue(2) + EndOfColumnValue(4)}));
  EXPECT_EQ(FormatIp(SplitRange(Texts(document, "ipr")[0]).last), "10.255.255.255");
  EXPECT_EQ(SplitRange(Texts(document, "dr")[0]).last, EndOfColumnValue(INT64_MAX));
}

TEST(IpTest, TextsComeBackInTheirShortestForm) {
  for (const char* text : {"0.0.0.0", "192.168.1.255", "::", "::1", "2001:db8::1", "1::2:0:0:3",
                           "fe80:1:2:3:4:5:6:7", "1:0:0:2::"}) {
    const auto bytes = ParseIp(text);
    ASSERT_OK(bytes);
    EXPECT_EQ(FormatIp(*bytes), text);
  }
  EXPECT_EQ(FormatIp(*ParseIp("::ffff:1.2.3.4")), "1.2.3.4");
  for (const char* text :
       {"", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", ":", ":::", "1::2::3",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "g::", "12345::", "1:"}) {
    EXPECT_STATUS(ParseIp(text), kInvalidArgument) << text;
  }
  const auto block = ParseCidr("192.168.5.7/22");
  ASSERT_OK(block);
  EXPECT_EQ(FormatIp(block->first) + " " + FormatIp(block->last), "192.168.4.0 192.168.7.255");
  EXPECT_STATUS(ParseCidr("1.2.3.4/33"), kInvalidArgument);
  EXPECT_STATUS(ParseCidr("1.2.3.4"), kInvalidArgument);
}

}  // namespace
}  // namespace binseek::mapping
