#include "tests/integration/type_matrix.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

constexpr int kDrawn = 4;  // random values of a type
constexpr std::string_view kGenerated = "DEFAULT";

std::string Number(int64_t number) { return std::to_string(number); }

std::string HexLiteral(std::string_view bytes) { return mysql::QuoteBytes(bytes); }
std::string TextLiteral(std::string_view utf8) {
  return utf8.empty() ? "''" : "_utf8mb4 " + HexLiteral(utf8);
}

std::string Repeated(const std::string& expression, int times) {
  return "REPEAT(" + expression + ", " + std::to_string(times) + ")";
}

// Makes the types of one matrix.
class Generator {
 public:
  Generator(ServerFlavor flavor, std::mt19937_64* random)
      : mariadb_(flavor == ServerFlavor::kMariadb), random_(*random) {}

  void AddIntegers() {
    const std::pair<const char*, int> kIntegers[] = {
        {"TINYINT", 8}, {"SMALLINT", 16}, {"MEDIUMINT", 24}, {"INT", 32}, {"BIGINT", 64}};
    for (const auto& [name, bits] : kIntegers) {
      const uint64_t max = ~uint64_t{0} >> (64 - bits);
      const auto highest = static_cast<int64_t>(max / 2);
      MatrixType& of_signed = Add(name);
      of_signed.values = {{"min", Number(-highest - 1)},
                          {"max", Number(highest)},
                          {"zero", "0"},
                          {"minus one", "-1"}};
      MatrixType of_unsigned{std::string(name) + " UNSIGNED",
                             {{"zero", "0"},
                              {"max", std::to_string(max)},
                              {"high bit alone", std::to_string(max / 2 + 1)}}};
      for (int i = 0; i < kDrawn; ++i) {
        const uint64_t drawn = random_() & max;
        of_unsigned.values.push_back({"random", std::to_string(drawn)});
        of_signed.values.push_back({"random", Number(static_cast<int64_t>(drawn) - highest - 1)});
      }
      types_.push_back(std::move(of_unsigned));
      Add(std::string(name) + " ZEROFILL").values = {{"zero", "0"}, {"small", "42"}};
    }
    Add("BOOLEAN").values = {{"true", "TRUE"}, {"false", "FALSE"}, {"neither", "77"}};
    Add("YEAR").values = {{"zero", "0"}, {"min", "1901"}, {"max", "2155"}, {"usual", "2026"}};
    for (const int bits : {1, 8, 9, 17, 63, 64}) {
      const uint64_t max = ~uint64_t{0} >> (64 - bits);
      Add("BIT(" + std::to_string(bits) + ")").values = {
          {"zero", "b'0'"},
          {"max", std::to_string(max)},
          {"high bit alone", std::to_string(max / 2 + 1)},
          {"low bit alone", "1"},
          {"random", std::to_string(random_() & max)}};
    }
  }

