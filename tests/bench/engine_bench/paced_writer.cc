#include "tests/bench/engine_bench/paced_writer.h"

#include <chrono>

namespace binseek::bench {

PacedWriter::PacedWriter(ShopEngine* shop, Kind kind, double rows_per_second)
    : shop_(shop), kind_(kind), rows_per_second_(rows_per_second) {
  shop_->gap().Reset();
  thread_ = std::thread([this] { Run(); });
}

PacedWriter::~PacedWriter() {
  stop_ = true;
  if (thread_.joinable()) {
    thread_.join();
  }
}

Result<Report> PacedWriter::Stop() {
  stop_ = true;
  thread_.join();
  BINSEEK_RETURN_IF_ERROR(status_);
  Report report;
  report.Add("rows_per_second", static_cast<double>(rows_) / seconds_)
      .Add("longest_gap_ms", shop_->gap().longest_ms());
  return report;
}

void PacedWriter::Run() {
  Random random(static_cast<uint64_t>(kind_) + 101);
  const size_t batch_rows = kind_ == Kind::kColumns ? 10 : 1;
  const auto start = std::chrono::steady_clock::now();
  while (!stop_) {
    const std::chrono::duration<double> due(static_cast<double>(rows_) / rows_per_second_);
    std::this_thread::sleep_until(
        start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due));
    status_ = shop_->Apply(kind_ == Kind::kColumns ? shop_->MakeColumnUpdates(batch_rows, &random)
                                                   : shop_->MakeTextUpserts(batch_rows, &random));
    if (!status_.PeekOk()) {
      break;
    }
    rows_ += batch_rows;
  }
  seconds_ = since_.Seconds();
}

}  // namespace binseek::bench
