// The golden directory: what an engine of this format version writes for a fixed history, and all that can be read from it.
//
// tests/engine/golden/<version> holds such a directory as it was written when the version was settled, and what was read from it then.
#ifndef BINSEEK_TESTS_ENGINE_INDEX_GOLDEN_H_
#define BINSEEK_TESTS_ENGINE_INDEX_GOLDEN_H_

#include <map>
#include <string>

#include "engine/index/engine.h"
#include "engine/store/directory.h"

namespace binseek::index::test {

using Files = std::map<std::string, std::string>;  // name -> bytes

// Three commits over two indices, then batches that only the translog holds: a segment with every kind of section, states over it, tombstones.
void WriteGoldenHistory(const std::shared_ptr<store::Directory>& directory);

// Everything that a reader can see, as text, a line for each document, column value and term.
std::string Describe(const Engine& engine);

Files ReadFiles(const store::Directory& directory);  // without the lock
// The same with what differs from run to run (uuids, times of creation) taken from `other`.
Files WithIdentityOf(const Files& other, Files files);

}  // namespace binseek::index::test

#endif  // BINSEEK_TESTS_ENGINE_INDEX_GOLDEN_H_