  void AddDecimals() {
    const std::pair<int, int> kShapes[] = {{1, 0},        {5, 5},  {9, 0},  {10, 2},
                                           {18, 0},       {18, 9}, {19, 9}, {28, 10},
                                           {38, 38 - 10}, {65, 0}, {65, 30}};
    for (const auto& [precision, scale] : kShapes) {
      const auto decimal = [scale = scale](const std::string& digits) {
        const auto whole = digits.size() - static_cast<size_t>(scale);
        return scale == 0
                   ? digits
                   : (whole == 0 ? "0" : digits.substr(0, whole)) + "." + digits.substr(whole);
      };
      const auto size = static_cast<size_t>(precision);
      const std::string max = decimal(std::string(size, '9'));
      std::string one(size, '0');
      one.back() = '1';
      std::string ten(size, '0');
      ten[size > 1 ? size - 2 : 0] = '1';
      MatrixType type{"DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")",
                      {{"zero", "0"},
                       {"max", max},
                       {"smallest", decimal(one)},
                       {"trailing zero", decimal(ten)}}};
      MatrixType of_unsigned = type;
      of_unsigned.sql += " UNSIGNED";
      type.values.insert(type.values.end(),
                         {{"min", "-" + max},
                          {"greatest below zero", "-" + decimal(one)},
                          {"negative zero", "-" + decimal(std::string(size, '0'))}});
      for (int i = 0; i < kDrawn; ++i) {
        std::string digits;
        while (digits.size() < size) {
          digits.push_back(static_cast<char>('0' + random_() % 10));
        }
        type.values.push_back({"random", (i % 2 == 0 ? "-" : "") + decimal(digits)});
      }
      types_.push_back(std::move(type));
      types_.push_back(std::move(of_unsigned));
    }
    Add("DECIMAL(10,2) ZEROFILL").values = {{"zero", "0"}, {"usual", "1.50"}};
  }

  void AddReals() {
    MatrixType of_float{"FLOAT",
                        {{"zero", "0"},
                         {"negative zero", "-0e0"},
                         {"max", "3.4028234663852886e38"},
                         {"min", "-3.4028234663852886e38"},
                         {"least normal", "1.1754943508222875e-38"},
                         {"denormal", "1.401298464324817e-45"},
                         {"not of two's powers", "0.1"},
                         {"more than six digits", "16777215"},
                         {"rounded", "123456789"}}};
    MatrixType of_double{"DOUBLE",
                         {{"zero", "0"},
                          {"negative zero", "-0e0"},
                          {"max", "1.7976931348623157e308"},
                          {"min", "-1.7976931348623157e308"},
                          {"least normal", "2.2250738585072014e-308"},
                          {"denormal", "4.9406564584124654e-324"},
                          {"not of two's powers", "0.1"},
                          {"two's power", "9007199254740993"},
                          {"a third", "1e0/3"},
                          {"plain notation's end", "1e15"},
                          {"beyond plain notation", "1e16"}}};
    for (int i = 0; i < 3 * kDrawn; ++i) {
      of_float.values.push_back(
          {"random", Real(std::bit_cast<float>(static_cast<uint32_t>(random_())), 9)});
      of_double.values.push_back({"random", Real(std::bit_cast<double>(random_()), 17)});
    }
    const std::vector<MatrixValue> fixed = {
        {"zero", "0"}, {"rounded", "1234.5678"}, {"tiny", "0.001"}, {"max", "9999.999"}};
    types_.push_back(of_float);
    types_.push_back(of_double);
    for (const char* name : {"FLOAT", "DOUBLE"}) {
      Add(std::string(name) + "(7,3)").values = fixed;
      Add(std::string(name) + " UNSIGNED").values = fixed;
    }
  }

  void AddTemporals() {
    Add("DATE").values = {{"zero", "'0000-00-00'"},     {"min", "'1000-01-01'"},
                          {"max", "'9999-12-31'"},      {"leap day", "'2024-02-29'"},
                          {"no month", "'2020-00-00'"}, {"no day", "'2020-05-00'"},
                          {"year 0", "'0000-01-01'"},   {"before 1970", "'1969-12-31'"}};
    for (int scale = 0; scale <= 6; ++scale) {
      const std::string suffix = "(" + std::to_string(scale) + ")";
      Add("TIME" + suffix).values = {{"min", "'-838:59:59'"},
                                     {"max", "'838:59:59'"},
                                     {"zero", "'00:00:00'"},
                                     {"minus one second", "'-00:00:01'"},
                                     {"fraction", "'12:34:56.789012'"},
                                     {"negative fraction", "'-12:34:56.789012'"},
                                     {"below zero", "'-00:00:00.000001'"},
                                     {"tenth below zero", "'-00:00:00.1'"},
                                     {"carry", "'00:59:59.999999'"}};
      Add("DATETIME" + suffix).values = {
          {"zero", "'0000-00-00 00:00:00'"},     {"min", "'1000-01-01 00:00:00'"},
          {"max", "'9999-12-31 23:59:59'"},      {"fraction", "'2024-02-29 12:34:56.789012'"},
          {"no month", "'2020-00-00 10:00:00'"}, {"before 1970", "'1969-12-31 23:59:59.999999'"},
          {"year 0", "'0000-01-01 00:00:00.5'"}, {"time of a zero date", "'0000-00-00 01:02:03'"}};
      Add("TIMESTAMP" + suffix + " NULL").values = {
          {"zero", "'0000-00-00 00:00:00'"},
          {"min", "'1970-01-01 00:00:01'"},
          {"below min", "'1970-01-01 00:00:00.999999'"},
          {"max", "'2038-01-19 03:14:07'"},
          {"max with a fraction", "'2038-01-19 03:14:07.499999'"},
          {"fraction", "'2026-01-02 03:04:05.678901'"},
          {"half", "'2001-09-09 01:46:40.5'"}};
    }
  }

  void AddTexts() {
    const std::pair<const char*, int> kTexts[] = {{"CHAR(1)", 1},
                                                  {"CHAR(30)", 30},
                                                  {"CHAR(80)", 80},
                                                  {"VARCHAR(30)", 30},
                                                  {"VARCHAR(80)", 80},
                                                  {"VARCHAR(300)", 300},
                                                  {"TINYTEXT", 60},
                                                  {"TEXT", 2000},
                                                  {"MEDIUMTEXT", 70'000},
                                                  {"LONGTEXT", 70'000},
                                                  {"VARCHAR(30) COLLATE utf8mb4_bin", 30}};
    for (const auto& [sql, length] : kTexts) {
      Add(sql).values = TextValues(length);
    }
    if (mariadb_) {
      Add("VARCHAR(300) COMPRESSED").values = TextValues(300);
      Add("TEXT COMPRESSED").values = TextValues(2000);
    }
  }

  void AddCharsets(const std::vector<std::string>& charsets) {
    for (const std::string& charset : charsets) {
      for (const char* type : {"CHAR(12)", "VARCHAR(12)", "TEXT"}) {
        MatrixType& added = Add(std::string(type) + " CHARACTER SET " + charset);
        added.values = TextValues(12);
        for (int i = 0; i < kDrawn; ++i) {
          added.values.push_back({"random codes", "CAST(" + HexLiteral(RandomBytes(12)) +
                                                      " AS CHAR CHARACTER SET " + charset + ")"});
        }
      }
    }
    // Labels are kept in the column's own set.
    for (const char* charset : {"latin1", "gbk", "utf16", "utf8mb4", "binary"}) {
      const std::string labels =
          "('a', 'b ', 'it''s', 'caf\xC3\xA9', '\xE6\xBC\xA2', '') CHARACTER SET " +
          std::string(charset);
      Add("ENUM" + labels).values = {{"first", "1"},
                                     {"blank", "2"},
                                     {"quote", "3"},
                                     {"accent", "4"},
                                     {"ideograph", "5"},
                                     {"empty label", "6"},
                                     {"error", "'no such label'"}};
    }
    for (const char* charset : {"latin1", "gbk", "utf16", "utf8mb4", "binary"}) {
      Add("SET('a', 'b ', 'it''s', 'caf\xC3\xA9', '\xE6\xBC\xA2') CHARACTER SET " +
          std::string(charset))
          .values = {{"none", "0"}, {"all", "31"}, {"first", "1"}, {"last", "16"}, {"some", "10"}};
    }
  }

  void AddLabels() {
    for (const int count : {1, 255, 256}) {
      Add("ENUM(" + Labels(count) + ")").values = {
          {"first", "1"}, {"last", std::to_string(count)}, {"error", "'no such label'"}};
    }
    for (const int count : {1, 8, 9, 24, 33, 64}) {
      const uint64_t all = ~uint64_t{0} >> (64 - count);
      Add("SET(" + Labels(count) + ")").values = {{"none", "0"},
                                                  {"all", std::to_string(all)},
                                                  {"last", std::to_string(all / 2 + 1)},
                                                  {"random", std::to_string(random_() & all)}};
    }
  }

  void AddBytes() {
    const std::pair<const char*, int> kBinaries[] = {
        {"BINARY(1)", 1},  {"BINARY(16)", 16}, {"VARBINARY(16)", 16},  {"VARBINARY(300)", 300},
        {"TINYBLOB", 255}, {"BLOB", 3000},     {"MEDIUMBLOB", 70'000}, {"LONGBLOB", 70'000}};
    for (const auto& [sql, length] : kBinaries) {
      Add(sql).values = ByteValues(length);
    }
    if (mariadb_) {
      Add("VARBINARY(300) COMPRESSED").values = ByteValues(300);
      Add("BLOB COMPRESSED").values = ByteValues(3000);
    }
  }

  void AddJson() {
    MatrixType& json = Add("JSON");
    const char* const kTexts[] = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "32767",
        "32768",
        "-32769",
        "65535",
        "65536",
        "2147483648",
        "-2147483649",
        "4294967296",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "0.0",
        "-0.0",
        "1.0",
        "0.1",
        "1e100",
        "-1.25e-7",
        "1e15",
        "1e16",
        "2.2250738585072014e-308",
        "123456789012345680",
        "100.00",
        "1E+2",
        R"("")",
        R"("text")",
        R"("\u0001\b\t\n\f\r\"\\\/\u007f\u00e9\ud83d\ude00")",
        "[]",
        "{}",
        "[[], {}, [null, true]]",
        R"({"z": 1, "b": {"dd": [1, 2, 3], "c": null}, "a": [{"y": 1, "x": 2}]})",
        R"({"bb": 1, "a": 2, "ccc": 3, "": 4, "漢": 5, "B": 6})",
        " {  \"spaced\" :\n[ 1 ,\t2 ] } "};
    for (const char* text : kTexts) {
      json.values.push_back({text, TextLiteral(text)});
    }
    json.values.push_back({std::string(kDuplicateKey), TextLiteral(R"({"a": 1, "b": 2, "a": 3})")});
    json.values.push_back({"long string", "CONCAT('\"', " + Repeated("'x'", 70'000) + ", '\"')"});
    json.values.push_back({"large format", "CONCAT('{\"n\": -70000, \"l\": [', " +
                                               Repeated("'\"0123456789\", '", 9000) +
                                               ", '1.25]}')"});
    const int depth = mariadb_ ? 30 : 100;  // the deepest that the server's own check takes
    json.values.push_back(
        {"deep", "CONCAT(" + Repeated("'['", depth) + ", " + Repeated("']'", depth) + ")"});
    for (int i = 0; i < 3 * kDrawn; ++i) {
      json.values.push_back({"random", TextLiteral(RandomJson(4))});
    }
    if (!mariadb_) {
      Add("JSON").values = {
          {"date", "CAST(CAST('2026-01-02' AS DATE) AS JSON)"},
          {"datetime", "CAST(CAST('2026-01-02 03:04:05.678901' AS DATETIME(6)) AS JSON)"},
          {"time", "CAST(CAST('-12:34:56.5' AS TIME(1)) AS JSON)"},
          {"decimal", "CAST(-12.50 AS JSON)"},
          {"wide decimal", "JSON_ARRAY(CAST(12345678901234567890.1234567890 AS DECIMAL(40,10)))"},
          {"bytes", "CAST(x'00ff10' AS JSON)"},
          {"bytes of a line", "JSON_OBJECT('b', CAST(REPEAT('x', 57) AS BINARY))"},
          {"bytes of two lines", "JSON_OBJECT('b', CAST(REPEAT('x', 58) AS BINARY))"},
          {"bytes of many lines", "JSON_ARRAY(CAST(REPEAT('x', 200) AS BINARY))"},
          {"blob of two lines", "CAST(CAST(REPEAT(x'80ff', 50) AS BINARY) AS JSON)"},
          {"bits", "JSON_ARRAY(CAST(b'1010' AS JSON))"},
          {"year", "CAST(CAST(2026 AS YEAR) AS JSON)"},
          {"geometry", "CAST(ST_GeomFromText('POINT(1 2)') AS JSON)"},
          {"double", "JSON_OBJECT('d', 1e0/3, 'e', -1e0/7)"}};
    }
  }

  void AddGeometries() {
    const std::pair<const char*, const char*> kShapes[] = {
        {"POINT", "POINT(1.5 -2)"},
        {"LINESTRING", "LINESTRING(0 0, 1 1, 0.1 -0.1)"},
        {"POLYGON", "POLYGON((0 0, 0 1, 1 1, 0 0))"},
        {"MULTIPOINT", "MULTIPOINT(0 0, 1 1)"},
        {"MULTILINESTRING", "MULTILINESTRING((0 0, 1 1), (2 2, 3 3))"},
        {"MULTIPOLYGON", "MULTIPOLYGON(((0 0, 0 1, 1 1, 0 0)))"},
        {"GEOMETRYCOLLECTION", "GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))"}};
    MatrixType any{"GEOMETRY", {{"empty", "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')"}}};
    for (const auto& [sql, text] : kShapes) {
      const std::string quoted = "'" + std::string(text) + "'";
      const std::vector<MatrixValue> values = {
          {"no SRID", "ST_GeomFromText(" + quoted + ")"},
          {"SRID 4326", "ST_GeomFromText(" + quoted +
                            (mariadb_ ? ", 4326)" : ", 4326, 'axis-order=long-lat')")}};
      any.values.insert(any.values.end(), values.begin(), values.end());
      Add(sql).values = values;
    }
    types_.push_back(std::move(any));
  }

  void AddGenerated() {
    for (const char* kind : {" VIRTUAL", " STORED"}) {
      for (const char* column :
           {"INT GENERATED ALWAYS AS (id * 2 - 7)", "DECIMAL(10,3) GENERATED ALWAYS AS (id / 3)",
            "DOUBLE GENERATED ALWAYS AS (id / 7e0)", "FLOAT GENERATED ALWAYS AS (id / 7e0)",
            "VARCHAR(40) CHARACTER SET utf16 GENERATED ALWAYS AS (CONCAT('Ã© ', id, ' '))"}) {
        Add(column + std::string(kind)).values = {{"of the id", std::string(kGenerated)}};
      }
    }
  }

  void AddOneServersOwn() {
    if (!mariadb_) {
      Add("VECTOR(3)").values = {{"zero", "STRING_TO_VECTOR('[0,0,0]')"},
                                 {"usual", "STRING_TO_VECTOR('[1,2.5,-3e-7]')"}};
      Add("VECTOR(2048)").values = {{"short", "STRING_TO_VECTOR('[1]')"}};
      return;
    }
    MatrixType uuid{"UUID",
                    {{"zero", "'00000000-0000-0000-0000-000000000000'"},
                     {"max", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
                     {"blanks", "'20202020-2020-8020-8020-202020202020'"}}};
    for (const char version : std::string_view("12345678")) {
      std::string text = "'018f2b5c-7d3a-0c1e-8f00-2020202020";
      text[15] = version;
      char tail[8];
      std::snprintf(tail, sizeof(tail), "%02x'", static_cast<unsigned>(random_() & 255));
      uuid.values.push_back({"version " + std::string(1, version), text + tail});
    }
    types_.push_back(std::move(uuid));
    Add("INET4").values = {{"zero", "'0.0.0.0'"},
                           {"max", "'255.255.255.255'"},
                           {"blanks", "'32.32.32.32'"},
                           {"trailing zeros", "'10.0.0.0'"}};
    Add("INET6").values = {{"zero", "'::'"},
                           {"IPv4", "'::ffff:192.0.2.1'"},
                           {"trailing blanks", "'2001:db8::2020'"},
                           {"trailing zeros", "'2001:db8::'"}};
  }

  std::vector<MatrixType> Take() && {
    for (MatrixType& type : types_) {
      if (type.values[0].sql == kGenerated) {
        continue;
      }
      type.values.push_back({"NULL", "NULL"});
    }
    return std::move(types_);
  }

 private:
  // The reference ends with the next type.
  MatrixType& Add(std::string sql) {
    types_.push_back({std::move(sql), {}});
    return types_.back();
  }

  static std::string Real(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.*e", digits - 1, std::isfinite(value) ? value : 1.5);
    return text;
  }

  static std::vector<MatrixValue> TextValues(int length) {
    const std::pair<const char*, std::string_view> kClasses[] = {
        {"empty", ""},
        {"ASCII", "abc"},
        {"trailing blanks", "ab  "},
        {"blanks alone", "   "},
        {"leading blanks", "  ab"},
        {"control characters", std::string_view("a\0\t\r\n\x1a\x7f", 7)},
        {"trailing NUL", std::string_view("ab\0", 3)},
        {"quotes", "'\"\\%_`"},
        {"accents", "caf\xC3\xA9 \xC3\x9F"},
        {"euro", "\xE2\x82\xAC \xE2\x80\x93 \xC2\xA5 \xE2\x80\xBE"},
        {"combining", "e\xCC\x81"},
        {"ideographs", "\xE6\xBC\xA2\xE5\xAD\x97"},
        {"kana and wave dash", "\xE3\x81\x82\xEF\xBD\xB1\xE3\x80\x9C"},
        {"hangul", "\xED\x95\x9C\xEA\xB5\xAD"},
        {"cyrillic", "\xD0\x9F\xD1\x80\xD0\xB8"},
        {"greek and hebrew", "\xCE\xB1\xCF\x89\xD7\x90"},
        {"thai", "\xE0\xB8\x81\xE0\xB8\x99"},
        {"four bytes", "\xF0\x9F\x98\x80x"},
        {"four bytes at the end", "x\xF0\x9F\x98\x80"},
        {"end of the plane", "\xEF\xBF\xBD\xEE\x80\x80"}};
    std::vector<MatrixValue> values;
    for (const auto& [name, text] : kClasses) {
      values.push_back({name, TextLiteral(text)});
    }
    values.push_back({"full", Repeated("'x'", length)});
    values.push_back({"full of ideographs", Repeated(TextLiteral("\xE6\xBC\xA2"), length)});
    return values;
  }

  std::vector<MatrixValue> ByteValues(int length) {
    std::vector<MatrixValue> values = {{"empty", "x''"},
                                       {"zero", "x'00'"},
                                       {"trailing zeros", "x'010000'"},
                                       {"trailing blanks", "x'012020'"},
                                       {"blank and zero", "x'2000'"},
                                       {"high bytes", "x'80ff'"},
                                       {"full", Repeated("x'ff'", length)},
                                       {"full of zeros", Repeated("x'00'", length)}};
    for (int i = 0; i < kDrawn; ++i) {
      values.push_back(
          {"random", HexLiteral(RandomBytes(static_cast<uint64_t>(std::min(length, 40))))});
    }
    return values;
  }

  std::string RandomBytes(uint64_t most) {
    std::string bytes;
    for (uint64_t n = random_() % (most + 1); n > 0; --n) {
      bytes.push_back(static_cast<char>(random_()));
    }
    return bytes;
  }

  static std::string Labels(int count) {
    std::string labels;
    for (int i = 0; i < count; ++i) {
      labels += (i == 0 ? "'l" : ",'l") + std::to_string(i) + "'";
    }
    return labels;
  }

  std::string RandomJson(int depth) {
    const uint64_t kind = random_() % (depth > 0 ? 6 : 4);
    switch (kind) {
      case 0:
        return Number(static_cast<int64_t>(random_() >> (random_() % 64)));
      case 1:
        return Real(std::bit_cast<double>(random_()), 17);
      case 2:
        return std::vector<const char*>{"null", "true", "false"}[random_() % 3];
      case 3:
        return std::vector<const char*>{"\"\"", "\"a\\\"b\"", "\"\xE6\xBC\xA2\"",
                                        "\"\\u0000\""}[random_() % 4];
      default:
        break;
    }
    std::string text = kind == 4 ? "[" : "{";
    for (uint64_t n = random_() % 4, i = 0; i < n; ++i) {
      text += i == 0 ? "" : ", ";
      if (kind == 5) {
        text += "\"" + std::string(random_() % 3, static_cast<char>('a' + random_() % 26)) +
                std::to_string(i) + "\": ";
      }
      text += RandomJson(depth - 1);
    }
    return text + (kind == 4 ? "]" : "}");
  }

  const bool mariadb_;
  std::mt19937_64& random_;
  std::vector<MatrixType> types_;
};

}  // namespace

