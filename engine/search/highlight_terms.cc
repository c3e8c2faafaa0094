#include "engine/search/highlight_terms.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace binseek::search {
namespace {

using Places = std::vector<uint32_t>;  // of tokens, ascending

// What stands at one position of a phrase, and where the text has it.
struct PhrasePart {
  uint32_t offset = 0;  // from the phrase's begin
  Places places;
};

std::vector<PhrasePart> PartsOf(const WantedPhrase& phrase,
                                const std::map<std::string_view, Places>& by_term) {
  std::vector<PhrasePart> parts;
  for (size_t i = 0; i < phrase.positions.size(); ++i) {
    if (phrase.positions[i].empty()) {
      continue;
    }
    PhrasePart part;
    part.offset = static_cast<uint32_t>(i);
    for (const std::string& term : phrase.positions[i]) {
      if (const auto it = by_term.find(term); it != by_term.end()) {
        part.places.insert(part.places.end(), it->second.begin(), it->second.end());
      }
    }
    std::sort(part.places.begin(), part.places.end());
    parts.push_back(std::move(part));
  }
  return parts;
}

// All parts at their distances.
void MarkExact(const std::vector<TextToken>& tokens, const std::vector<PhrasePart>& parts,
               std::set<uint32_t>* marked) {
  std::vector<std::multimap<uint32_t, uint32_t>> by_position(parts.size());
  for (size_t p = 0; p < parts.size(); ++p) {
    for (const uint32_t place : parts[p].places) {
      by_position[p].emplace(tokens[place].position, place);
    }
  }
  for (const uint32_t first : parts[0].places) {
    const uint32_t begin = tokens[first].position - parts[0].offset;
    std::vector<uint32_t> found;
    bool whole = true;
    for (size_t p = 0; p < parts.size() && whole; ++p) {
      const auto [from, to] = by_position[p].equal_range(begin + parts[p].offset);
      whole = from != to;
      for (auto it = from; it != to; ++it) {
        found.push_back(it->second);
      }
    }
    if (whole) {
      marked->insert(found.begin(), found.end());
    }
  }
}

// Parts in any order, with at most `slop` positions between them that are none of theirs: as Lucene's unordered near spans go through the text, the
// foremost part is the one that moves on.
void MarkSloppy(const std::vector<TextToken>& tokens, const std::vector<PhrasePart>& parts,
                uint64_t slop, std::set<uint32_t>* marked) {
  std::vector<size_t> at(parts.size(), 0);
  for (;;) {
    size_t foremost = 0;
    uint32_t low = UINT32_MAX;
    uint32_t high = 0;
    for (size_t p = 0; p < parts.size(); ++p) {
      const uint32_t position = tokens[parts[p].places[at[p]]].position;
      if (position < low) {
        low = position;
        foremost = p;
      }
      high = std::max(high, position);
    }
    if (uint64_t{high} + 1 <= low + slop + parts.size()) {
      for (size_t p = 0; p < parts.size(); ++p) {
        marked->insert(parts[p].places[at[p]]);
      }
    }
    if (++at[foremost] == parts[foremost].places.size()) {
      return;
    }
  }
}

void MarkPhrase(const std::vector<TextToken>& tokens, const WantedPhrase& phrase,
                const std::map<std::string_view, Places>& by_term, std::set<uint32_t>* marked) {
  const std::vector<PhrasePart> parts = PartsOf(phrase, by_term);
  for (const PhrasePart& part : parts) {
    if (part.places.empty()) {
      return;
    }
  }
  if (parts.empty()) {
    return;
  }
  if (phrase.slop == 0) {
    MarkExact(tokens, parts, marked);
    return;
  }
  const uint64_t gaps = parts.back().offset - parts.front().offset + 1 - parts.size();
  MarkSloppy(tokens, parts, phrase.slop + gaps, marked);
}

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

std::vector<TextMatch> FindMatches(const std::vector<TextToken>& tokens,
                                   const WantedTerms& wanted) {
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
  std::set<uint32_t> marked;
  for (const WantedPhrase& phrase : wanted.phrases) {
    MarkPhrase(tokens, phrase, by_term, &marked);
  }
  std::map<std::string_view, Places> in_phrases;
  for (const uint32_t place : marked) {
    if (!wanted.terms.contains(tokens[place].term)) {
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
