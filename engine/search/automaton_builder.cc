// AutomatonBuilder: fragments of a nondeterministic automaton, and the subset construction, within its limits.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/search/automaton.h"

namespace binseek::search {
namespace {

// Steps of a construction, for each state that it may have; most of them put a number somewhere, so this bounds memory too.
constexpr uint64_t kWorkPerState = 500;
constexpr uint32_t kMaxNodesPerState = 10;

struct SetHash {
  size_t operator()(const std::vector<uint32_t>& set) const {
    uint64_t hash = 0xcbf29ce484222325;
    for (const uint32_t element : set) {
      hash = (hash ^ element) * 0x100000001b3;
    }
    return static_cast<size_t>(hash ^ (hash >> 32));
  }
};

std::vector<CodePointRange> Normalized(std::vector<CodePointRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<CodePointRange> out;
  for (const CodePointRange& range : ranges) {
    if (!out.empty() && range.first <= out.back().last + 1) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

}  // namespace

uint32_t AutomatonBuilder::NewNode() {
  if (nodes_.size() >= uint64_t{max_states_} * kMaxNodesPerState + 1000) {
    TooComplex();
    // Of no use to anybody from now on, but there.
    if (nodes_.size() >= uint64_t{max_states_} * kMaxNodesPerState + 2000) {
      return 0;
    }
  }
  nodes_.emplace_back();
  return static_cast<uint32_t>(nodes_.size() - 1);
}

void AutomatonBuilder::TooComplex() {
  if (status_.ok()) {
    status_ = Status::InvalidArgument(
        "Determinizing automaton with " + std::to_string(nodes_.size()) +
        " states would require more than " + std::to_string(max_states_) + " effort.");
  }
}

bool AutomatonBuilder::Spend(uint64_t work) {
  work_ += work;
  if (work_ > (uint64_t{max_states_} + 100) * kWorkPerState) {
    TooComplex();
  }
  return status_.ok();
}

AutomatonBuilder::Fragment AutomatonBuilder::Empty() {
  const uint32_t node = NewNode();
  const uint32_t end = NewNode();
  nodes_[node].empty.push_back(end);
  return {node, end};
}

AutomatonBuilder::Fragment AutomatonBuilder::Nothing() {
  const uint32_t begin = NewNode();
  return {begin, NewNode()};
}

AutomatonBuilder::Fragment AutomatonBuilder::Chars(std::vector<CodePointRange> ranges) {
  const Fragment out = Nothing();
  nodes_[out.begin].ranges = Normalized(std::move(ranges));
  nodes_[out.begin].target = out.end;
  return out;
}

AutomatonBuilder::Fragment AutomatonBuilder::NotChars(std::vector<CodePointRange> ranges) {
  std::vector<CodePointRange> others;
  uint32_t next = 0;
  for (const CodePointRange& range : Normalized(std::move(ranges))) {
    if (range.first > next) {
      others.push_back({next, range.first - 1});
    }
    next = range.last + 1;
  }
  if (next <= kMaxCodePoint) {
    others.push_back({next, kMaxCodePoint});
  }
  return Chars(std::move(others));
}

AutomatonBuilder::Fragment AutomatonBuilder::Char(uint32_t code_point, bool ignore_case) {
  if (code_point > kMaxCodePoint) {
    return Nothing();
  }
  std::vector<CodePointRange> ranges;
  if (ignore_case) {
    for (const uint32_t variant : CaseVariants(code_point)) {
      ranges.push_back({variant, variant});
    }
  } else {
    ranges.push_back({code_point, code_point});
  }
  return Chars(std::move(ranges));
}

AutomatonBuilder::Fragment AutomatonBuilder::Literal(std::string_view text, bool ignore_case) {
  Fragment out = Empty();
  for (size_t at = 0; at < text.size();) {
    out = Concat(out, Char(NextCodePoint(text, &at), ignore_case));
  }
  return out;
}

AutomatonBuilder::Fragment AutomatonBuilder::Concat(Fragment first, Fragment second) {
  nodes_[first.end].empty.push_back(second.begin);
  return {first.begin, second.end};
}

AutomatonBuilder::Fragment AutomatonBuilder::Either(Fragment first, Fragment second) {
  const Fragment out = Nothing();
  nodes_[out.begin].empty = {first.begin, second.begin};
  nodes_[first.end].empty.push_back(out.end);
  nodes_[second.end].empty.push_back(out.end);
  return out;
}

std::vector<uint32_t> AutomatonBuilder::Reach(Fragment fragment) const {
  std::vector<uint32_t> reached = {fragment.begin};
  std::vector<bool> seen(nodes_.size());
  seen[fragment.begin] = true;
  const auto add = [&](uint32_t node) {
    if (!seen[node]) {
      seen[node] = true;
      reached.push_back(node);
    }
  };
  for (size_t i = 0; i < reached.size(); ++i) {
    if (reached[i] == fragment.end) {
      continue;  // what lies behind is another's
    }
    const Node& node = nodes_[reached[i]];
    if (node.target != kNoEnd) {
      add(node.target);
    }
    for (const uint32_t next : node.empty) {
      add(next);
    }
  }
  return reached;
}

AutomatonBuilder::Fragment AutomatonBuilder::Copy(Fragment inner) {
  if (!status_.ok()) {
    return Nothing();
  }
  const std::vector<uint32_t> reached = Reach(inner);
  if (!Spend(nodes_.size() / 16 + reached.size() * 4)) {
    return Nothing();
  }
  std::unordered_map<uint32_t, uint32_t> copies;
  for (const uint32_t node : reached) {
    copies[node] = NewNode();
  }
  if (!status_.ok()) {
    return Nothing();
  }
  for (const uint32_t node : reached) {
    if (node == inner.end) {
      continue;
    }
    const Node original = nodes_[node];
    Node& copy = nodes_[copies[node]];
    copy.ranges = original.ranges;
    copy.target = original.target == kNoEnd ? kNoEnd : copies[original.target];
    for (const uint32_t next : original.empty) {
      copy.empty.push_back(copies[next]);
    }
  }
  const auto end = copies.find(inner.end);
  return {copies[inner.begin], end == copies.end() ? NewNode() : end->second};
}

AutomatonBuilder::Fragment AutomatonBuilder::Repeat(Fragment inner, uint32_t least, uint32_t most) {
  // `inner` stays as it is, and is copied, so that its end leads nowhere else.
  Fragment out = Empty();
  for (uint32_t i = 0; i < least && status_.ok(); ++i) {
    out = Concat(out, Copy(inner));
  }
  if (most == kNoEnd) {
    const Fragment loop = Copy(inner);
    const Fragment around = Nothing();
    nodes_[around.begin].empty = {loop.begin, around.end};
    nodes_[loop.end].empty.push_back(around.begin);
    return Concat(out, around);
  }
  const uint32_t end = NewNode();
  for (uint32_t i = least; i < most && status_.ok(); ++i) {
    nodes_[out.end].empty.push_back(end);
    out = Concat(out, Copy(inner));
  }
  nodes_[out.end].empty.push_back(end);
  return {out.begin, end};
}

void AutomatonBuilder::Close(std::vector<uint32_t>* set) {
  marks_.resize(nodes_.size());
  ++round_;
  size_t kept = 0;
  for (const uint32_t node : *set) {
    if (marks_[node] != round_) {
      marks_[node] = round_;
      (*set)[kept++] = node;
    }
  }
  set->resize(kept);
  for (size_t i = 0; i < set->size(); ++i) {
    for (const uint32_t next : nodes_[(*set)[i]].empty) {
      if (marks_[next] != round_) {
        marks_[next] = round_;
        set->push_back(next);
      }
    }
  }
  Spend(set->size());
  std::sort(set->begin(), set->end());
}

std::vector<uint32_t> AutomatonBuilder::ClassStarts(Fragment fragment) const {
  std::vector<uint32_t> starts = {0};
  for (const uint32_t node : Reach(fragment)) {
    for (const CodePointRange& range : nodes_[node].ranges) {
      starts.push_back(range.first);
      if (range.last < kMaxCodePoint) {
        starts.push_back(range.last + 1);
      }
    }
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  return starts;
}

// Node 0 is the empty set.
AutomatonBuilder::Dfa AutomatonBuilder::Determinize(Fragment fragment) {
  Dfa dfa;
  dfa.starts = ClassStarts(fragment);
  const size_t classes = dfa.starts.size();
  std::unordered_map<std::vector<uint32_t>, uint32_t, SetHash> numbers;
  std::vector<std::vector<uint32_t>> sets;
  const auto number_of = [&](std::vector<uint32_t> set) {
    const auto [it, is_new] = numbers.emplace(std::move(set), sets.size());
    if (is_new) {
      sets.push_back(it->first);
    }
    return it->second;
  };
  number_of({});
  std::vector<uint32_t> first = {fragment.begin};
  Close(&first);
  dfa.start = number_of(std::move(first));
  std::vector<std::vector<uint32_t>> targets(classes);
  for (size_t s = 0; s < sets.size() && status_.ok(); ++s) {
    if (sets.size() > size_t{max_states_} + 1) {
      TooComplex();
      break;
    }
    const std::vector<uint32_t> set = sets[s];
    dfa.labels.push_back(std::binary_search(set.begin(), set.end(), fragment.end) ? 1 : 0);
    for (auto& target : targets) {
      target.clear();
    }
    uint64_t moves = 0;
    for (const uint32_t node : set) {
      if (node == fragment.end) {
        continue;
      }
      for (const CodePointRange& range : nodes_[node].ranges) {
        auto at = std::lower_bound(dfa.starts.begin(), dfa.starts.end(), range.first);
        for (; at != dfa.starts.end() && *at <= range.last; ++at, ++moves) {
          targets[static_cast<size_t>(at - dfa.starts.begin())].push_back(nodes_[node].target);
        }
      }
    }
    uint32_t before = 0;
    for (size_t c = 0; c < classes; ++c) {
      // Neighbouring classes mostly lead to the same.
      if (c > 0 && targets[c] == targets[c - 1]) {
        dfa.next.push_back(before);
        continue;
      }
      std::vector<uint32_t> target = targets[c];
      Close(&target);
      before = number_of(std::move(target));
      dfa.next.push_back(before);
    }
    Spend(classes + set.size() + moves);
  }
  dfa.labels.resize(status_.ok() ? dfa.labels.size() : 0);
  return dfa;
}

AutomatonBuilder::Fragment AutomatonBuilder::Embed(const Dfa& dfa, bool negate) {
  if (!status_.ok()) {
    return Nothing();
  }
  const size_t classes = dfa.starts.size();
  std::vector<uint32_t> copies;
  for (size_t s = 0; s < dfa.labels.size(); ++s) {
    copies.push_back(NewNode());
  }
  const uint32_t end = NewNode();
  for (size_t s = 0; s < dfa.labels.size() && status_.ok(); ++s) {
    if ((dfa.labels[s] != 0) != negate) {
      nodes_[copies[s]].empty.push_back(end);
    }
    // A node has one target, so each other one needs a node between.
    std::unordered_map<uint32_t, std::vector<CodePointRange>> by_target;
    for (size_t c = 0; c < classes; ++c) {
      const uint32_t last = c + 1 < classes ? dfa.starts[c + 1] - 1 : kMaxCodePoint;
      by_target[dfa.next[s * classes + c]].push_back({dfa.starts[c], last});
    }
    Spend(classes);
    for (auto& [target, ranges] : by_target) {
      if (target == 0 && !negate) {
        continue;
      }
      const uint32_t between = NewNode();
      nodes_[between].ranges = Normalized(std::move(ranges));
      nodes_[between].target = copies[target];
      nodes_[copies[s]].empty.push_back(between);
    }
  }
  return status_.ok() ? Fragment{copies[dfa.start], end} : Nothing();
}

AutomatonBuilder::Fragment AutomatonBuilder::Not(Fragment inner) {
  return Embed(Determinize(inner), true);
}

AutomatonBuilder::Fragment AutomatonBuilder::Both(Fragment first, Fragment second) {
  // What neither is missing from.
  return Not(Either(Not(first), Not(second)));
}

Result<CodePointDfa> AutomatonBuilder::Build(Fragment whole) {
  Dfa dfa;
  if (status_.ok()) {
    dfa = Determinize(whole);
  }
  BINSEEK_RETURN_IF_ERROR(status_);
  Prune(&dfa);
  return CodePointDfa(std::move(dfa.starts), std::move(dfa.next), std::move(dfa.labels), dfa.start);
}

}  // namespace binseek::search
