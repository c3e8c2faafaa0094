#include "engine/search/automaton.h"

#include <algorithm>
#include <map>

#include "engine/analysis/analyzer.h"

namespace binseek::search {

uint32_t NextCodePoint(std::string_view text, size_t* at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(*at);
  const size_t length = lead < 0x80   ? 1
                        : lead < 0xC2 ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  if (length == 0 || *at + length > text.size()) {
    ++*at;
    return kNoCodePoint;
  }
  uint32_t code_point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(*at + i) & 0xC0) != 0x80) {
      ++*at;
      return kNoCodePoint;
    }
    code_point = code_point << 6 | (byte(*at + i) & 0x3FU);
  }
  const bool wrong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000) ||
                     code_point > kMaxCodePoint || (code_point >= 0xD800 && code_point < 0xE000);
  *at += wrong ? 1 : length;
  return wrong ? kNoCodePoint : code_point;
}

std::vector<uint32_t> CodePointsOf(std::string_view text) {
  std::vector<uint32_t> out;
  for (size_t at = 0; at < text.size();) {
    out.push_back(NextCodePoint(text, &at));
  }
  return out;
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto push = [&](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | code_point >> 6);
    push(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    push(0xE0 | code_point >> 12);
    push(0x80 | (code_point >> 6 & 0x3F));
    push(0x80 | (code_point & 0x3F));
  } else {
    push(0xF0 | code_point >> 18);
    push(0x80 | (code_point >> 12 & 0x3F));
    push(0x80 | (code_point >> 6 & 0x3F));
    push(0x80 | (code_point & 0x3F));
  }
}

namespace {

std::string Lower(uint32_t code_point) {
  std::string text;
  AppendUtf8(code_point, &text);
  return analysis::Lowercase(text);
}

// By lower case, all above ASCII that have another one. Made once, at the first pattern that ignores case beyond ASCII.
const std::multimap<std::string, uint32_t>& UpperCases() {
  static const auto* const kCases = [] {
    auto* cases = new std::multimap<std::string, uint32_t>();
    constexpr CodePointRange kCased[] = {{0x80, 0x587},     {0x10A0, 0x10FF},   {0x13A0, 0x13FF},
                                         {0x1C80, 0x1CBF},  {0x1E00, 0x1FFF},   {0x2100, 0x218F},
                                         {0x24B0, 0x24EF},  {0x2C00, 0x2D2F},   {0xA640, 0xA7FF},
                                         {0xFF21, 0xFF5A},  {0x10400, 0x104FF}, {0x118A0, 0x118DF},
                                         {0x1E900, 0x1E943}};
    for (const CodePointRange& range : kCased) {
      for (uint32_t c = range.first; c <= range.last; ++c) {
        std::string own;
        AppendUtf8(c, &own);
        std::string lower = analysis::Lowercase(own);
        if (lower != own) {
          cases->emplace(std::move(lower), c);
        }
      }
    }
    return cases;
  }();
  return *kCases;
}

}  // namespace

