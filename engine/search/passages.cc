#include "engine/search/passages.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace binseek::search {
namespace {

using analysis::TextBoundaries;

constexpr float kK1 = 1.2f;
constexpr float kB = 0.75f;
constexpr float kPivot = 87;  // units of an average passage

// Every step is a float or a double where Lucene's is one, so that equal passages win.
float WeightOf(int32_t text_length, uint32_t freq) {
  const float passages = 1 + static_cast<float>(text_length) / kPivot;
  return (kK1 + 1) *
         static_cast<float>(std::log(1 + (static_cast<double>(passages) + 0.5) / (freq + 0.5)));
}

float FrequencyShare(uint32_t freq, int32_t length) {
  const float norm = kK1 * ((1 - kB) + kB * (static_cast<float>(length) / kPivot));
  return static_cast<float>(freq) / (static_cast<float>(freq) + norm);
}

float ScoreOf(const Passage& passage, int32_t text_length) {
  struct Count {
    uint32_t here = 0;
    uint32_t in_text = 0;
  };
  std::vector<std::pair<uint32_t, Count>> counts;  // in the order that they come in
  for (const TextMatch& match : passage.matches) {
    auto it = std::find_if(counts.begin(), counts.end(),
                           [&](const auto& entry) { return entry.first == match.what; });
    if (it == counts.end()) {
      it = counts.insert(it, {match.what, {0, match.freq}});
    }
    ++it->second.here;
  }
  float score = 0;
  for (const auto& [what, count] : counts) {
    score += WeightOf(text_length, count.in_text) *
             FrequencyShare(count.here, passage.end - passage.start);
  }
  // Passages near the beginning are worth a little more.
  return score * (1 + 1 / static_cast<float>(std::log(
                              static_cast<double>(kPivot + static_cast<float>(passage.start)))));
}

}  // namespace

void TextValues::Add(std::u16string_view value) {
  if (!parts.empty()) {
    text.push_back(u'\0');
  }
  const auto begin = static_cast<int32_t>(text.size());
  text.append(value);
  parts.push_back({begin, static_cast<int32_t>(text.size())});
}

std::unique_ptr<PassageFinder> PassageFinder::Make(PassageBreaks breaks, int32_t max_length,
                                                   const std::string& locale) {
  std::unique_ptr<TextBoundaries> words = TextBoundaries::Make(TextBoundaries::Kind::kWord, locale);
  std::unique_ptr<TextBoundaries> main;
  if (breaks != PassageBreaks::kValue) {
    main = TextBoundaries::Make(breaks == PassageBreaks::kSentence ? TextBoundaries::Kind::kSentence
                                                                   : TextBoundaries::Kind::kWord,
                                locale);
  }
  if (words == nullptr || (breaks != PassageBreaks::kValue && main == nullptr)) {
    return nullptr;
  }
  return std::unique_ptr<PassageFinder>(
      new PassageFinder(breaks, max_length, std::move(main), std::move(words)));
}

void PassageFinder::OpenPart(const TextValues& values, const TextValues::Part& part) {
  part_ = &part;
  window_start_ = -1;
  window_end_ = -1;
  inner_start_ = -1;
  inner_end_ = 0;
  const std::u16string_view text =
      std::u16string_view(values.text)
          .substr(static_cast<size_t>(part.begin), static_cast<size_t>(part.end - part.begin));
  if (main_ != nullptr) {
    main_->SetText(text);
  }
  words_->SetText(text);
}

// Sets inner_start_ and inner_end_ around what begins in front of `offset`.
void PassageFinder::Bound(int32_t offset) {
  if (offset > window_start_ && offset <= window_end_) {
    inner_start_ = inner_end_;
    inner_end_ = window_end_;
  } else {
    window_start_ = inner_start_ = main_->Preceding(offset);
    window_end_ = inner_end_ = main_->Following(offset - 1);
    // Further sentences, as long as they fit.
    while (inner_end_ - inner_start_ < max_length_) {
      const int32_t end = main_->Following(inner_end_);
      if (end == TextBoundaries::kNone || end - inner_start_ > max_length_) {
        break;
      }
      window_end_ = inner_end_ = end;
    }
  }
  if (inner_end_ - inner_start_ <= max_length_) {
    return;
  }
  // Too long: words around the match, first those before it.
  if (offset - max_length_ > inner_start_) {
    inner_start_ = std::max(inner_start_, words_->Preceding(offset - max_length_));
  }
  const int32_t remaining = std::max(0, max_length_ - (offset - inner_start_));
  if (offset + remaining < window_end_) {
    inner_end_ = std::min(window_end_, words_->Following(offset + remaining));
  }
}

// The passage around a match at `offset` of the text.
void PassageFinder::Surround(int32_t offset, Passage* passage) {
  const int32_t within = offset - part_->begin;
  if (breaks_ == PassageBreaks::kValue) {
    passage->start = part_->begin;
    passage->end = part_->end;
  } else if (breaks_ == PassageBreaks::kSentence && max_length_ > 0) {
    Bound(within + 1);
    passage->start = part_->begin + std::max(inner_start_, 0);
    passage->end = part_->begin + inner_end_;
  } else {
    passage->start = part_->begin + std::max(main_->Preceding(within + 1), 0);
    passage->end = part_->begin + main_->Following(within);
  }
}

std::vector<Passage> PassageFinder::Find(const TextValues& values,
                                         const std::vector<TextMatch>& matches,
                                         uint32_t max_passages) {
  std::vector<Passage> passages;
  const auto length = static_cast<int32_t>(values.text.size());
  part_ = nullptr;
  size_t part = 0;
  for (const TextMatch& match : matches) {
    if (passages.empty() || match.start >= passages.back().end) {
      while (match.start >= values.parts[part].end && part + 1 < values.parts.size()) {
        ++part;
      }
      if (part_ != &values.parts[part]) {
        OpenPart(values, values.parts[part]);
      }
      Surround(match.start, &passages.emplace_back());
    }
    passages.back().matches.push_back(match);
  }
  for (Passage& passage : passages) {
    passage.score = ScoreOf(passage, length);
  }
  if (passages.size() > max_passages) {
    // Of equal ones the later stays, as in Lucene.
    std::sort(passages.begin(), passages.end(), [](const Passage& a, const Passage& b) {
      return a.score != b.score ? a.score > b.score : a.start > b.start;
    });
    passages.resize(max_passages);
    std::sort(passages.begin(), passages.end(),
              [](const Passage& a, const Passage& b) { return a.start < b.start; });
  }
  return passages;
}

bool PassageFinder::FindFirst(const TextValues& values, int32_t size, Passage* passage) {
  for (const TextValues::Part& part : values.parts) {
    if (part.begin == part.end) {
      continue;
    }
    passage->start = part.begin;
    passage->end = part.end;
    passage->score = std::numeric_limits<float>::quiet_NaN();
    if (size < part.end - part.begin) {
      OpenPart(values, part);
      const int32_t end = words_->Following(size);
      passage->end = end == TextBoundaries::kNone ? part.end : part.begin + end;
    }
    return true;
  }
  return false;
}

}  // namespace binseek::search
