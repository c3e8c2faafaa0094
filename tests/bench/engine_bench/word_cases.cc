#include "tests/bench/engine_bench/word_cases.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "engine/codec/segment.h"
#include "engine/search/multi_term_query.h"
#include "tests/bench/engine_bench/shop_page.h"

namespace binseek::bench {
namespace {

using search::QueryPtr;
using search::SearchRequest;

constexpr uint64_t kQueries = 40;

bool IsLatin(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// Of all words, or of those alone that are made of the letters a to z.
std::vector<std::string> WordsByFrequency(const index::IndexView& index, bool latin) {
  const mapping::Field* const field = index.mapping->Find("title");
  std::map<std::string, uint32_t> frequencies;
  for (const auto& segment : index.segments) {
    const codec::FieldTerms* const terms = segment->segment().Terms(field->id);
    if (terms == nullptr) {
      continue;
    }
    codec::BlockTermDictionary::Cursor cursor(terms->dictionary());
    for (bool ok = cursor.SeekCeil(""); ok; ok = cursor.Next()) {
      if (!latin || IsLatin(cursor.term())) {
        frequencies[std::string(cursor.term())] += cursor.info().doc_freq;
      }
    }
  }
  std::vector<std::pair<uint32_t, std::string>> words;
  for (const auto& [word, frequency] : frequencies) {
    words.emplace_back(frequency, word);
  }
  std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::string> out;
  for (auto& [frequency, word] : words) {
    out.push_back(std::move(word));
  }
  return out;
}

// The same numbers on both sides.
class Picker {
 public:
  uint64_t Next(uint64_t limit) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return (state_ >> 33) % limit;
  }

 private:
  uint64_t state_ = 42;
};

// One letter of the word is another.
std::string Misspelt(std::string word) {
  char& letter = word[word.size() / 2];
  letter = letter == 'z' ? 'b' : 'z';
  return word;
}

QueryPtr MakeQuery(const std::string& operation, const std::vector<std::string>& words,
                   Picker* picker) {
  std::vector<QueryPtr> terms;
  for (const std::string& word : words) {
    terms.push_back(search::MakeTerm("title", word));
  }
  search::BoolOptions options;
  if (operation == "term") {
    return terms[0];
  }
  if (operation == "prefix") {
    return search::MakePrefix("title", words[0].substr(0, 3));
  }
  if (operation == "fuzzy1" || operation == "fuzzy2") {
    return search::MakeFuzzy(
        {.field = "title", .value = Misspelt(words[0]), .fuzziness = operation.substr(5)});
  }
  if (operation == "and") {
    options.must = {terms[0], terms[1]};
  } else if (operation == "or") {
    options.should = {terms[0], terms[1]};
  } else if (operation == "range") {
    const auto low = static_cast<int64_t>(1000 + picker->Next(8000));
    options.must = {search::MakeBool({.should = {terms[0], terms[1]}})};
    options.filter = {PriceRange(low, 3 * low)};
  } else if (operation == "shop") {
    const auto low = static_cast<int64_t>(1000 + picker->Next(8000));
    options.must = {search::MakeBool({.should = terms})};
    options.filter = ShopFilters(low, 3 * low);
  } else if (operation == "plus") {
    options.must = {terms[0]};
    options.should = {terms[1], terms[2]};
  } else if (operation == "not") {
    options.must = {terms[0]};
    options.must_not = {terms[1]};
  } else {
    return nullptr;
  }
  return search::MakeBool(std::move(options));
}

bool SetMode(const std::string& mode, SearchRequest* request) {
  static const std::map<std::string, uint64_t> kSizes = {{"top10", 10},     {"top100", 100},
                                                         {"top1000", 1000}, {"top100count", 100},
                                                         {"count", 0},      {"page", 24}};
  const auto it = kSizes.find(mode);
  if (it == kSizes.end()) {
    return false;
  }
  request->size = it->second;
  request->track_total_hits = mode.ends_with("count") || mode == "page" ? SearchRequest::kCountAll
                                                                        : SearchRequest::kCountNone;
  if (mode == "page") {
    request->aggregations = ShopFacets();
  }
  return true;
}

}  // namespace

bool IsWordClass(const std::string& query_class) {
  return query_class.find('/') != std::string::npos;
}

Result<std::vector<SearchRequest>> MakeWordRequests(const index::IndexView& index,
                                                    const Corpus& corpus,
                                                    const std::string& query_class) {
  const size_t first = query_class.find('/');
  const size_t second = query_class.find('/', first + 1);
  const std::string operation = query_class.substr(first + 1, second - first - 1);
  const std::string band = second == std::string::npos ? "" : query_class.substr(second + 1);
  std::vector<SearchRequest> out;
  SearchRequest request;
  if (!SetMode(query_class.substr(0, first), &request)) {
    return Status::InvalidArgument("no such class: " + query_class);
  }
  if (operation == "phrase") {
    for (const TextQuery& query : corpus.queries()) {
      search::MatchPhraseOptions phrase;
      phrase.field = "title";
      phrase.text = query.text;
      request.query = search::MakeMatchPhrase(std::move(phrase));
      out.push_back(request);
    }
    return out;
  }
  static const std::map<std::string, std::pair<uint64_t, uint64_t>> kBands = {
      {"high", {5, 50}}, {"mid", {200, 800}}, {"low", {2000, 6000}}};
  const auto ranks = kBands.find(band);
  const bool latin = operation == "prefix" || operation.starts_with("fuzzy");
  const std::vector<std::string> words = WordsByFrequency(index, latin);
  if (ranks == kBands.end() || words.size() < ranks->second.second) {
    return Status::InvalidArgument("no such class, or too few words: " + query_class);
  }
  const auto [begin, end] = ranks->second;
  Picker picker;
  for (uint64_t i = 0; i < kQueries; ++i) {
    std::vector<std::string> picked;
    for (int word = 0; word < 3; ++word) {
      picked.push_back(words[begin + picker.Next(end - begin)]);
    }
    request.query = MakeQuery(operation, picked, &picker);
    if (request.query == nullptr) {
      return Status::InvalidArgument("no such class: " + query_class);
    }
    out.push_back(request);
  }
  return out;
}

}  // namespace binseek::bench
