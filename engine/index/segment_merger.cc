#include "engine/index/segment_merger.h"

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <utility>

#include "engine/codec/key_table.h"
#include "engine/codec/number_column.h"
#include "engine/index/merge_input.h"
#include "engine/index/segment_file.h"
#include "engine/index/term_merger.h"

namespace binseek::index {
namespace {

using codec::kNoMoreDocs;
using codec::SectionKind;
using mapping::FieldId;

class Merger {
 public:
  Merger(const std::vector<std::shared_ptr<const SegmentView>>& segments,
         const MergeOptions& options, codec::SegmentOutput* output)
      : options_(options),
        input_(segments, options.check),
        writer_(input_.docs(), output, options.buffer_bytes) {}

  Result<MergedSegment> Run() {
    MergedSegment merged;
    merged.docs = input_.docs();
    if (merged.docs > 0) {
      BINSEEK_RETURN_IF_ERROR(Verify());
      if (options_.mapping != nullptr && !options_.mapping->index_sort().empty()) {
        BINSEEK_RETURN_IF_ERROR(input_.Sort(options_.mapping->index_sort(), options_.keywords));
      }
      BINSEEK_RETURN_IF_ERROR(Write());
    }
    merged.doc_maps = input_.TakeDocMaps();
    return merged;
  }

 private:
  // What is damaged must not be given a new checksum.
  Status Verify() {
    for (size_t i = 0; i < input_.size(); ++i) {
      if (input_.view(i).on_disk()) {
        const Status status = input_.segment(i).VerifyChecksums(options_.check);
        if (!status.ok()) {
          return status.WithContext(SegmentFile(input_.view(i).id()));
        }
      }
      if (options_.check) {
        BINSEEK_RETURN_IF_ERROR(options_.check());
      }
    }
    return Status::Ok();
  }

  Status Write() {
    std::set<FieldId> term_fields;
    std::set<FieldId> number_fields;
    for (size_t i = 0; i < input_.size(); ++i) {
      const auto fields = input_.segment(i).TermFields();
      term_fields.insert(fields.begin(), fields.end());
      for (const auto& [field, column] : input_.view(i).columns()) {
        number_fields.insert(field);
      }
    }
    const auto dropped = [this](FieldId field) {
      return options_.mapping != nullptr && field >= mapping::kFirstUserField &&
             options_.mapping->Find(field) == nullptr && !options_.mapping->IsReserved(field);
    };
    std::erase_if(term_fields, dropped);
    std::erase_if(number_fields, dropped);
    for (const FieldId field : term_fields) {
      const KeywordView* const keywords =
          options_.keywords == nullptr ? nullptr : options_.keywords->Find(field);
      BINSEEK_RETURN_IF_ERROR(MergeTerms(field, keywords, &input_, &writer_));
    }
    for (const auto& [field, column] :
         {std::pair(mapping::kVersionField, SystemColumn::kVersion),
          std::pair(mapping::kSeqNoField, SystemColumn::kSeqNo),
          std::pair(mapping::kRowHashField, SystemColumn::kRowHash)}) {
      BINSEEK_RETURN_IF_ERROR(MergeSystem(field, column));
    }
    for (const FieldId field : number_fields) {
      BINSEEK_RETURN_IF_ERROR(MergeNumbers(field));
    }
    BINSEEK_RETURN_IF_ERROR(MergeRoots());
    BINSEEK_RETURN_IF_ERROR(MergeKeys());
    BINSEEK_RETURN_IF_ERROR(MergeStored());
    return writer_.Finish();
  }

  // The smallest values of neighbouring documents.
  struct Chunk {
    static constexpr uint32_t kDocs = 1024;
    DocId first = 0;
    uint32_t docs = 0;
    std::array<int64_t, kDocs> values;
    std::array<uint64_t, kDocs / 64> present;

    template <class Read>
    void Load(size_t segment, DocId from, uint32_t max_doc, const Read& read) {
      first = from;
      docs = std::min(kDocs, max_doc - from);
      read(segment, from, docs, values.data(), present.data());
    }
  };

