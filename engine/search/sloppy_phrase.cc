#include "engine/search/sloppy_phrase.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace binseek::search {

SloppyPhrase::SloppyPhrase(const std::vector<std::unique_ptr<PhrasePart>>& parts, uint32_t slop)
    : slop_(slop) {
  for (const auto& part : parts) {
    pointers_.push_back({.part = part.get(),
                         .offset = static_cast<int64_t>(part->offset()),
                         .order = pointers_.size()});
  }
}

bool SloppyPhrase::Less(const Pointer* a, const Pointer* b) {
  if (a->position != b->position) {
    return a->position < b->position;
  }
  return a->offset != b->offset ? a->offset < b->offset : a->order < b->order;
}

SloppyPhrase::Pointer* SloppyPhrase::Lesser(Pointer* a, Pointer* b) {
  const bool less =
      a->position < b->position || (a->position == b->position && a->offset < b->offset);
  return less ? a : b;
}

void SloppyPhrase::Push(Pointer* pointer) {
  // Phrases are short: a sorted list is the fastest queue.
  const auto at = std::lower_bound(queue_.begin(), queue_.end(), pointer,
                                   [](const Pointer* a, const Pointer* b) { return Less(b, a); });
  queue_.insert(at, pointer);
}

SloppyPhrase::Pointer* SloppyPhrase::Pop() {
  Pointer* const least = queue_.back();
  queue_.pop_back();
  return least;
}

bool SloppyPhrase::Step(Pointer* pointer) {
  uint32_t position = 0;
  if (!pointer->part->Next(&position)) {
    return false;
  }
  pointer->position = static_cast<int64_t>(position) - pointer->offset;
  return true;
}

bool SloppyPhrase::Advance(Pointer* pointer) {
  if (!Step(pointer)) {
    return false;
  }
  end_ = std::max(end_, pointer->position);
  return true;
}

// --- Repeats ---

// Which parts repeat follows from the phrase; where each is one term, from the first document: at its first positions those of one term stand together.
void SloppyPhrase::FindGroups() {
  groups_known_ = true;
  std::map<uint32_t, int> times;
  for (const Pointer& pointer : pointers_) {
    for (const uint32_t term : pointer.part->terms()) {
      ++times[term];
    }
  }
  std::vector<Pointer*> repeating;
  for (Pointer& pointer : pointers_) {
    const std::vector<uint32_t>& terms = pointer.part->terms();
    if (std::any_of(terms.begin(), terms.end(), [&](uint32_t term) { return times[term] > 1; })) {
      repeating.push_back(&pointer);
      several_terms_ = several_terms_ || terms.size() > 1;
    }
  }
  if (several_terms_) {
    GroupByTerms(repeating);
  } else {
    GroupByPosition(repeating);
  }
  for (std::vector<Pointer*>& group : groups_) {
    std::stable_sort(group.begin(), group.end(),
                     [](const Pointer* a, const Pointer* b) { return a->offset < b->offset; });
    for (size_t i = 0; i < group.size(); ++i) {
      group[i]->place = i;
    }
  }
}

void SloppyPhrase::GroupByPosition(const std::vector<Pointer*>& repeating) {
  for (size_t i = 0; i < repeating.size(); ++i) {
    Pointer* const first = repeating[i];
    if (first->group != kNoGroup) {
      continue;
    }
    for (size_t j = i + 1; j < repeating.size(); ++j) {
      Pointer* const other = repeating[j];
      // Two that stand at one place of the phrase do not repeat each other.
      if (other->group != kNoGroup || other->offset == first->offset ||
          other->text_position() != first->text_position()) {
        continue;
      }
      if (first->group == kNoGroup) {
        first->group = groups_.size();
        groups_.push_back({first});
      }
      other->group = first->group;
      groups_[first->group].push_back(other);
    }
  }
}

// Parts are in one group where a chain of shared terms connects them.
void SloppyPhrase::GroupByTerms(const std::vector<Pointer*>& repeating) {
  std::vector<size_t> root(repeating.size());
  std::iota(root.begin(), root.end(), size_t{0});
  const auto find = [&](size_t i) {
    while (root[i] != i) {
      i = root[i];
    }
    return i;
  };
  for (size_t i = 0; i < repeating.size(); ++i) {
    for (size_t j = i + 1; j < repeating.size(); ++j) {
      const std::vector<uint32_t>& a = repeating[i]->part->terms();
      const std::vector<uint32_t>& b = repeating[j]->part->terms();
      if (std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end()) {
        root[find(j)] = find(i);
      }
    }
  }
  std::map<size_t, size_t> group_of;
  for (size_t i = 0; i < repeating.size(); ++i) {
    const auto [it, added] = group_of.emplace(find(i), groups_.size());
    if (added) {
      groups_.emplace_back();
    }
    repeating[i]->group = it->second;
    groups_[it->second].push_back(repeating[i]);
  }
}

