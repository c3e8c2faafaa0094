#include "engine/search/highlight_terms.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <tuple>
#include <utility>

namespace binseek::search {
namespace {

using Places = std::vector<uint32_t>;  // of tokens, ascending

// What stands at one position of a phrase, and where the text has it.
struct PhrasePart {
  uint32_t offset = 0;             // from the phrase's begin
  const Places* places = nullptr;  // not empty; parts of the same terms have the same ones
};

// Of all places of a phrase's terms those where the phrase stands.
class PhraseMarker {
 public:
  PhraseMarker(const std::vector<TextToken>& tokens,
               const std::map<std::string_view, Places>& by_term, Interrupt* interrupt)
      : tokens_(tokens), by_term_(by_term), interrupt_(interrupt), marked_(tokens.size(), false) {}

  void Mark(const WantedPhrase& phrase) {
    const std::vector<PhrasePart> parts = PartsOf(phrase);
    if (parts.empty() || stopped_) {
      return;
    }
    if (phrase.slop == 0) {
      MarkExact(parts);
      return;
    }
    const uint64_t gaps = parts.back().offset - parts.front().offset + 1 - parts.size();
    MarkSloppy(parts, phrase.slop + gaps);
  }
  const std::vector<bool>& marked() const { return marked_; }
  // By the interrupt: not all is marked.
  bool stopped() const { return stopped_; }

 private:
  static constexpr size_t kStepsPerCheck = size_t{1} << 16;

  // One step further.
  bool Stops() {
    if (interrupt_ != nullptr && ++steps_ >= kStepsPerCheck) {
      steps_ = 0;
      stopped_ = interrupt_->TimedOut() || !interrupt_->Check().ok();
    }
    return stopped_;
  }

  // None where one of them has no place.
  std::vector<PhrasePart> PartsOf(const WantedPhrase& phrase) {
    std::vector<PhrasePart> parts;
    for (size_t i = 0; i < phrase.positions.size(); ++i) {
      if (phrase.positions[i].empty()) {
        continue;
      }
      const Places& places = PlacesOf(phrase.positions[i]);
      if (places.empty()) {
        return {};
      }
      parts.push_back({static_cast<uint32_t>(i), &places});
    }
    return parts;
  }

  const Places& PlacesOf(const std::vector<std::string>& terms) {
    const auto [known, added] = of_terms_.try_emplace(terms);
    Places& places = known->second;
    for (const std::string& term : terms) {
      const auto it = by_term_.find(term);
      if (added && it != by_term_.end()) {
        places.insert(places.end(), it->second.begin(), it->second.end());
      }
    }
    if (added) {
      std::sort(places.begin(), places.end());
    }
    return places;
  }

  uint32_t Position(const PhrasePart& part, size_t at) const {
    return tokens_[(*part.places)[at]].position;
  }

  // All parts at their distances. Each part's places are gone through once, side by side with those of the first.
  void MarkExact(const std::vector<PhrasePart>& parts) {
    std::vector<size_t> at(parts.size(), 0);
    for (size_t first = 0; first < parts[0].places->size(); ++first) {
      const uint32_t begin = Position(parts[0], first) - parts[0].offset;
      bool whole = true;
      for (size_t p = 0; p < parts.size() && whole; ++p) {
        const uint32_t wanted = begin + parts[p].offset;
        while (at[p] < parts[p].places->size() && Position(parts[p], at[p]) < wanted) {
          ++at[p];
        }
        if (at[p] == parts[p].places->size() || Stops()) {
          return;
        }
        whole = Position(parts[p], at[p]) == wanted;
      }
      for (size_t p = 0; p < parts.size() && whole; ++p) {
        for (size_t i = at[p];
             i < parts[p].places->size() && Position(parts[p], i) == begin + parts[p].offset; ++i) {
          marked_[(*parts[p].places)[i]] = true;
        }
      }
    }
  }

