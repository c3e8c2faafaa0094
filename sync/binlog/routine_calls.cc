#include "sync/binlog/routine_calls.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

namespace binseek::binlog {
namespace {

// What may stand before a parenthesis and calls no stored function: those of the server's own come first, but where a database is named. Functions that only
// one of MySQL and MariaDB has are left out: on the other, users write them (nextval, say, which changes a table).
constexpr std::string_view kOwnWords =
    "ABS ACOS ADDDATE ADDTIME AES_DECRYPT AES_ENCRYPT AGAINST ALL AND ANY AS ASCII ASIN ATAN "
    "ATAN2 AVG BETWEEN BIN BINARY BIT_AND BIT_COUNT BIT_LENGTH BIT_OR BIT_XOR BY CASE CAST CEIL "
    "CEILING CHAR CHARACTER CHARACTER_LENGTH CHARSET CHAR_LENGTH COALESCE COERCIBILITY COLLATION "
    "COLUMN COMPRESS CONCAT CONCAT_WS CONNECTION_ID CONV CONVERT CONVERT_TZ COS COT COUNT CRC32 "
    "CUME_DIST CURDATE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURTIME DATABASE "
    "DATE DATEDIFF DATETIME DATE_ADD DATE_FORMAT DATE_SUB DAY DAYNAME DAYOFMONTH DAYOFWEEK "
    "DAYOFYEAR DECIMAL DEFAULT DEGREES DENSE_RANK DISTINCT DIV DOUBLE ELSE ELT EXCEPT EXISTS EXP "
    "EXPORT_SET EXTRACT EXTRACTVALUE FIELD FIND_IN_SET FIRST_VALUE FLOAT FLOOR FOR FORCE FORMAT "
    "FOUND_ROWS FROM FROM_BASE64 FROM_DAYS FROM_UNIXTIME GEOMETRYCOLLECTION GET_FORMAT GET_LOCK "
    "GREATEST GROUP GROUP_CONCAT HAVING HEX HOUR IF IFNULL IGNORE IN INDEX INET6_ATON INET6_NTOA "
    "INET_ATON INET_NTOA INSERT INSTR INTERSECT INTERVAL INTO IS ISNULL JOIN JSON_ARRAY "
    "JSON_ARRAYAGG JSON_ARRAY_APPEND JSON_ARRAY_INSERT JSON_CONTAINS JSON_CONTAINS_PATH "
    "JSON_DEPTH JSON_EXTRACT JSON_INSERT JSON_KEYS JSON_LENGTH JSON_MERGE JSON_MERGE_PATCH "
    "JSON_MERGE_PRESERVE JSON_OBJECT JSON_OBJECTAGG JSON_OVERLAPS JSON_QUOTE JSON_REMOVE "
    "JSON_REPLACE JSON_SEARCH JSON_SET JSON_TABLE JSON_TYPE JSON_UNQUOTE JSON_VALID JSON_VALUE "
    "KEY LAG LAST_DAY LAST_INSERT_ID LAST_VALUE LATERAL LCASE LEAD LEAST LEFT LENGTH LIKE LIMIT "
    "LINES LINESTRING LN LOCALTIME LOCALTIMESTAMP LOCATE LOG LOG10 LOG2 LOWER LPAD LTRIM MAKEDATE "
    "MAKETIME MAKE_SET MATCH MAX MD5 MICROSECOND MID MIN MINUTE MOD MONTH MONTHNAME "
    "MULTILINESTRING MULTIPOINT MULTIPOLYGON NAME_CONST NCHAR NOT NOW NTH_VALUE NTILE NULLIF OCT "
    "OCTET_LENGTH ON OR ORD ORDER OVER PARTITION PERCENT_RANK PERIOD_ADD PERIOD_DIFF PI POINT "
    "POLYGON POSITION POW POWER QUARTER QUOTE RADIANS RAND RANK REGEXP REGEXP_INSTR "
    "REGEXP_REPLACE REGEXP_SUBSTR RELEASE_LOCK REPEAT REPLACE RETURNING REVERSE RIGHT RLIKE ROUND "
    "ROW ROWS ROW_COUNT ROW_NUMBER RPAD RTRIM SCHEMA SECOND SEC_TO_TIME SELECT SESSION_USER SET "
    "SHA SHA1 SHA2 SIGN SIGNED SIN SLEEP SOME SOUNDEX SPACE SQRT STD STDDEV STDDEV_POP "
    "STDDEV_SAMP STRAIGHT_JOIN STRCMP STR_TO_DATE ST_ASTEXT ST_GEOMFROMTEXT ST_GEOMFROMWKB "
    "ST_POINTFROMTEXT ST_X ST_Y SUBDATE SUBSTR SUBSTRING SUBSTRING_INDEX SUBTIME SUM SYSDATE "
    "SYSTEM_USER TABLE TAN THEN TIME TIMEDIFF TIMESTAMP TIMESTAMPADD TIMESTAMPDIFF TIME_FORMAT "
    "TIME_TO_SEC TO_BASE64 TO_DAYS TO_SECONDS TRIM TRUNCATE UCASE UNCOMPRESS UNHEX UNION "
    "UNIX_TIMESTAMP UNSIGNED UPDATE UPDATEXML UPPER USER USING UTC_DATE UTC_TIME UTC_TIMESTAMP "
    "UUID UUID_SHORT VALUE VALUES VARCHAR VARIANCE VAR_POP VAR_SAMP VERSION WEEK WEEKDAY "
    "WEEKOFYEAR WEIGHT_STRING WHEN WHERE WINDOW XOR YEAR YEARWEEK ";

// The name behind these is that of a table, of its alias, or of a subquery.
constexpr std::string_view kBeforeTables[] = {
    "AS",           "DELAYED",   "HIGH_PRIORITY", "IGNORE", "INSERT", "INTO",
    "LOW_PRIORITY", "RECURSIVE", "REPLACE",       "TABLE",  "WITH",
};

std::set<std::string_view> Split(std::string_view words) {
  std::set<std::string_view> split;
  for (size_t end = words.find(' '); end != std::string_view::npos; end = words.find(' ')) {
    split.insert(words.substr(0, end));
    words.remove_prefix(end + 1);
  }
  return split;
}

bool IsOwnWord(const std::string& upper) {
  static const std::set<std::string_view> kWords = Split(kOwnWords);
  return kWords.contains(upper);
}

bool IsBeforeTable(const std::string& upper) {
  return std::find(std::begin(kBeforeTables), std::end(kBeforeTables), upper) !=
         std::end(kBeforeTables);
}

bool IsNumber(const SqlToken& token) {
  return token.kind == SqlToken::Kind::kWord && token.text[0] >= '0' && token.text[0] <= '9';
}

}  // namespace

bool MayCallRoutine(std::string_view sql, SqlDialect dialect) {
  std::string before;  // the word before the name, in upper case; empty: something else
  for (SqlLexer lexer(sql, dialect); !lexer.token().AtEnd();) {
    const SqlToken name = lexer.token();
    const bool is_name = (name.kind == SqlToken::Kind::kWord && !IsNumber(name)) ||
                         name.kind == SqlToken::Kind::kQuotedName;
    lexer.Advance();
    if (!is_name) {
      before.clear();
      continue;
    }
    bool qualified = false;
    while (lexer.TakeSymbol('.')) {
      qualified = true;
      lexer.Advance();
    }
    if (lexer.token().IsSymbol('(') && !IsBeforeTable(before) &&
        (qualified || !IsOwnWord(name.upper))) {
      return true;
    }
    before = name.upper;
  }
  return false;
}

}  // namespace binseek::binlog