std::vector<MatrixType> TypeMatrix(ServerFlavor flavor, const std::vector<std::string>& charsets,
                                   std::mt19937_64* random) {
  Generator generator(flavor, random);
  generator.AddIntegers();
  generator.AddDecimals();
  generator.AddReals();
  generator.AddTemporals();
  generator.AddTexts();
  generator.AddCharsets(charsets);
  generator.AddLabels();
  generator.AddBytes();
  generator.AddJson();
  generator.AddGeometries();
  generator.AddGenerated();
  generator.AddOneServersOwn();
  return std::move(generator).Take();
}

std::vector<std::string> CharsetsOf(mysql::Connection* session) {
  std::vector<std::string> charsets;
  const auto rows = session->Query(
      "SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS"
      " WHERE CHARACTER_SET_NAME NOT IN ('binary', 'utf8mb4') ORDER BY 1");
  EXPECT_OK(rows);
  if (rows.ok()) {
    for (const auto& row : rows->rows) {
      charsets.push_back(row[0].value_or(""));
    }
  }
  return charsets;
}

std::vector<MatrixType> Without(std::string_view value_class, std::vector<MatrixType> types) {
  for (MatrixType& type : types) {
    std::erase_if(type.values,
                  [&](const MatrixValue& value) { return value.value_class == value_class; });
  }
  return types;
}