  // Parts in any order, with at most `slop` positions between them that are none of theirs: as Lucene's unordered near spans go through the text, the
  // foremost part is the one that moves on.
  void MarkSloppy(const std::vector<PhrasePart>& parts, uint64_t slop) {
    std::vector<size_t> at(parts.size(), 0);
    std::vector<size_t> moved;  // since something was marked last, each once
    std::vector<bool> has_moved(parts.size(), true);
    using Head = std::pair<uint32_t, size_t>;  // position, part
    std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
    uint32_t high = 0;
    for (size_t p = 0; p < parts.size(); ++p) {
      moved.push_back(p);
      heads.emplace(Position(parts[p], 0), p);
      high = std::max(high, Position(parts[p], 0));
    }
    for (;;) {
      const auto [low, foremost] = heads.top();
      if (uint64_t{high} + 1 <= low + slop + parts.size()) {
        for (const size_t p : moved) {
          marked_[(*parts[p].places)[at[p]]] = true;
          has_moved[p] = false;
        }
        moved.clear();
      }
      if (++at[foremost] == parts[foremost].places->size() || Stops()) {
        return;
      }
      heads.pop();
      heads.emplace(Position(parts[foremost], at[foremost]), foremost);
      high = std::max(high, Position(parts[foremost], at[foremost]));
      if (!has_moved[foremost]) {
        has_moved[foremost] = true;
        moved.push_back(foremost);
      }
    }
  }

  const std::vector<TextToken>& tokens_;
  const std::map<std::string_view, Places>& by_term_;
  Interrupt* const interrupt_;
  bool stopped_ = false;
  size_t steps_ = 0;
  std::map<std::vector<std::string>, Places> of_terms_;
  std::vector<bool> marked_;  // by token
};

class MatchList {
 public:
  explicit MatchList(const std::vector<TextToken>& tokens) : tokens_(tokens) {}
  void Add(const Places& places) {
    for (const uint32_t place : places) {
      matches_.push_back(
          {tokens_[place].start, tokens_[place].end, what_, static_cast<uint32_t>(places.size())});
    }
    ++what_;
  }
  std::vector<TextMatch> Take() {
    std::sort(matches_.begin(), matches_.end(), [](const TextMatch& a, const TextMatch& b) {
      return std::tie(a.start, a.end, a.what) < std::tie(b.start, b.end, b.what);
    });
    return std::move(matches_);
  }

 private:
  const std::vector<TextToken>& tokens_;
  std::vector<TextMatch> matches_;
  uint32_t what_ = 0;
};

}  // namespace

void WantedTerms::Add(const WantedTerms& other) {
  terms.insert(other.terms.begin(), other.terms.end());
  phrases.insert(phrases.end(), other.phrases.begin(), other.phrases.end());
  automatons.insert(automatons.end(), other.automatons.begin(), other.automatons.end());
}

void HighlightTerms::Term(const mapping::Field& field, std::string_view term) {
  fields_[field.id].terms.emplace(term);
}

void HighlightTerms::Phrase(const mapping::Field& field,
                            const std::vector<std::vector<std::string>>& positions, uint32_t slop) {
  fields_[field.id].phrases.push_back({positions, slop});
}

void HighlightTerms::Terms(const mapping::Field& field,
                           std::function<bool(std::string_view)> accepts) {
  fields_[field.id].automatons.push_back(std::move(accepts));
}

const WantedTerms& HighlightTerms::Of(mapping::FieldId field) const {
  static const WantedTerms kNothing;
  const auto it = fields_.find(field);
  return it == fields_.end() ? kNothing : it->second;
}

WantedTerms HighlightTerms::OfAll() const {
  WantedTerms all;
  for (const auto& [field, wanted] : fields_) {
    all.Add(wanted);
  }
  return all;
}

std::vector<TextMatch> FindMatches(const std::vector<TextToken>& tokens, const WantedTerms& wanted,
                                   Interrupt* interrupt) {
  std::map<std::string_view, Places> by_term;
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    by_term[tokens[i].term].push_back(i);
  }
  MatchList matches(tokens);
  for (const std::string& term : wanted.terms) {
    if (const auto it = by_term.find(term); it != by_term.end()) {
      matches.Add(it->second);
    }
  }
  PhraseMarker phrases(tokens, by_term, interrupt);
  for (const WantedPhrase& phrase : wanted.phrases) {
    phrases.Mark(phrase);
  }
  if (phrases.stopped()) {
    return {};
  }
  std::map<std::string_view, Places> in_phrases;
  for (uint32_t place = 0; place < tokens.size(); ++place) {
    if (phrases.marked()[place] && !wanted.terms.contains(tokens[place].term)) {
      in_phrases[tokens[place].term].push_back(place);
    }
  }
  for (const auto& [term, places] : in_phrases) {
    matches.Add(places);
  }
  for (const auto& accepts : wanted.automatons) {
    Places places;
    for (const auto& [term, of_term] : by_term) {
      if (accepts(term)) {
        places.insert(places.end(), of_term.begin(), of_term.end());
      }
    }
    matches.Add(places);
  }
  return matches.Take();
}

}  // namespace binseek::search
