#include "engine/search/regexp.h"

#include <algorithm>
#include <vector>

namespace binseek::search {
namespace {

using Fragment = AutomatonBuilder::Fragment;

constexpr int kMaxNesting = 200;
constexpr uint32_t kMaxRepeat = 100'000;  // more is refused by the limit of states in any case

// Ascending, as their complements need them.
const std::vector<CodePointRange> kDigits = {{'0', '9'}};
const std::vector<CodePointRange> kSpaces = {{'\t', '\n'}, {'\r', '\r'}, {' ', ' '}};
const std::vector<CodePointRange> kWordChars = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};

// A recursive descent over the expression's code points, by Lucene's grammar and with its messages.
class Parser {
 public:
  Parser(std::string_view pattern, const RegexpOptions& options, AutomatonBuilder* builder)
      : text_(CodePointsOf(pattern)), options_(options), build_(*builder) {}

  Result<Fragment> Parse() {
    if (std::find(text_.begin(), text_.end(), kNoCodePoint) != text_.end()) {
      return Status::InvalidArgument("the expression is no valid UTF-8");
    }
    if (text_.empty()) {
      return build_.Empty();
    }
    BINSEEK_ASSIGN_OR_RETURN(const Fragment whole, Union());
    if (More()) {
      return Status::InvalidArgument("end-of-string expected at position " + std::to_string(at_));
    }
    return whole;
  }

 private:
  bool More() const { return at_ < text_.size(); }
  bool Peek(std::string_view any) const {
    return More() && text_[at_] < 0x80 &&
           any.find(static_cast<char>(text_[at_])) != std::string_view::npos;
  }
  bool Match(char c) {
    if (!Peek(std::string_view(&c, 1))) {
      return false;
    }
    ++at_;
    return true;
  }
  Result<uint32_t> Next() {
    if (!More()) {
      return Status::InvalidArgument("unexpected end-of-string");
    }
    return text_[at_++];
  }

  Result<Fragment> Union() {
    if (++depth_ > kMaxNesting) {
      return Status::InvalidArgument("the expression is nested more than " +
                                     std::to_string(kMaxNesting) + " times");
    }
    BINSEEK_ASSIGN_OR_RETURN(Fragment out, Intersection());
    while (Match('|')) {
      BINSEEK_ASSIGN_OR_RETURN(const Fragment other, Intersection());
      out = build_.Either(out, other);
    }
    --depth_;
    return out;
  }

  Result<Fragment> Intersection() {
    BINSEEK_ASSIGN_OR_RETURN(Fragment out, Concatenation());
    while (options_.flags.intersection && Match('&')) {
      BINSEEK_ASSIGN_OR_RETURN(const Fragment other, Concatenation());
      out = build_.Both(out, other);
    }
    return out;
  }

  Result<Fragment> Concatenation() {
    BINSEEK_ASSIGN_OR_RETURN(Fragment out, Repetition());
    while (More() && !Peek(")|") && !(options_.flags.intersection && Peek("&"))) {
      BINSEEK_ASSIGN_OR_RETURN(const Fragment other, Repetition());
      out = build_.Concat(out, other);
    }
    return out;
  }

  Result<Fragment> Repetition() {
    BINSEEK_ASSIGN_OR_RETURN(Fragment out, Complement());
    while (Peek("?*+{")) {
      if (Match('?')) {
        out = build_.Repeat(out, 0, 1);
      } else if (Match('*')) {
        out = build_.Repeat(out, 0, AutomatonBuilder::kNoEnd);
      } else if (Match('+')) {
        out = build_.Repeat(out, 1, AutomatonBuilder::kNoEnd);
      } else {
        ++at_;
        BINSEEK_ASSIGN_OR_RETURN(out, Counted(out));
      }
    }
    return out;
  }

  Result<uint32_t> Integer() {
    const size_t begin = at_;
    uint32_t value = 0;
    for (; Peek("0123456789"); ++at_) {
      value = std::min(value * 10 + (text_[at_] - '0'), kMaxRepeat);
    }
    if (begin == at_) {
      return Status::InvalidArgument("integer expected at position " + std::to_string(at_));
    }
    return value;
  }

  Result<Fragment> Counted(Fragment inner) {
    BINSEEK_ASSIGN_OR_RETURN(const uint32_t least, Integer());
    uint32_t most = least;
    if (Match(',')) {
      most = AutomatonBuilder::kNoEnd;
      if (Peek("0123456789")) {
        BINSEEK_ASSIGN_OR_RETURN(most, Integer());
      }
    }
    if (!Match('}')) {
      return Status::InvalidArgument("expected '}' at position " + std::to_string(at_));
    }
    if (most < least) {
      return Status::InvalidArgument("invalid repetition range(out of order): " +
                                     std::to_string(least) + ".." + std::to_string(most));
    }
    return build_.Repeat(inner, least, most);
  }