SloppyPhrase::Pointer* SloppyPhrase::Colliding(const Pointer& pointer) const {
  for (Pointer* const other : groups_[pointer.group]) {
    if (other != &pointer && other->text_position() == pointer.text_position()) {
      return other;
    }
  }
  return nullptr;
}

bool SloppyPhrase::SpreadBySteps(std::vector<Pointer*>* group) {
  for (size_t i = 1; i < group->size(); ++i) {
    for (size_t step = 0; step < i; ++step) {
      if (!Step((*group)[i])) {
        return false;
      }
    }
  }
  return true;
}

bool SloppyPhrase::SpreadByCollisions(std::vector<Pointer*>* group) {
  for (size_t i = 0; i < group->size();) {
    size_t next = i + 1;
    Pointer* const pointer = (*group)[i];
    for (Pointer* other = Colliding(*pointer); other != nullptr; other = Colliding(*pointer)) {
      Pointer* const lesser = Lesser(pointer, other);
      if (!Advance(lesser)) {
        return false;
      }
      if (lesser->place < i) {
        next = i;  // the same one again
        break;
      }
    }
    i = next;
  }
  return true;
}

// At the start no two of a group stand on one position.
bool SloppyPhrase::SpreadGroups() {
  for (std::vector<Pointer*>& group : groups_) {
    if (!(several_terms_ ? SpreadByCollisions(&group) : SpreadBySteps(&group))) {
      return false;
    }
  }
  return true;
}

// `pointer` went on, and may stand where another of its group stands.
bool SloppyPhrase::AdvanceRepeats(Pointer* pointer) {
  if (pointer->group == kNoGroup) {
    return true;
  }
  const size_t started_at = pointer->place;
  std::set<const Pointer*> moved;  // in the queue, at an old place
  for (Pointer* other = Colliding(*pointer); other != nullptr; other = Colliding(*pointer)) {
    const size_t place = other->place;
    pointer = Lesser(pointer, other);
    if (!Advance(pointer)) {
      return false;
    }
    if (place != started_at) {
      moved.insert(other);
    }
  }
  if (!moved.empty()) {
    // Their numbers have changed under the queue.
    std::sort(queue_.begin(), queue_.end(),
              [](const Pointer* a, const Pointer* b) { return Less(b, a); });
  }
  return true;
}

// --- Counting ---

bool SloppyPhrase::Start() {
  end_ = std::numeric_limits<int64_t>::min();
  for (Pointer& pointer : pointers_) {
    pointer.part->Restart();
    if (!Step(&pointer)) {
      return false;
    }
  }
  if (!groups_known_) {
    FindGroups();
  }
  if (!groups_.empty() && !SpreadGroups()) {
    return false;
  }
  queue_.clear();
  for (Pointer& pointer : pointers_) {
    end_ = std::max(end_, pointer.position);
    Push(&pointer);
  }
  return true;
}

float SloppyPhrase::Frequency(bool first_only) {
  float frequency = 0;
  if (!Start()) {
    return 0;
  }
  const auto add = [&](int64_t distance) {
    frequency += 1.0F / (1.0F + static_cast<float>(distance));
  };
  Pointer* least = Pop();
  int64_t distance = end_ - least->position;
  int64_t next = queue_.back()->position;
  while (Advance(least)) {
    if (!groups_.empty() && !AdvanceRepeats(least)) {
      break;
    }
    if (least->position > next) {
      // It cannot come nearer from here.
      Push(least);
      if (distance <= slop_) {
        add(distance);
        if (first_only) {
          return frequency;
        }
      }
      least = Pop();
      next = queue_.back()->position;
      distance = end_ - least->position;
    } else {
      distance = std::min(distance, end_ - least->position);
    }
  }
  if (distance <= slop_) {
    add(distance);
  }
  return frequency;
}

}  // namespace binseek::search
