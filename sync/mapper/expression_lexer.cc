#include "sync/mapper/expression_lexer.h"

namespace binseek::mapper {
namespace {

using Kind = ExpressionToken::Kind;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

}  // namespace

void ExpressionLexer::Advance() {
  at_ = text_.find_first_not_of(" \t\r\n", at_);
  at_ = at_ == std::string_view::npos ? text_.size() : at_;
  token_ = ExpressionToken();
  token_.at = at_;
  if (at_ == text_.size()) {
    return;
  }
  const char c = text_[at_];
  if (IsWordStart(c)) {
    Word();
  } else if (IsDigit(c)) {
    Number();
  } else if (c == '\'' || c == '"' || c == '`') {
    Quoted(c);
  } else {
    Symbol();
  }
}

void ExpressionLexer::Word() {
  token_.kind = Kind::kWord;
  while (at_ < text_.size() && (IsWordStart(text_[at_]) || IsDigit(text_[at_]))) {
    token_.text.push_back(text_[at_++]);
  }
  for (const char c : token_.text) {
    token_.upper.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
}

void ExpressionLexer::Number() {
  token_.kind = Kind::kNumber;
  const auto digits = [&] {
    while (at_ < text_.size() && IsDigit(text_[at_])) {
      token_.text.push_back(text_[at_++]);
    }
  };
  digits();
  if (at_ + 1 < text_.size() && text_[at_] == '.' && IsDigit(text_[at_ + 1])) {
    token_.text.push_back(text_[at_++]);
    digits();
  }
  if (at_ < text_.size() && (IsWordStart(text_[at_]) || text_[at_] == '.')) {
    token_.kind = Kind::kBad;
  }
}

// A quote within is doubled; a backslash is a character as any other.
void ExpressionLexer::Quoted(char quote) {
  token_.kind = quote == '`' ? Kind::kName : Kind::kString;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == quote) {
      if (at_ + 1 >= text_.size() || text_[at_ + 1] != quote) {
        ++at_;
        return;
      }
      ++at_;
    }
    token_.text.push_back(text_[at_]);
  }
  token_.kind = Kind::kBad;
}

void ExpressionLexer::Symbol() {
  token_.kind = Kind::kSymbol;
  for (const std::string_view symbol :
       {"<>", "<=", ">=", "!=", "(", ")", ",", "=", "<", ">", "+", "-", "*"}) {
    if (text_.substr(at_).starts_with(symbol)) {
      token_.text = symbol;
      at_ += symbol.size();
      return;
    }
  }
  token_.kind = Kind::kBad;
  token_.text = text_[at_++];
}

}  // namespace binseek::mapper