  Result<Fragment> Complement() {
    bool negate = false;
    while (options_.flags.complement && Match('~')) {
      negate = !negate;
    }
    BINSEEK_ASSIGN_OR_RETURN(const Fragment inner, CharClass());
    return negate ? build_.Not(inner) : inner;
  }

  Result<Fragment> CharClass() {
    if (!Match('[')) {
      return Simple();
    }
    const bool negate = Match('^');
    std::vector<CodePointRange> ranges;
    do {
      BINSEEK_RETURN_IF_ERROR(ClassRange(&ranges));
    } while (More() && !Peek("]"));
    if (!Match(']')) {
      return Status::InvalidArgument("expected ']' at position " + std::to_string(at_));
    }
    return negate ? build_.NotChars(std::move(ranges)) : build_.Chars(std::move(ranges));
  }

  Status ClassRange(std::vector<CodePointRange>* ranges) {
    if (Predefined(ranges)) {
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(const uint32_t first, Character());
    uint32_t last = first;
    if (Match('-')) {
      BINSEEK_ASSIGN_OR_RETURN(last, Character());
    }
    if (last < first) {
      return Status::InvalidArgument("invalid range: from (" + std::to_string(first) +
                                     ") cannot be > to (" + std::to_string(last) + ")");
    }
    ranges->push_back({first, last});
    if (options_.ignore_case) {
      // Letters of ASCII, as Lucene does.
      for (uint32_t c = std::max<uint32_t>(first, 'A'); c <= std::min<uint32_t>(last, 'z'); ++c) {
        for (const uint32_t variant : CaseVariants(c)) {
          ranges->push_back({variant, variant});
        }
      }
    }
    return Status::Ok();
  }

  // \d, \D and their like.
  bool Predefined(std::vector<CodePointRange>* ranges) {
    if (!Peek("\\") || at_ + 1 >= text_.size()) {
      return false;
    }
    const uint32_t c = text_[at_ + 1];
    const std::vector<CodePointRange>* known = c == 'd' || c == 'D'   ? &kDigits
                                               : c == 's' || c == 'S' ? &kSpaces
                                               : c == 'w' || c == 'W' ? &kWordChars
                                                                      : nullptr;
    if (known == nullptr) {
      return false;
    }
    at_ += 2;
    if (c == 'd' || c == 's' || c == 'w') {
      ranges->insert(ranges->end(), known->begin(), known->end());
      return true;
    }
    uint32_t next = 0;
    for (const CodePointRange& range : *known) {
      if (range.first > next) {
        ranges->push_back({next, range.first - 1});
      }
      next = std::max(next, range.last + 1);
    }
    ranges->push_back({next, kMaxCodePoint});
    return true;
  }

  Result<uint32_t> Character() {
    Match('\\');
    return Next();
  }

  Result<Fragment> Simple() {
    if (Match('.')) {
      return build_.AnyChar();
    }
    if (options_.flags.empty && Match('#')) {
      return build_.Nothing();
    }
    if (options_.flags.any_string && Match('@')) {
      return build_.AnyText();
    }
    if (Match('"')) {
      return Quoted();
    }
    if (Match('(')) {
      if (Match(')')) {
        return build_.Empty();
      }
      BINSEEK_ASSIGN_OR_RETURN(const Fragment inner, Union());
      if (!Match(')')) {
        return Status::InvalidArgument("expected ')' at position " + std::to_string(at_));
      }
      return inner;
    }
    if (options_.flags.interval && Match('<')) {
      return Interval();
    }
    std::vector<CodePointRange> ranges;
    if (Predefined(&ranges)) {
      return build_.Chars(std::move(ranges));
    }
    BINSEEK_ASSIGN_OR_RETURN(const uint32_t c, Character());
    return build_.Char(c, options_.ignore_case);
  }

  Result<Fragment> Quoted() {
    Fragment out = build_.Empty();
    while (More() && !Peek("\"")) {
      out = build_.Concat(out, build_.Char(text_[at_++], options_.ignore_case));
    }
    if (!Match('"')) {
      return Status::InvalidArgument("expected '\"' at position " + std::to_string(at_));
    }
    return out;
  }

  // <7-42>: with as many digits as both ends, where they have equally many; else with any number of zeros before.
  Result<Fragment> Interval() {
    const size_t begin = at_;
    std::string inner;
    while (More() && !Peek(">")) {
      AppendUtf8(text_[at_++], &inner);
    }
    if (!Match('>')) {
      return Status::InvalidArgument("expected '>' at position " + std::to_string(at_));
    }
    const size_t dash = inner.find('-');
    const auto is_number = [](std::string_view text) {
      return !text.empty() && text.size() <= 9 &&
             text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (dash == std::string::npos) {
      return Status::InvalidArgument("'" + inner + "' not found");
    }
    std::string low = inner.substr(0, dash);
    std::string high = inner.substr(dash + 1);
    if (!is_number(low) || !is_number(high)) {
      return Status::InvalidArgument("interval syntax error at position " +
                                     std::to_string(begin > 0 ? begin - 1 : 0));
    }
    const bool fixed = low.size() == high.size();
    if (std::stoul(low) > std::stoul(high)) {
      low.swap(high);
    }
    if (fixed) {
      return Between(low, high);
    }
    low = std::to_string(std::stoul(low));
    high = std::to_string(std::stoul(high));
    Fragment out = build_.Nothing();
    for (size_t digits = low.size(); digits <= high.size(); ++digits) {
      const std::string from = digits == low.size() ? low : "1" + std::string(digits - 1, '0');
      const std::string to = digits == high.size() ? high : std::string(digits, '9');
      out = build_.Either(out, Between(from, to));
    }
    const Fragment zero = build_.Char('0', false);
    return build_.Concat(build_.Repeat(zero, 0, AutomatonBuilder::kNoEnd), out);
  }

  Fragment Digits(char first, char last, size_t more) {
    Fragment out = build_.Chars({{static_cast<uint32_t>(first), static_cast<uint32_t>(last)}});
    for (size_t i = 0; i < more; ++i) {
      out = build_.Concat(out, build_.Chars(kDigits));
    }
    return out;
  }

  // Texts of as many digits as both, `low` to `high`.
  Fragment Between(std::string_view low, std::string_view high) {
    if (low.empty()) {
      return build_.Empty();
    }
    const size_t more = low.size() - 1;
    if (low[0] == high[0]) {
      return build_.Concat(build_.Char(static_cast<uint32_t>(low[0]), false),
                           Between(low.substr(1), high.substr(1)));
    }
    const std::string nines(more, '9');
    const std::string zeros(more, '0');
    Fragment out = build_.Either(build_.Concat(build_.Char(static_cast<uint32_t>(low[0]), false),
                                               Between(low.substr(1), nines)),
                                 build_.Concat(build_.Char(static_cast<uint32_t>(high[0]), false),
                                               Between(zeros, high.substr(1))));
    if (high[0] - low[0] > 1) {
      out = build_.Either(
          out, Digits(static_cast<char>(low[0] + 1), static_cast<char>(high[0] - 1), more));
    }
    return out;
  }

  const std::vector<uint32_t> text_;
  const RegexpOptions& options_;
  AutomatonBuilder& build_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

RegexpFlags RegexpFlagsOfValue(int64_t value) {
  return {.intersection = (value & 1) != 0,
          .complement = (value & 2) != 0,
          .empty = (value & 4) != 0,
          .any_string = (value & 8) != 0,
          .interval = (value & 32) != 0};
}

bool ParseRegexpFlags(std::string_view text, RegexpFlags* flags, std::string* unknown) {
  constexpr struct {
    std::string_view name;
    int64_t value;
  } kNames[] = {{"INTERSECTION", 1}, {"COMPLEMENT", 2}, {"EMPTY", 4}, {"ANYSTRING", 8},
                {"INTERVAL", 32},    {"AUTOMATON", 16}, {"NONE", 0},  {"ALL", 0xffff}};
  if (text.empty()) {
    *flags = RegexpFlags();
    return true;
  }
  int64_t value = 0;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('|'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (part.empty()) {
      continue;
    }
    std::string upper(part);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    const auto* const known = std::find_if(std::begin(kNames), std::end(kNames),
                                           [&](const auto& name) { return name.name == upper; });
    if (known == std::end(kNames)) {
      *unknown = upper;
      return false;
    }
    value |= known->value;
  }
  *flags = RegexpFlagsOfValue(value);
  return true;
}

Result<CodePointDfa> CompileRegexp(std::string_view pattern, const RegexpOptions& options) {
  AutomatonBuilder builder(options.max_states);
  const Fragment before = builder.Literal(options.literal_before);
  BINSEEK_ASSIGN_OR_RETURN(const Fragment whole, Parser(pattern, options, &builder).Parse());
  return builder.Build(builder.Concat(before, whole));
}

}  // namespace binseek::search
