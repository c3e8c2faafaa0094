// Intersect: the terms of a dictionary that a byte automaton accepts, in ascending order: wildcards, regular expressions, fuzzy matches.
//
//   Intersect(terms, automaton, [&](std::string_view term, uint32_t ord) { ...; return true; });   // false: enough
//
// An automaton is deterministic and const; a State is a small value (a number, a pointer). CanMatch may say true of a state from which nothing is
// accepted; the more often it says false, the more is skipped.
//
// Thread-safety: as the automaton and `visit`. The term is valid during its visit. Errors: as BlockTermDictionary's: damage ends the scan, and
// terms.corrupt() tells. Cost: bytes that terms share with the one before are stepped once; blocks, and runs of blocks, whose terms all share a dead
// prefix are not opened; within a block terms with a dead prefix cost one comparison. Memory: a state per byte of the longest term.
#ifndef BINSEEK_ENGINE_CODEC_TERM_INTERSECTION_H_
#define BINSEEK_ENGINE_CODEC_TERM_INTERSECTION_H_

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/term_dictionary_reader.h"

namespace binseek::codec {

template <class A>
concept ByteAutomaton = std::copyable<typename A::State> &&
    requires(const A& automaton, const typename A::State& state, uint8_t byte) {
  { automaton.Start() } -> std::convertible_to<typename A::State>;
  { automaton.Step(state, byte) } -> std::convertible_to<typename A::State>;
  { automaton.IsAccept(state) } -> std::convertible_to<bool>;
  { automaton.CanMatch(state) } -> std::convertible_to<bool>;
};

namespace internal {

// A string and the automaton's state after each of its prefixes, kept up to the first dead one.
template <ByteAutomaton A>
class AutomatonPath {
 public:
  explicit AutomatonPath(const A& automaton) : automaton_(&automaton) {
    states_.push_back(automaton.Start());
    dead_ = !automaton.CanMatch(states_.front());
  }

  // The string becomes its first `shared` bytes (which must be alive) and as much of `suffix` as it takes to die.
  // REQUIRES: shared <= bytes().size(); and < where dead().
  void Set(size_t shared, std::string_view suffix) {
    bytes_.resize(shared);
    states_.resize(shared + 1, states_.front());
    dead_ = false;
    for (const char byte : suffix) {
      states_.push_back(automaton_->Step(states_.back(), static_cast<uint8_t>(byte)));
      bytes_.push_back(byte);
      if (!automaton_->CanMatch(states_.back())) {
        dead_ = true;
        return;
      }
    }
  }
  // As Set, by what `whole` shares with the string: stays dead where `whole` begins with the dead prefix.
  void MoveTo(std::string_view whole) {
    const size_t shared = CommonPrefix(bytes_, whole);
    if (!dead_ || shared < bytes_.size()) {
      Set(shared, whole.substr(shared));
    }
  }

  bool dead() const {
    return dead_;
  }  // the last byte of bytes() led to death; all that begin with bytes() are rejected
  bool accepts() const { return automaton_->IsAccept(states_.back()); }
  const std::string& bytes() const { return bytes_; }

 private:
  const A* automaton_;
  std::vector<typename A::State> states_;  // states_[i]: after i bytes
  std::string bytes_;
  bool dead_ = false;
};

// First block, beyond `block`, that can hold a term above all that begin with `prefix`; blocks() where there is none.
inline uint32_t BlockAfterPrefix(const BlockTermDictionary& terms, uint32_t block,
                                 std::string_view prefix) {
  std::string after(prefix);
  while (!after.empty() && static_cast<uint8_t>(after.back()) == 0xff) {
    after.pop_back();
  }
  if (after.empty()) {
    return terms.blocks();
  }
  after.back() = static_cast<char>(after.back() + 1);
  return std::max(block + 1, terms.FindBlock(after));
}

// False when `visit` had enough or the block is damaged.
template <ByteAutomaton A, class Visit>
bool IntersectBlock(const BlockTermDictionary& terms, BlockTermDictionary::Block block,
                    AutomatonPath<A>* path, Visit& visit) {
  path->MoveTo(block.separator);
  for (uint32_t i = 0; i < block.terms; ++i) {
    if (!block.entries.Next()) {
      terms.SetCorrupt();
      return false;
    }
    const size_t shared = block.entries.shared();
    if (path->dead() && shared >= path->bytes().size()) {
      continue;
    }
    if (shared > path->bytes().size() || shared + block.entries.suffix().size() > kMaxTermBytes)
        [[unlikely]] {
      terms.SetCorrupt();
      return false;
    }
    path->Set(shared, block.entries.suffix());
    if (!path->dead() && path->accepts() &&
        !visit(std::string_view(path->bytes()), block.first_ord + i)) {
      return false;
    }
  }
  return block.terms != 0;
}

}  // namespace internal

template <ByteAutomaton A, std::predicate<std::string_view, uint32_t> Visit>
void Intersect(const BlockTermDictionary& terms, const A& automaton, Visit&& visit) {
  internal::AutomatonPath<A> path(automaton);
  for (uint32_t block = 0; block < terms.blocks();) {
    // All terms of a block share what its separator shares with the next one; of the last block's terms nothing is known.
    const std::string_view separator = terms.Separator(block);
    const size_t common =
        block + 1 < terms.blocks() ? CommonPrefix(separator, terms.Separator(block + 1)) : 0;
    path.MoveTo(separator.substr(0, common));
    if (path.dead()) {
      block = internal::BlockAfterPrefix(terms, block, path.bytes());
      continue;
    }
    if (!internal::IntersectBlock(terms, terms.OpenBlock(block), &path, visit)) {
      return;
    }
    ++block;
  }
}

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_TERM_INTERSECTION_H_
