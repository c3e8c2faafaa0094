#include "tests/bench/engine_bench/corpus.h"

#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "engine/store/posix_directory.h"

namespace binseek::bench {
namespace {

// Splits at tabs; false where there are not exactly as many columns.
bool Split(std::string_view line, std::span<std::string_view> columns) {
  for (size_t i = 0; i < columns.size(); ++i) {
    const size_t tab = line.find('\t');
    if ((tab == std::string_view::npos) != (i + 1 == columns.size())) {
      return false;
    }
    columns[i] = line.substr(0, tab);
    line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  }
  return true;
}

int64_t Number(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Result<Corpus> Corpus::Open(const std::string& folder) {
  BINSEEK_ASSIGN_OR_RETURN(std::shared_ptr<store::Directory> directory,
                           store::OpenPosixDirectory(folder));
  Corpus corpus;
  BINSEEK_ASSIGN_OR_RETURN(corpus.file_, directory->Map(kCorpusFile));
  const std::string_view bytes = corpus.file_->bytes();
  std::array<std::string_view, 8> columns;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\n', at);
    if (end == std::string_view::npos || !Split(bytes.substr(at, end - at), columns)) {
      return Status::InvalidArgument("no corpus: " + folder);
    }
    corpus.starts_.push_back(at);
    at = end + 1;
  }
  corpus.starts_.push_back(bytes.size());
  corpus.starts_.shrink_to_fit();

  BINSEEK_ASSIGN_OR_RETURN(const std::shared_ptr<const store::MappedFile> queries,
                           directory->Map(kQueriesFile));
  std::string_view lines = queries->bytes();
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    if (end == std::string_view::npos ||
        !Split(lines.substr(0, end), std::span(columns).first(3))) {
      return Status::InvalidArgument("no queries: " + folder);
    }
    corpus.queries_.push_back({std::string(columns[0]), Number(columns[1]), Number(columns[2])});
    lines.remove_prefix(end + 1);
  }
  return corpus;
}

Row Corpus::at(size_t number) const {
  const uint64_t start = starts_[number];
  std::array<std::string_view, 8> columns;
  Split(file_->bytes().substr(start, starts_[number + 1] - start - 1), columns);
  return {.id = columns[0],
          .title = columns[1],
          .brand = columns[2],
          .category = columns[3],
          .price_cents = Number(columns[4]),
          .stock = Number(columns[5]),
          .updated_at_us = Number(columns[6]),
          .rating_tenths = Number(columns[7])};
}

}  // namespace binseek::bench
