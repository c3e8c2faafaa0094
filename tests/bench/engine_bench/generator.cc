#include "tests/bench/engine_bench/generator.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "tests/bench/engine_bench/corpus.h"

namespace binseek::bench {
namespace {

constexpr size_t kEnglishWords = 30000;
constexpr size_t kChineseWords = 30000;
constexpr size_t kBrands = 2000;
constexpr size_t kCategories = 400;
constexpr size_t kQueries = 100;
constexpr int64_t kYearStartUs = 1767225600000000;  // 2026-01-01
constexpr int64_t kYearUs = 365LL * 86400 * 1000000;

// As UTF-8, within the Basic Multilingual Plane above U+07FF.
void AppendCharacter(uint32_t code, std::string* out) {
  out->push_back(static_cast<char>(0xE0 | (code >> 12)));
  out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
  out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
}

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCDULL;
  x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53ULL;
  return x ^ (x >> 33);
}

struct Title {
  std::string text;
  std::vector<std::string> words;  // without brand and model number
};

class Shop {
 public:
  explicit Shop(uint64_t seed) : random_(seed) {}

  Title MakeTitle(const std::string& brand) {
    Title title;
    title.text = brand + " ";
    const uint64_t chinese = 1 + random_.Below(6);
    for (uint64_t i = 0; i < chinese; ++i) {
      title.words.push_back(ChineseWord(chinese_.Draw(&random_)));
      title.text += title.words.back();
    }
    const uint64_t english = 1 + random_.Below(6);
    for (uint64_t i = 0; i < english; ++i) {
      title.words.push_back(EnglishWord(english_.Draw(&random_)));
      title.text += " " + title.words.back();
    }
    if (random_.OneIn(3)) {
      title.text += " X" + std::to_string(random_.Below(1000000));
    }
    return title;
  }

  // Two English words of one title, or a Chinese word, which is two terms.
  std::string MakeQuery(const Title& title) {
    const std::string& word = title.words[random_.Below(title.words.size())];
    const std::string& other = title.words[random_.Below(title.words.size())];
    const bool chinese = static_cast<signed char>(word[0]) < 0;
    return chinese                                                   ? word
           : static_cast<signed char>(other[0]) < 0 || other == word ? ""
                                                                     : word + " " + other;
  }

  std::string MakeBrand() { return "Brand" + EnglishWord(700 + brands_.Draw(&random_)); }
  std::string MakeCategory() {
    const size_t leaf = categories_.Draw(&random_);
    return "c" + std::to_string(leaf / 20) + "/s" + std::to_string(leaf % 20);
  }
  Random& random() { return random_; }

 private:
  Random random_;
  const Zipf english_{kEnglishWords, 1.0};
  const Zipf chinese_{kChineseWords, 0.9};
  const Zipf brands_{kBrands, 1.0};
  const Zipf categories_{kCategories, 0.8};
};

}  // namespace

int64_t Random::Price() {
  const double normal = std::sqrt(-2 * std::log(1 - Unit())) * std::cos(2 * M_PI * Unit());
  return std::clamp<int64_t>(static_cast<int64_t>(std::exp(8.5 + 1.1 * normal)), 99, 99999999);
}

int64_t Random::Stock() { return OneIn(8) ? 0 : static_cast<int64_t>(500 * Unit() * Unit()); }

Zipf::Zipf(size_t ranks, double exponent) {
  double sum = 0;
  for (size_t rank = 0; rank < ranks; ++rank) {
    sum += std::pow(static_cast<double>(rank + 1), -exponent);
    cumulative_.push_back(sum);
  }
}

size_t Zipf::Draw(Random* random) const {
  const double at = random->Unit() * cumulative_.back();
  return static_cast<size_t>(std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, at) -
                             cumulative_.begin());
}

std::string EnglishWord(size_t rank) {
  static constexpr char kConsonants[] = "bdfghklmnprstvwz";
  static constexpr char kVowels[] = "aeiou";
  constexpr size_t kSyllables = 80;
  std::string word;
  do {
    const size_t syllable = (rank * 37 + 11) % kSyllables;  // a permutation: 37 and 80 are coprime
    word += kConsonants[syllable / 5];
    word += kVowels[syllable % 5];
    rank /= kSyllables;
  } while (rank != 0);
  return word + "n";
}

std::string ChineseWord(size_t rank) {
  std::string word;
  for (uint64_t place = 1; place <= 2; ++place) {
    const double unit = static_cast<double>(Mix(rank * 2 + place) >> 11) * 0x1p-53;
    AppendCharacter(0x4E00 + static_cast<uint32_t>(2500 * unit * unit), &word);
  }
  return word;
}

Status GenerateCorpus(const std::string& folder, uint64_t docs, uint64_t seed) {
  std::ofstream products(folder + "/" + kCorpusFile, std::ios::binary);
  std::ofstream queries(folder + "/" + kQueriesFile, std::ios::binary);
  Shop shop(seed);
  Random& random = shop.random();
  size_t made = 0;
  for (uint64_t id = 1; id <= docs; ++id) {
    const std::string brand = shop.MakeBrand();
    const Title title = shop.MakeTitle(brand);
    products << id << '\t' << title.text << '\t' << brand << '\t' << shop.MakeCategory() << '\t'
             << random.Price() << '\t' << random.Stock() << '\t'
             << kYearStartUs + static_cast<int64_t>(random.Next() % kYearUs) << '\t'
             << 10 + random.Below(41) << '\n';
    // Two rows of three give no query; the first thousands give enough.
    if (made < kQueries) {
      if (const std::string text = shop.MakeQuery(title); !text.empty()) {
        const int64_t low = random.Price() / 2;
        queries << text << '\t' << low << '\t' << low * 3 << '\n';
        ++made;
      }
    }
  }
  products.close();
  queries.close();
  return products && queries ? Status::Ok() : Status::IoError("cannot write to " + folder);
}

}  // namespace binseek::bench
