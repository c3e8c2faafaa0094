#include "engine/search/levenshtein.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <tuple>
#include <vector>

namespace binseek::search {
namespace {

constexpr size_t kMaxCodePoints = 255;

// Where a reading of the text may stand: so many code points of it are dealt with, by so many edits. `swapping`: the two code points from there on are being
// swapped, and the second one was seen.
struct Position {
  uint32_t done = 0;
  uint8_t edits = 0;
  bool swapping = false;
  friend bool operator==(const Position&, const Position&) = default;
  friend bool operator<(const Position& a, const Position& b) {
    return std::tie(a.done, a.edits, a.swapping) < std::tie(b.done, b.edits, b.swapping);
  }
};
using Positions = std::vector<Position>;  // sorted

// What `other` may still become, `position` may too.
bool Subsumes(const Position& position, const Position& other) {
  if (position.swapping || other.swapping || position.edits >= other.edits) {
    return false;
  }
  const uint32_t apart =
      position.done > other.done ? position.done - other.done : other.done - position.done;
  return apart <= static_cast<uint32_t>(other.edits - position.edits);
}

class Compiler {
 public:
  Compiler(std::vector<uint32_t> before, std::vector<uint32_t> text, uint32_t edits,
           uint32_t prefix_length, bool transpositions)
      : before_(std::move(before)),
        text_(std::move(text)),
        edits_(static_cast<uint8_t>(edits)),
        prefix_(static_cast<uint32_t>(std::min<size_t>(prefix_length, text_.size()))),
        transpositions_(transpositions) {}

  CodePointDfa Compile() {
    std::vector<uint32_t> starts = {0};
    for (const auto* points : {&before_, &text_}) {
      for (const uint32_t c : *points) {
        starts.push_back(c);
        starts.push_back(c + 1);
      }
    }
    std::sort(starts.begin(), starts.end());
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    starts.erase(std::lower_bound(starts.begin(), starts.end(), kMaxCodePoint + 1), starts.end());
    // Node 0 is dead; then those of the text before, each of which has one way on.
    CodePointDfa::SparseRows rows{.other = {0}, .begin = {0}, .entries = {}};
    std::vector<uint8_t> labels = {0};
    const auto add = [&](uint32_t c, uint32_t node) {
      const auto at = std::lower_bound(starts.begin(), starts.end(), c);
      if (at != starts.end()) {
        rows.entries.push_back({static_cast<uint32_t>(at - starts.begin()), node});
      }
    };
    for (size_t i = 0; i < before_.size(); ++i) {
      rows.begin.push_back(static_cast<uint32_t>(rows.entries.size()));
      rows.other.push_back(0);
      add(before_[i], static_cast<uint32_t>(i + 2));
      labels.push_back(0);
    }
    const auto base = static_cast<uint32_t>(labels.size());
    std::map<Positions, uint32_t> numbers;
    std::vector<Positions> sets;
    const auto number_of = [&](Positions set) -> uint32_t {
      if (set.empty()) {
        return 0;
      }
      const auto [it, is_new] =
          numbers.emplace(std::move(set), base + static_cast<uint32_t>(sets.size()));
      if (is_new) {
        sets.push_back(it->first);
      }
      return it->second;
    };
    number_of(Pruned({Position()}));
    for (size_t s = 0; s < sets.size(); ++s) {
      const Positions set = sets[s];
      labels.push_back(LabelOf(set));
      rows.begin.push_back(static_cast<uint32_t>(rows.entries.size()));
      // All that are none of the code points near by lead to the same.
      rows.other.push_back(number_of(After(set, kNoCodePoint)));
      for (const uint32_t c : NearOf(set)) {
        add(c, number_of(After(set, c)));
      }
    }
    rows.begin.push_back(static_cast<uint32_t>(rows.entries.size()));
    return {std::move(starts), std::move(rows), std::move(labels), before_.empty() ? base : 1};
  }

 private:
  // The code points, each once, that the positions are of use for.
  std::vector<uint32_t> NearOf(const Positions& set) const {
    const size_t end = std::min<size_t>(text_.size(), set.back().done + 4);
    std::vector<uint32_t> near(text_.begin() + set.front().done,
                               text_.begin() + static_cast<std::ptrdiff_t>(end));
    std::sort(near.begin(), near.end());
    near.erase(std::unique(near.begin(), near.end()), near.end());
    return near;
  }

  // The distance of a text that ends here, plus one.
  uint8_t LabelOf(const Positions& set) const {
    uint8_t label = 0;
    for (const Position& position : set) {
      const size_t left = text_.size() - position.done;
      if (position.swapping || position.edits + left > edits_ ||
          (left > 0 && position.done < prefix_)) {
        continue;
      }
      const auto distance = static_cast<uint8_t>(position.edits + left + 1);
      label = label == 0 ? distance : std::min(label, distance);
    }
    return label;
  }

  // Where readings at the positions stand behind code point `c`.
  Positions After(const Positions& set, uint32_t c) const {
    Positions out;
    for (const Position& position : set) {
      if (position.swapping) {
        if (text_[position.done] == c) {
          out.push_back({position.done + 2, position.edits});
        }
        continue;
      }
      // Deletions before the match are taken here, so that sets hold none.
      for (uint8_t deleted = 0; position.edits + deleted <= edits_; ++deleted) {
        const uint32_t done = position.done + deleted;
        const auto edits = static_cast<uint8_t>(position.edits + deleted);
        if (done > text_.size() || (deleted > 0 && done - 1 < prefix_)) {
          break;
        }
        Consume(done, edits, c, &out);
      }
    }
    return Pruned(std::move(out));
  }

  void Consume(uint32_t done, uint8_t edits, uint32_t c, Positions* out) const {
    if (done < text_.size() && text_[done] == c) {
      out->push_back({done + 1, edits});
    }
    if (edits == edits_ || done < prefix_) {
      return;
    }
    out->push_back({done, static_cast<uint8_t>(edits + 1)});  // inserted
    if (done < text_.size()) {
      out->push_back({done + 1, static_cast<uint8_t>(edits + 1)});  // substituted
    }
    if (transpositions_ && done + 1 < text_.size() && text_[done + 1] == c) {
      out->push_back({done, static_cast<uint8_t>(edits + 1), true});
    }
  }

  static Positions Pruned(Positions set) {
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
    Positions out;
    for (const Position& position : set) {
      const bool of_use = std::none_of(
          set.begin(), set.end(), [&](const Position& other) { return Subsumes(other, position); });
      if (of_use) {
        out.push_back(position);
      }
    }
    return out;
  }

  const std::vector<uint32_t> before_;
  const std::vector<uint32_t> text_;
  const uint8_t edits_;
  const uint32_t prefix_;
  const bool transpositions_;
};

}  // namespace

Result<CodePointDfa> CompileLevenshtein(std::string_view text, uint32_t edits,
                                        uint32_t prefix_length, bool transpositions,
                                        std::string_view literal_before) {
  std::vector<uint32_t> points = CodePointsOf(text);
  if (points.size() > kMaxCodePoints) {
    return Status::InvalidArgument("failed to create query: a text of more than " +
                                   std::to_string(kMaxCodePoints) +
                                   " characters cannot be matched fuzzily");
  }
  if (std::find(points.begin(), points.end(), kNoCodePoint) != points.end()) {
    return Status::InvalidArgument("failed to create query: a fuzzy text is no valid UTF-8");
  }
  return Compiler(CodePointsOf(literal_before), std::move(points), edits, prefix_length,
                  transpositions)
      .Compile();
}

}  // namespace binseek::search
