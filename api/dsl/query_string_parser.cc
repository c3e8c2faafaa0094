// Parsing of Lucene's query language: tokens to clauses.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/query_string.h"
#include "api/dsl/query_string_clauses.h"
#include "api/dsl/query_string_lexer.h"
#include "api/dsl/query_string_terms.h"

namespace binseek::api::dsl {
namespace {

using search::QueryPtr;
using Kind = QueryToken::Kind;
using Fields = QueryStringTerms::Fields;

constexpr int kMaxParentheses = 40;
constexpr size_t kMaxTokens = 20'000;

DslError Failed(const std::string& query, const std::string& why) {
  DslError error;
  error.type = "query_shard_exception";
  error.reason = "Failed to parse query [" + query + "]" + (why.empty() ? "" : ": " + why);
  error.from_shard = true;
  return error;
}

class Parser {
 public:
  Parser(const QueryStringOptions* options, std::vector<QueryToken> tokens)
      : options_(*options), terms_(options), tokens_(std::move(tokens)) {}

  DslResult<QueryPtr> ParseAll() {
    const Fields fields = options_.fields.empty() ? Fields{{"*", 1}} : options_.fields;
    BINSEEK_DSL_ASSIGN_OR_RETURN(QueryPtr query, ParseClauses(fields, 0));
    if (Peek().kind != Kind::kEnd) {
      return Error("Encountered \")\"");
    }
    return query;
  }

 private:
  const QueryToken& Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const QueryToken& Take() {
    const QueryToken& token = Peek();
    at_ += at_ + 1 < tokens_.size() ? 1 : 0;
    return token;
  }
  bool TakeIf(Kind kind) {
    if (Peek().kind != kind) {
      return false;
    }
    Take();
    return true;
  }
  DslError Error(const std::string& why) const { return Failed(options_.query, why); }

  DslResult<QueryPtr> ParseClauses(const Fields& fields, int depth) {
    if (depth > kMaxParentheses) {
      return Error("its parentheses are nested too deeply");
    }
    QueryStringClauses clauses(options_.operator_and);
    size_t count = 0;
    while (Peek().kind != Kind::kEnd && Peek().kind != Kind::kClose) {
      ++count;
      if (Peek().kind == Kind::kWord && IsPlainWord(1)) {
        clauses.AddWords(terms_.Words(fields, TakeWords()), IsOne(fields));
        continue;
      }
      Kind conjunction = Kind::kEnd;
      if (count > 1 && (Peek().kind == Kind::kAnd || Peek().kind == Kind::kOr)) {
        conjunction = Take().kind;
      }
      Kind modifier = Kind::kEnd;
      if (Peek().kind == Kind::kPlus || Peek().kind == Kind::kMinus || Peek().kind == Kind::kNot) {
        modifier = Take().kind;
      }
      BINSEEK_DSL_ASSIGN_OR_RETURN(QueryPtr query, ParseClause(fields, depth));
      clauses.Add(conjunction, modifier, std::move(query), is_list_);
    }
    if (count == 0) {
      return depth == 0 ? DslResult<QueryPtr>(search::MakeMatchNone())
                        : Error("Encountered \"()\"");
    }
    return std::move(clauses).Finish(depth == 0 ? options_.minimum_should_match : "");
  }

  DslResult<QueryPtr> ParseClause(const Fields& outer, int depth) {
    Fields fields = outer;
    is_list_ = false;
    if (Peek(1).kind == Kind::kColon &&
        (Peek().kind == Kind::kWord || Peek().kind == Kind::kWildcard ||
         Peek().kind == Kind::kPrefix)) {
      const QueryToken name = Take();
      Take();
      fields = {{FieldName(name), 1}};
      if (fields[0].first == "_exists_") {
        return ParseExists();
      }
    }
    QueryPtr query;
    if (TakeIf(Kind::kOpen)) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(query, ParseClauses(fields, depth + 1));
      if (!TakeIf(Kind::kClose)) {
        return Error("Encountered \"<EOF>\" before \")\"");
      }
      is_list_ = true;
    } else {
      is_list_ = Peek().kind == Kind::kWord && IsOne(fields);
      BINSEEK_DSL_ASSIGN_OR_RETURN(query, ParseTerm(fields));
    }
    return Boosted(std::move(query));
  }

  static bool IsOne(const Fields& fields) {
    return fields.size() == 1 && fields[0].first.find('*') == std::string::npos;
  }

  static std::string FieldName(const QueryToken& token) {
    std::string name;
    bool escaped = false;
    for (const char c : token.text) {
      escaped = c == '\\' && !escaped;
      if (!escaped) {
        name.push_back(c);
      }
    }
    return token.kind == Kind::kPrefix ? name + "*" : name;
  }

  DslResult<QueryPtr> ParseExists() {
    const QueryToken& token = Take();
    if (token.kind != Kind::kWord && token.kind != Kind::kQuoted && token.kind != Kind::kPrefix &&
        token.kind != Kind::kWildcard) {
      return Error("Encountered [_exists_] without a field");
    }
    return Boosted(terms_.Exists({{FieldName(token), 1}}));
  }

