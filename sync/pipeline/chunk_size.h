// ChunkSize: how many rows a reader asks for at once, so that a chunk takes about half a second, whatever the rows are like.
//
// At most doubled or halved from chunk to chunk: one slow read says little. Where a SELECT of half the rows takes as long as one of all, its time is not its rows' (a
// key that no index orders, which the server sorts anew each time): then fewer statements are better, and it grows. Thread-compatible.
#ifndef BINSEEK_SYNC_PIPELINE_CHUNK_SIZE_H_
#define BINSEEK_SYNC_PIPELINE_CHUNK_SIZE_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace binseek::pipeline {

class ChunkSize {
 public:
  static constexpr uint32_t kMost = 20'000;

  explicit ChunkSize(uint32_t rows) : rows_(rows) {}

  uint32_t rows() const { return rows_; }
  // Rows of this table are read from now on: of another one than before, what was learnt of that is forgotten, but for the size.
  void Begin(std::string_view table);
  // A chunk of rows() rows took so long. `most`: as many as are wanted at once.
  void Took(std::chrono::milliseconds time, uint64_t most);
  // A chunk was ended by its bytes at so many rows.
  void Cut(uint64_t rows);
  // A chunk could not be read.
  void Failed();

 private:
  std::string table_;
  uint32_t rows_;
  // The chunk before; 0: none of this table.
  uint32_t last_rows_ = 0;
  std::chrono::milliseconds last_time_{};
  bool rows_cost_little_ = false;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_CHUNK_SIZE_H_
