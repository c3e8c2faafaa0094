// ExpressionLexer: the words of an Expression.
//
// Single-threaded; borrows the text.
#ifndef BINSEEK_SYNC_MAPPER_EXPRESSION_LEXER_H_
#define BINSEEK_SYNC_MAPPER_EXPRESSION_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace binseek::mapper {

struct ExpressionToken {
  // kName: in backticks. kBad: nothing that the language has, or a quote without an end.
  enum class Kind : uint8_t { kEnd, kWord, kName, kString, kNumber, kSymbol, kBad };
  Kind kind = Kind::kEnd;
  std::string text;   // without quotes
  std::string upper;  // of words: in ASCII upper case
  size_t at = 0;      // in the text
};

class ExpressionLexer {
 public:
  explicit ExpressionLexer(std::string_view text) : text_(text) { Advance(); }

  const ExpressionToken& token() const { return token_; }
  void Advance();
  // Goes on where the token is this one.
  bool TakeWord(std::string_view upper) {
    return TakeIf(token_.kind == ExpressionToken::Kind::kWord && token_.upper == upper);
  }
  bool TakeSymbol(std::string_view symbol) {
    return TakeIf(token_.kind == ExpressionToken::Kind::kSymbol && token_.text == symbol);
  }

 private:
  bool TakeIf(bool here) {
    if (here) {
      Advance();
    }
    return here;
  }
  void Word();
  void Number();
  void Quoted(char quote);
  void Symbol();

  const std::string_view text_;
  size_t at_ = 0;
  ExpressionToken token_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_EXPRESSION_LEXER_H_