std::vector<uint32_t> CaseVariants(uint32_t code_point) {
  if (code_point < 0x80) {
    const bool letter = (code_point | 0x20) >= 'a' && (code_point | 0x20) <= 'z';
    return letter ? std::vector<uint32_t>{code_point & ~0x20U, code_point | 0x20U}
                  : std::vector<uint32_t>{code_point};
  }
  std::vector<uint32_t> out = {code_point};
  if (code_point > kMaxCodePoint) {
    return out;
  }
  const std::string lower = Lower(code_point);
  const std::vector<uint32_t> lower_points = CodePointsOf(lower);
  if (lower_points.size() == 1) {
    out.push_back(lower_points[0]);
  }
  const auto [begin, end] = UpperCases().equal_range(lower);
  for (auto it = begin; it != end; ++it) {
    out.push_back(it->second);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

CodePointDfa::CodePointDfa(std::vector<uint32_t> starts, std::vector<uint32_t> next,
                           std::vector<uint8_t> labels, uint32_t start)
    : start_(start) {
  MakeTable(std::move(starts), std::move(next), {}, std::move(labels));
}

CodePointDfa::CodePointDfa(std::vector<uint32_t> starts, SparseRows rows,
                           std::vector<uint8_t> labels, uint32_t start)
    : start_(start) {
  const size_t classes = starts.size();
  const size_t cells = classes * labels.size();
  std::vector<uint32_t> next;
  if (cells <= kMaxWholeCells) {
    next.resize(cells);
    for (size_t node = 0; node < labels.size(); ++node) {
      uint32_t* const row = next.data() + node * classes;
      std::fill_n(row, classes, rows.other[node]);
      for (uint32_t i = rows.begin[node]; i < rows.begin[node + 1]; ++i) {
        row[rows.entries[i].of_class] = rows.entries[i].next;
      }
    }
    rows = {};
  }
  MakeTable(std::move(starts), std::move(next), std::move(rows), std::move(labels));
}

void CodePointDfa::MakeTable(std::vector<uint32_t> starts, std::vector<uint32_t> next,
                             SparseRows sparse, std::vector<uint8_t> labels) {
  auto table = std::make_shared<Table>();
  table->starts = std::move(starts);
  table->next = std::move(next);
  table->sparse = std::move(sparse);
  table->labels = std::move(labels);
  uint32_t of = 0;
  for (uint32_t c = 0; c < table->ascii_class.size(); ++c) {
    while (of + 1 < table->starts.size() && table->starts[of + 1] <= c) {
      ++of;
    }
    table->ascii_class[c] = of;
  }
  table_ = std::move(table);
}

uint32_t CodePointDfa::ClassOf(uint32_t code_point) const {
  if (code_point < table_->ascii_class.size()) {
    return table_->ascii_class[code_point];
  }
  const auto behind = std::upper_bound(table_->starts.begin(), table_->starts.end(), code_point);
  return static_cast<uint32_t>(behind - table_->starts.begin()) - 1;
}

uint32_t CodePointDfa::SparseNext(uint32_t node, uint32_t of_class) const {
  const SparseRows& rows = table_->sparse;
  for (uint32_t i = rows.begin[node]; i < rows.begin[node + 1]; ++i) {
    if (rows.entries[i].of_class == of_class) {
      return rows.entries[i].next;
    }
  }
  return rows.other[node];
}

size_t CodePointDfa::bytes() const {
  const SparseRows& rows = table_->sparse;
  return sizeof(Table) + rows.entries.size() * sizeof(SparseRows::Entry) + table_->labels.size() +
         sizeof(uint32_t) *
             (table_->starts.size() + table_->next.size() + rows.other.size() + rows.begin.size());
}

CodePointDfa::State CodePointDfa::Step(const State& state, uint8_t byte) const {
  constexpr State kGone{};
  if (state.node == kDead) {
    return kGone;
  }
  if (state.remaining == 0) {
    if (byte < 0x80) {
      return {.node = Next(state.node, byte)};
    }
    State next{.node = state.node, .low = 0x80, .high = 0xBF};
    if (byte >= 0xC2 && byte < 0xE0) {
      next.remaining = 1;
      next.partial = byte & 0x1FU;
    } else if (byte >= 0xE0 && byte < 0xF0) {
      next.remaining = 2;
      next.partial = byte & 0x0FU;
      next.low = byte == 0xE0 ? 0xA0 : 0x80;
      next.high = byte == 0xED ? 0x9F : 0xBF;
    } else if (byte >= 0xF0 && byte < 0xF5) {
      next.remaining = 3;
      next.partial = byte & 0x07U;
      next.low = byte == 0xF0 ? 0x90 : 0x80;
      next.high = byte == 0xF4 ? 0x8F : 0xBF;
    } else {
      return kGone;
    }
    return next;
  }
  if (byte < state.low || byte > state.high) {
    return kGone;
  }
  const uint32_t code_point = state.partial << 6 | (byte & 0x3FU);
  if (state.remaining == 1) {
    return {.node = Next(state.node, code_point)};
  }
  return {.node = state.node,
          .partial = code_point,
          .remaining = static_cast<uint8_t>(state.remaining - 1),
          .low = 0x80,
          .high = 0xBF};
}

uint8_t CodePointDfa::LabelOf(std::string_view text) const {
  State state = Start();
  for (const char byte : text) {
    state = Step(state, static_cast<uint8_t>(byte));
    if (!CanMatch(state)) {
      return 0;
    }
  }
  return Label(state);
}

// Nodes from which nothing is accepted become the dead one.
void AutomatonBuilder::Prune(Dfa* dfa) {
  const size_t classes = dfa->starts.size();
  const size_t nodes = dfa->labels.size();
  std::vector<std::vector<uint32_t>> from(nodes);
  for (size_t s = 0; s < nodes; ++s) {
    for (size_t c = 0; c < classes; ++c) {
      const uint32_t target = dfa->next[s * classes + c];
      if (from[target].empty() || from[target].back() != s) {
        from[target].push_back(static_cast<uint32_t>(s));
      }
    }
  }
  std::vector<bool> alive(nodes);
  std::vector<uint32_t> pending;
  for (size_t s = 0; s < nodes; ++s) {
    if (dfa->labels[s] != 0) {
      alive[s] = true;
      pending.push_back(static_cast<uint32_t>(s));
    }
  }
  while (!pending.empty()) {
    const uint32_t node = pending.back();
    pending.pop_back();
    for (const uint32_t source : from[node]) {
      if (!alive[source]) {
        alive[source] = true;
        pending.push_back(source);
      }
    }
  }
  for (uint32_t& target : dfa->next) {
    target = alive[target] ? target : 0;
  }
  dfa->start = alive[dfa->start] ? dfa->start : 0;
}

Result<CodePointDfa> CompileWildcard(std::string_view pattern, bool ignore_case,
                                     std::string_view literal_before, uint32_t max_states) {
  AutomatonBuilder builder(max_states);
  AutomatonBuilder::Fragment whole = builder.Literal(literal_before);
  bool after_star = false;
  for (size_t at = 0; at < pattern.size();) {
    const bool escaped = pattern[at] == '\\' && at + 1 < pattern.size();
    at += escaped ? 1 : 0;
    const uint32_t c = NextCodePoint(pattern, &at);
    if (!escaped && c == '*') {
      // Two stars are as good as one.
      whole = after_star ? whole : builder.Concat(whole, builder.AnyText());
      after_star = true;
      continue;
    }
    after_star = false;
    whole = builder.Concat(whole,
                           !escaped && c == '?' ? builder.AnyChar() : builder.Char(c, ignore_case));
  }
  return builder.Build(whole);
}

}  // namespace binseek::search
