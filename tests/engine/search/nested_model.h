// NestedModel: random documents with objects within objects, random queries over them, and what those queries mean, said of the documents' JSON alone.
//
// Boosts are multiples of 1/8 and every leaf scores its boost, so that sums are exact in whatever order they are taken. Single-threaded.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_NESTED_MODEL_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_NESTED_MODEL_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/search/nested_query.h"
#include "engine/search/query.h"

namespace binseek::search::test {

inline constexpr const char* kNestedMapping = R"({"properties": {
  "k": {"type": "keyword"}, "n": {"type": "long"},
  "offers": {"type": "nested", "properties": {
    "color": {"type": "keyword"}, "price": {"type": "long"}, "text": {"type": "text"},
    "notes": {"type": "nested", "properties": {
      "word": {"type": "keyword"}, "rank": {"type": "long"}}}}},
  "tags": {"type": "nested", "include_in_root": true, "properties": {
    "word": {"type": "keyword"}, "rank": {"type": "long"}}}}})";

// Of an object (the root's own is the document) the score, or nothing where it does not match.
using ObjectMeaning = std::function<std::optional<double>(const JsonValue& object)>;

struct MeantNested {
  QueryPtr query;
  ObjectMeaning meaning;
};

// The objects of `path`, "offers.notes", within one of `level` ("" or "offers"), in their order.
std::vector<const JsonValue*> ObjectsAt(const JsonValue& object, const std::string& level,
                                        const std::string& path);
// The values, as text, of the field with that full name in an object of `level`.
std::vector<std::string> ValuesIn(const JsonValue& object, const std::string& level,
                                  const std::string& field);
std::vector<int64_t> NumbersIn(const JsonValue& object, const std::string& level,
                               const std::string& field);

class NestedModel {
 public:
  explicit NestedModel(std::mt19937_64* random) : random_(*random) {}

  // `most`: offers of a document.
  std::string MakeDocument(uint64_t most);
  // For objects of `level`.
  MeantNested MakeQuery(const std::string& level, int depth = 3);
  MeantNested MakeNestedQuery(const std::string& level, int depth);

 private:
  uint64_t Uniform(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }
  std::string Word() { return std::string(1, static_cast<char>('a' + Uniform(6))); }
  float Boost() { return OneIn(2) ? 1 : static_cast<float>(1 + Uniform(24)) / 8; }
  MeantNested MakeLeaf(const std::string& level);
  MeantNested MakePhrase();
  MeantNested MakeBoolQuery(const std::string& level, int depth);

  std::mt19937_64& random_;
};

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_NESTED_MODEL_H_
