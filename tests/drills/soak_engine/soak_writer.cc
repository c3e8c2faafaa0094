#include "tests/drills/soak_engine/soak_writer.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace binseek::soak {
namespace {

using std::chrono::steady_clock;

constexpr uint32_t kLoadRows = 5000;
constexpr int kTransfers = 50;  // of a transaction: two rows each
constexpr int kRewrites = 10;
constexpr size_t kMostLatencies = size_t{1} << 22;
constexpr int64_t kTombstoneAge = 1'000'000;  // in versions

}  // namespace

void SoakWriter::Load(uint32_t documents) {
  ledger_.resize(documents);
  latencies_.reserve(kMostLatencies);
  for (uint32_t first = 0; first < documents && !failed_; first += kLoadRows) {
    index::Batch batch;
    for (uint32_t n = first; n < std::min(documents, first + kLoadRows); ++n) {
      Entry& entry = ledger_[n];
      entry = {static_cast<uint8_t>(n % 2), n, kStartStock, static_cast<int64_t>(n % 100'000), 0};
      Touch(n);
      batch.operations.push_back(Upsert(ids_, n, entry));
    }
    Apply(batch);
  }
  latencies_.clear();
}

Entry& SoakWriter::Touch(uint32_t document) {
  Entry& entry = ledger_[document];
  entry.revision = ++version_;
  return entry;
}

void SoakWriter::Transfer(index::Batch* batch) {
  const auto amount = static_cast<int64_t>(Uniform(20));
  for (const int64_t change : {-amount, amount}) {
    const auto document = static_cast<uint32_t>(Uniform(ledger_.size()));
    Entry& entry = Touch(document);
    entry.stock += change;
    entry.cents = (entry.cents + change) & 0xfffff;
    batch->operations.push_back(UpdateColumns(ids_, document, entry));
  }
}

void SoakWriter::Rewrite(index::Batch* batch) {
  const auto document = static_cast<uint32_t>(Uniform(ledger_.size()));
  Entry& entry = Touch(document);
  entry.title = static_cast<uint32_t>(random_());
  batch->operations.push_back(Upsert(ids_, document, entry));
}

void SoakWriter::MoveOrReplace(index::Batch* batch) {
  const auto document = static_cast<uint32_t>(Uniform(ledger_.size()));
  Entry& entry = Touch(document);
  batch->operations.push_back(Delete(ids_, document, entry));
  Touch(document);
  entry.side = static_cast<uint8_t>(Uniform(2));
  batch->operations.push_back(Upsert(ids_, document, entry));
}

void SoakWriter::Transaction() {
  index::Batch batch;
  const uint64_t kind = Uniform(100);
  for (int i = 0; i < kTransfers; ++i) {
    Transfer(&batch);
  }
  for (int i = 0; kind < 5 && i < kRewrites; ++i) {
    Rewrite(&batch);
  }
  if (kind == 99) {
    MoveOrReplace(&batch);
  }
  batch.user_data["soak"] = std::to_string(version_);
  if (Apply(batch) && kind == 99) {
    for (const index::IndexId id : ids_) {
      engine_->ForgetTombstones(id, version_ - kTombstoneAge);
    }
  }
}

bool SoakWriter::Apply(const index::Batch& batch) {
  const auto started = steady_clock::now();
  const auto result = engine_->Apply(batch);
  const auto micros = static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - started).count());
  failed_ = !findings_->ExpectOk(result.status(), "apply");
  for (size_t i = 0; !failed_ && i < result->results.size(); ++i) {
    const index::Outcome outcome = result->results[i].outcome;
    failed_ = outcome != index::Outcome::kCreated && outcome != index::Outcome::kUpdated &&
              outcome != index::Outcome::kDeleted;
    if (failed_) {
      findings_->Add("apply: " + batch.operations[i].key + " had outcome " +
                     std::to_string(static_cast<int>(outcome)) + ": " +
                     result->results[i].status.ToString());
    }
  }
  if (latencies_.size() < kMostLatencies) {
    latencies_.push_back(micros);
  }
  if (micros > longest_micros_) {
    longest_micros_ = micros;
  }
  rows_ += batch.operations.size();
  return !failed_;
}

void SoakWriter::Run(const std::stop_token& stop, uint64_t rows_per_second) {
  const auto started = steady_clock::now();
  const uint64_t before = rows();
  while (!stop.stop_requested() && !failed_) {
    Transaction();
    const double due_s =
        static_cast<double>(rows() - before) / static_cast<double>(rows_per_second);
    std::this_thread::sleep_until(started + std::chrono::duration_cast<steady_clock::duration>(
                                                std::chrono::duration<double>(due_s)));
  }
}

std::vector<uint32_t> SoakWriter::SortedLatencies() const {
  std::vector<uint32_t> sorted = latencies_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace binseek::soak