MatrixTable::MatrixTable(std::string name, std::vector<MatrixType> types)
    : name_(std::move(name)), types_(std::move(types)) {
  for (const MatrixType& type : types_) {
    rows_ = std::max(rows_, type.values.size());
  }
}

const MatrixValue& MatrixTable::ValueOf(size_t column, size_t row, size_t shift) const {
  const auto& values = types_[column].values;
  return values[(row + shift) % values.size()];
}

std::string MatrixTable::CreateStatement() const {
  std::string sql = "CREATE TABLE " + name_ + " (id INT PRIMARY KEY";
  for (size_t i = 0; i < types_.size(); ++i) {
    sql += ", c" + std::to_string(i) + " " + types_[i].sql;
  }
  return sql + ") CHARACTER SET utf8mb4";
}

std::string MatrixTable::InsertStatement(size_t row, size_t shift) const {
  std::string sql = "INSERT INTO " + name_ + " VALUES (" + std::to_string(row);
  for (size_t i = 0; i < types_.size(); ++i) {
    sql += ", " + ValueOf(i, row, shift).sql;
  }
  return sql + ")";
}

std::string MatrixTable::UpdateStatement(size_t row, size_t shift) const {
  std::string sql = "UPDATE " + name_ + " SET id = id";
  for (size_t i = 0; i < types_.size(); ++i) {
    sql += ", c" + std::to_string(i) + " = " + ValueOf(i, row, shift).sql;
  }
  return sql + " WHERE id = " + std::to_string(row);
}

std::string MatrixTable::Describe(size_t column, size_t row, size_t shift) const {
  return types_[column].sql + ", " + ValueOf(column, row, shift).value_class;
}

}  // namespace binseek::test
