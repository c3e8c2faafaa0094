// CodePointDfa: a deterministic automaton over code points that steps by the bytes of UTF-8, and what such automata are made of.
//
//   AutomatonBuilder builder(10'000);
//   const Fragment any = builder.Repeat(builder.AnyChar(), 0, AutomatonBuilder::kNoEnd);
//   BINSEEK_ASSIGN_OR_RETURN(const CodePointDfa dfa, builder.Build(builder.Concat(builder.Literal("sh"), any)));
//   codec::Intersect(terms, dfa, visit);
//
// A fragment is a part of a nondeterministic automaton; each may be used once. Complements and intersections are made of deterministic ones. Every step
// that multiplies states is counted, and beyond the limit Build fails, so that no pattern takes more than its size times the limit.
// CodePointDfa is immutable and thread-safe; its copies share the table. A builder is single-threaded.
// Errors: kInvalidArgument in Lucene's words where there would be too many states. Bytes that are no UTF-8 match nothing.
#ifndef BINSEEK_ENGINE_SEARCH_AUTOMATON_H_
#define BINSEEK_ENGINE_SEARCH_AUTOMATON_H_

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace binseek::search {

inline constexpr uint32_t kMaxCodePoint = 0x10FFFF;

// Code points, both ends included.
struct CodePointRange {
  uint32_t first = 0;
  uint32_t last = kMaxCodePoint;
};

// Next code point of valid UTF-8, at `*at`, which moves on; kNoCodePoint, and one byte on, where the bytes are none.
inline constexpr uint32_t kNoCodePoint = 0xFFFFFFFF;
uint32_t NextCodePoint(std::string_view text, size_t* at);
std::vector<uint32_t> CodePointsOf(std::string_view text);
void AppendUtf8(uint32_t code_point, std::string* out);
// All that differ from it in case alone, itself included.
std::vector<uint32_t> CaseVariants(uint32_t code_point);

class CodePointDfa {
 public:
  struct State {
    uint32_t node = 0;
    uint32_t partial = 0;   // bits of the code point at hand
    uint8_t remaining = 0;  // bytes of it that are to come
    uint8_t low = 0;        // least second byte, so that nothing is written longer than it need be
    uint8_t high = 0;
  };
  static constexpr uint32_t kDead = 0;  // its row leads to itself

  // `starts`: where classes of code points begin, ascending, the first one at 0. `next`: for each node a row of as many nodes as there are classes. `labels`:
  // for each node what it says of a text that ends there, 0: not accepted. Node 0 is the dead one.
  CodePointDfa(std::vector<uint32_t> starts, std::vector<uint32_t> next,
               std::vector<uint8_t> labels, uint32_t start);
  // Rows in which all classes lead to one node but for a few.
  struct SparseRows {
    struct Entry {
      uint32_t of_class = 0;
      uint32_t next = 0;
    };
    std::vector<uint32_t> other;  // by node: where the classes lead that have no entry
    std::vector<uint32_t> begin;  // by node: its first entry; and where the last one's end
    std::vector<Entry> entries;
  };
  // Keeps them as they are where whole rows would take much more.
  CodePointDfa(std::vector<uint32_t> starts, SparseRows rows, std::vector<uint8_t> labels,
               uint32_t start);

  State Start() const { return {.node = start_}; }
  State Step(const State& state, uint8_t byte) const;
  bool IsAccept(const State& state) const { return Label(state) != 0; }
  bool CanMatch(const State& state) const { return state.node != kDead; }
  uint8_t Label(const State& state) const {
    return state.remaining == 0 ? table_->labels[state.node] : 0;
  }
  // Of the whole text.
  uint8_t LabelOf(std::string_view text) const;
  bool Accepts(std::string_view text) const { return LabelOf(text) != 0; }
  uint32_t nodes() const { return static_cast<uint32_t>(table_->labels.size()); }
  size_t bytes() const;

 private:
  friend class AutomatonBuilder;
  struct Table {
    std::vector<uint32_t> starts;
    std::array<uint32_t, 128> ascii_class{};
    std::vector<uint32_t> next;  // empty: `sparse` says
    SparseRows sparse;
    std::vector<uint8_t> labels;
  };
  static constexpr size_t kMaxWholeCells = size_t{1} << 16;

  void MakeTable(std::vector<uint32_t> starts, std::vector<uint32_t> next, SparseRows sparse,
                 std::vector<uint8_t> labels);
  uint32_t ClassOf(uint32_t code_point) const;
  uint32_t SparseNext(uint32_t node, uint32_t of_class) const;
  uint32_t Next(uint32_t node, uint32_t code_point) const {
    const uint32_t of_class = ClassOf(code_point);
    return table_->next.empty() ? SparseNext(node, of_class)
                                : table_->next[size_t{node} * table_->starts.size() + of_class];
  }

  std::shared_ptr<const Table> table_;
  uint32_t start_ = 0;
};

class AutomatonBuilder {
 public:
  struct Fragment {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  static constexpr uint32_t kNoEnd = std::numeric_limits<uint32_t>::max();

  explicit AutomatonBuilder(uint32_t max_states) : max_states_(max_states) {}

  Fragment Empty();    // the empty text
  Fragment Nothing();  // no text
  Fragment Chars(std::vector<CodePointRange> ranges);
  Fragment NotChars(std::vector<CodePointRange> ranges);
  Fragment AnyChar() { return Chars({CodePointRange()}); }
  Fragment AnyText() { return Repeat(AnyChar(), 0, kNoEnd); }
  Fragment Char(uint32_t code_point, bool ignore_case);
  Fragment Literal(std::string_view text, bool ignore_case = false);
  Fragment Concat(Fragment first, Fragment second);
  Fragment Either(Fragment first, Fragment second);
  // So many times; copies what is repeated.
  Fragment Repeat(Fragment inner, uint32_t least, uint32_t most);
  Fragment Not(Fragment inner);
  Fragment Both(Fragment first, Fragment second);

  // From the first failure on fragments are Nothing().
  Result<CodePointDfa> Build(Fragment whole);

 private:
  struct Node {
    std::vector<CodePointRange> ranges;  // lead to `target`
    uint32_t target = kNoEnd;
    std::vector<uint32_t> empty;  // followed without a character
  };
  struct Dfa {
    std::vector<uint32_t> starts;
    std::vector<uint32_t> next;
    std::vector<uint8_t> labels;
    uint32_t start = 0;
  };

  uint32_t NewNode();
  Fragment Copy(Fragment inner);
  std::vector<uint32_t> Reach(Fragment fragment) const;
  void Close(std::vector<uint32_t>* set);
  std::vector<uint32_t> ClassStarts(Fragment fragment) const;
  bool Spend(uint64_t work);
  void TooComplex();
  Dfa Determinize(Fragment fragment);
  Fragment Embed(const Dfa& dfa, bool negate);
  static void Prune(Dfa* dfa);

  const uint32_t max_states_;
  uint64_t work_ = 0;
  Status status_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> marks_;  // of Close: the round in which a node was met
  uint32_t round_ = 0;
};

// `*` stands for any text, `?` for any character, `\` takes the next one as it is.
Result<CodePointDfa> CompileWildcard(std::string_view pattern, bool ignore_case,
                                     std::string_view literal_before, uint32_t max_states);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_AUTOMATON_H_