  // Adds the smallest values of live documents. read(segment, first, n, values, present).
  template <class Read>
  Status AddSmallest(const Read& read, codec::PackedColumnWriter* column) {
    if (input_.interleaved()) {
      return AddInterleaved(read, column);
    }
    Chunk chunk;
    for (size_t segment = 0; segment < input_.size(); ++segment) {
      const std::vector<DocId>& map = input_.doc_map(segment);
      const auto max_doc = static_cast<uint32_t>(map.size());
      for (uint32_t first = 0; first < max_doc; first += Chunk::kDocs) {
        chunk.Load(segment, first, max_doc, read);
        for (uint32_t at = 0; at < chunk.docs; at += 64) {
          for (uint64_t word = chunk.present[at / 64]; word != 0; word &= word - 1) {
            const uint32_t i = at + static_cast<uint32_t>(std::countr_zero(word));
            if (map[first + i] != kNoMoreDocs) {
              column->Add(map[first + i], chunk.values[i]);
            }
          }
        }
        BINSEEK_RETURN_IF_ERROR(input_.Pace(chunk.docs / 8));
      }
    }
    return Status::Ok();
  }

  // The same where segments take turns: each has a chunk at hand.
  template <class Read>
  Status AddInterleaved(const Read& read, codec::PackedColumnWriter* column) {
    std::vector<Chunk> chunks(input_.size());
    return input_.ForEachLive([&](size_t segment, DocId doc, DocId mapped) {
      Chunk& chunk = chunks[segment];
      if (doc - chunk.first >= chunk.docs) {
        const auto max_doc = static_cast<uint32_t>(input_.doc_map(segment).size());
        chunk.Load(segment, doc - doc % Chunk::kDocs, max_doc, read);
      }
      const DocId i = doc - chunk.first;
      if (((chunk.present[i / 64] >> (i % 64)) & 1) != 0) {
        column->Add(mapped, chunk.values[i]);
      }
      return Status::Ok();
    });
  }

  Status MergeSystem(FieldId field, SystemColumn system) {
    bool any = false;
    for (size_t i = 0; i < input_.size(); ++i) {
      any = any || input_.segment(i).Numbers(field) != nullptr ||
            input_.view(i).system().written_pages() > 0;
    }
    if (!any) {
      return Status::Ok();
    }
    codec::PackedColumnWriter column(writer_.Begin(field, SectionKind::kNumbers));
    BINSEEK_RETURN_IF_ERROR(AddSmallest(
        [&](size_t i, DocId first, uint32_t n, int64_t* values, uint64_t* present) {
          input_.view(i).system().Read(system, first, n, values, present);
        },
        &column));
    column.Finish(input_.docs());
    return writer_.End();
  }

  Status MergeNumbers(FieldId field) {
    codec::PackedColumnWriter column(writer_.Begin(field, SectionKind::kNumbers));
    std::vector<const NumberPages*> from;
    bool several = false;
    for (size_t i = 0; i < input_.size(); ++i) {
      from.push_back(input_.view(i).Column(field));
      several = several || (from[i] != nullptr && from[i]->multi_valued());
    }
    if (several) {
      std::vector<int64_t> scratch;
      BINSEEK_RETURN_IF_ERROR(input_.ForEachLive([&](size_t i, DocId doc, DocId mapped) {
        if (from[i] != nullptr) {
          column.Add(mapped, from[i]->GetAll(doc, &scratch));
        }
        return Status::Ok();
      }));
    } else {
      BINSEEK_RETURN_IF_ERROR(AddSmallest(
          [&](size_t i, DocId first, uint32_t n, int64_t* values, uint64_t* present) {
            if (from[i] == nullptr) {
              std::fill_n(present, (n + 63) / 64, 0);
            } else {
              from[i]->Read(first, n, values, present);
            }
          },
          &column));
    }
    column.Finish(input_.docs());
    return writer_.End();
  }