  DslResult<QueryPtr> Boosted(QueryPtr query) {
    if (Peek().kind != Kind::kBoost) {
      return query;
    }
    const std::string& text = Take().text;
    float boost = 1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), boost);
    if (error != std::errc() || end != text.data() + text.size()) {
      return Error("Encountered \"^" + text + "\"");
    }
    search::BoolOptions options;
    options.must = {std::move(query)};
    options.boost = boost;
    return search::MakeBool(std::move(options));
  }

  DslResult<QueryPtr> ParseTerm(const Fields& fields) {
    const QueryToken token = Take();
    switch (token.kind) {
      case Kind::kWord:
        return ParseWord(fields, token.text);
      case Kind::kQuoted:
        return terms_.Phrase(fields, token.text, Slop());
      case Kind::kPrefix:
        return terms_.Prefix(fields, token.text);
      case Kind::kRegexp:
        return terms_.Regexp(fields, token.text);
      case Kind::kRange:
        return terms_.Range(fields, BoundOf(token.lower, token.include_lower),
                            BoundOf(token.upper, token.include_upper));
      case Kind::kCompare:
        return ParseCompare(fields, token.text);
      case Kind::kWildcard:
        if (token.text == "*") {
          return terms_.Exists(fields);
        }
        if (!options_.allow_leading_wildcard && token.text.find_first_of("*?") == 0) {
          return Error("'*' or '?' not allowed as first character in WildcardQuery");
        }
        return terms_.Wildcard(fields, token.text);
      default:
        return Error(token.kind == Kind::kEnd ? "Encountered \"<EOF>\"" : "");
    }
  }

  static std::optional<search::Bound> BoundOf(const std::string& text, bool inclusive) {
    return text == "*" ? std::nullopt : std::optional(search::Bound{text, inclusive});
  }

  DslResult<QueryPtr> ParseCompare(const Fields& fields, const std::string& sign) {
    const QueryToken token = Take();
    if (token.kind != Kind::kWord && token.kind != Kind::kQuoted) {
      return Error("Encountered \"" + sign + "\" without a value");
    }
    const search::Bound bound{token.text, sign.size() == 2};
    return sign[0] == '>' ? terms_.Range(fields, bound, std::nullopt)
                          : terms_.Range(fields, std::nullopt, bound);
  }

  uint32_t Slop() {
    if (Peek().kind != Kind::kFuzzy) {
      return options_.phrase_slop;
    }
    const std::string text = Take().text;
    uint32_t slop = options_.phrase_slop;
    std::from_chars(text.data(), text.data() + text.size(), slop);
    return slop;
  }

  // One word, behind an operator or a field's name.
  DslResult<QueryPtr> ParseWord(const Fields& fields, std::string text) {
    if (Peek().kind == Kind::kFuzzy) {
      return terms_.Fuzzy(fields, std::move(text), FuzzinessOf(Take().text));
    }
    return terms_.Words(fields, std::move(text));
  }
  // Words side by side are one text, as far as no operator wants one of them for itself. REQUIRES: there are two.
  std::string TakeWords() {
    std::string text = Take().text;
    while (IsPlainWord(0)) {
      text += " " + Take().text;
    }
    return text;
  }
  bool IsPlainWord(size_t ahead) const {
    const Kind next = Peek(ahead + 1).kind;
    return Peek(ahead).kind == Kind::kWord && next != Kind::kColon && next != Kind::kFuzzy &&
           next != Kind::kBoost && next != Kind::kAnd && next != Kind::kOr;
  }
  static std::string FuzzinessOf(const std::string& text) {
    // What used to be a similarity below 1 is as good as not given.
    return text.starts_with("0.")
               ? ""
               : text.substr(0, text.starts_with("AUTO") ? text.size() : text.find('.'));
  }

  const QueryStringOptions& options_;
  const QueryStringTerms terms_;
  const std::vector<QueryToken> tokens_;
  size_t at_ = 0;
  bool is_list_ = false;  // the clause that was parsed last
};

}  // namespace

DslResult<QueryPtr> MakeQueryString(const QueryStringOptions& options) {
  std::vector<QueryToken> tokens;
  if (options.escape) {
    tokens.push_back({.kind = Kind::kWord, .text = options.query});
    tokens.emplace_back();
  } else {
    DslResult<std::vector<QueryToken>> read = ReadQueryTokens(options.query);
    if (!read.ok()) {
      return Failed(options.query, read.error().reason);
    }
    tokens = *std::move(read);
  }
  if (tokens.size() > kMaxTokens) {
    return Failed(options.query, "it has too many terms");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(QueryPtr query, Parser(&options, std::move(tokens)).ParseAll());
  if (options.boost == 1) {
    return query;
  }
  search::BoolOptions boosted;
  boosted.must = {std::move(query)};
  boosted.boost = options.boost;
  return search::MakeBool(std::move(boosted));
}

}  // namespace binseek::api::dsl
