#include "engine/search/query_tokens.h"

#include "engine/analysis/analyzer.h"

namespace binseek::search {
namespace {

class Collector final : public analysis::TokenSink {
 public:
  explicit Collector(size_t limit) : limit_(limit) {}
  void Add(const analysis::Token& token) override {
    if (tokens.size() < limit_) {
      tokens.emplace_back(token.term);
    }
  }
  std::vector<std::string> tokens;

 private:
  const size_t limit_;
};

}  // namespace

const std::string& SearchAnalyzerOf(const mapping::Field& field, const std::string& asked) {
  if (!asked.empty()) {
    return asked;
  }
  const std::string& for_search = field.parameters().search_analyzer;
  return for_search.empty() ? field.analyzer : for_search;
}

const std::string& QuoteAnalyzerOf(const mapping::Field& field, const std::string& asked) {
  const std::string& for_phrases = field.parameters().search_quote_analyzer;
  return SearchAnalyzerOf(field, asked.empty() ? for_phrases : asked);
}

Result<std::vector<std::string>> TokensOf(const std::string& analyzer, std::string_view text,
                                          size_t limit) {
  const analysis::Analyzer* const found = analysis::AnalysisRegistry::Find(analyzer);
  if (found == nullptr) {
    return Status::InvalidArgument("failed to create query: [match] analyzer [" + analyzer +
                                   "] not found");
  }
  Collector collector(limit);
  found->Analyze(text, &collector);
  return std::move(collector.tokens);
}

}  // namespace binseek::search