  Status MergeRoots() {
    bool any = false;
    for (size_t i = 0; i < input_.size(); ++i) {
      any = any || input_.segment(i).roots() != nullptr;
    }
    if (!any) {
      return Status::Ok();
    }
    std::vector<uint64_t> roots((size_t{input_.docs()} + 63) / 64, 0);
    BINSEEK_RETURN_IF_ERROR(input_.ForEachLive([&](size_t i, DocId doc, DocId mapped) {
      roots[mapped / 64] |= uint64_t{input_.segment(i).IsRoot(doc)} << (mapped % 64);
      return Status::Ok();
    }));
    writer_.Begin(SectionKind::kRoots)->AppendArray<uint64_t>(roots);
    return writer_.End();
  }

  Status MergeKeys() {
    codec::ByteSink* const keys = writer_.Begin(SectionKind::kKeys);
    codec::KeysWriter writer(keys, writer_.Begin(SectionKind::kKeyTable));
    BINSEEK_RETURN_IF_ERROR(input_.ForEachLive(
        [&](size_t i, DocId doc, DocId) { return writer.Add(input_.segment(i).Key(doc)); }));
    for (size_t i = 0; i < input_.size(); ++i) {
      if (input_.segment(i).keys().corrupt()) {
        return Status::Corruption(SegmentFile(input_.view(i).id()) + ": its keys cannot be read");
      }
    }
    writer.Finish();
    return writer_.End();
  }

  Status MergeStored() {
    codec::StoredFieldsWriter writer(writer_.Begin(SectionKind::kStored),
                                     {.form = options_.stored});
    std::vector<codec::StoredFieldsReader> readers;
    for (size_t i = 0; i < input_.size(); ++i) {
      readers.emplace_back(&input_.segment(i).stored());
    }
    if (!input_.interleaved() && options_.copy_stored_blocks) {
      for (size_t i = 0; i < input_.size(); ++i) {
        BINSEEK_RETURN_IF_ERROR(CopyStored(i, &readers[i], &writer));
      }
    } else {
      BINSEEK_RETURN_IF_ERROR(input_.ForEachLive(
          [&](size_t i, DocId doc, DocId) { return AddStored(i, doc, &readers[i], &writer); }));
    }
    writer.Finish();
    return writer_.End();
  }

  Status AddStored(size_t i, DocId doc, codec::StoredFieldsReader* reader,
                   codec::StoredFieldsWriter* writer) {
    const Result<codec::StoredDocument> stored = reader->Get(doc);
    if (!stored.ok()) {
      return stored.status().WithContext(SegmentFile(input_.view(i).id()));
    }
    BINSEEK_RETURN_IF_ERROR(writer->Add(stored->form, stored->bytes));
    return input_.Pace(static_cast<uint32_t>(stored->bytes.size() / 256));
  }

  // Blocks of which everything lives need not be compressed again.
  Status CopyStored(size_t i, codec::StoredFieldsReader* reader,
                    codec::StoredFieldsWriter* writer) {
    const std::vector<DocId>& map = input_.doc_map(i);
    codec::StoredFields::Block block;
    for (DocId doc = 0; doc < map.size();) {
      if (map[doc] == kNoMoreDocs) {
        ++doc;
        continue;
      }
      if (doc >= block.end_doc) {
        BINSEEK_ASSIGN_OR_RETURN(block, input_.segment(i).stored().BlockOf(doc));
      }
      const DocId last = block.end_doc - 1;
      if (doc == block.first_doc && map[last] != kNoMoreDocs &&
          map[last] - map[doc] == last - doc) {
        const Status status = writer->AddBlock(reader, doc);
        if (!status.ok()) {
          return status.WithContext(SegmentFile(input_.view(i).id()));
        }
        doc = block.end_doc;
        BINSEEK_RETURN_IF_ERROR(input_.Pace(64));
        continue;
      }
      BINSEEK_RETURN_IF_ERROR(AddStored(i, doc, reader, writer));
      BINSEEK_RETURN_IF_ERROR(input_.Pace(1));
      ++doc;
    }
    return Status::Ok();
  }

  const MergeOptions& options_;
  MergeInput input_;
  codec::SegmentWriter writer_;
};

}  // namespace

Result<MergedSegment> MergeSegments(const std::vector<std::shared_ptr<const SegmentView>>& segments,
                                    const MergeOptions& options, codec::SegmentOutput* output) {
  return Merger(segments, options, output).Run();
}

}  // namespace binseek::index
