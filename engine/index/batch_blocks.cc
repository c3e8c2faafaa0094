// BatchApplier on blocks of documents: a root, and before it the children that live and die with it.
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "engine/index/batch_applier.h"

namespace binseek::index {

using mapping::kSeqNoField;
using mapping::kVersionField;

bool BatchApplier::IsChild(const Work& work, const Stored& stored) const {
  return stored.pending
             ? work.pending_children.count(*stored.pending) != 0
             : stored.address &&
                   !work.index->at(*stored.address).segment().IsRoot(stored.address->doc);
}

void BatchApplier::KillAt(Work* work, DocAddress address) {
  SegmentView* const segment = OwnSegment(work, address.segment);
  if (!segment->mutable_live()->Delete(address.doc, edit_)) {
    return;
  }
  const std::string_view key = segment->segment().Key(address.doc);
  if (key.empty()) {
    return;  // a child that nobody can ask for
  }
  if (address.segment < work->base_segments) {
    work->killed.push_back(address);
  } else {
    work->spilled_keys->Erase(key);
  }
}

void BatchApplier::Kill(Work* work, const std::string& key, const Stored& stored) {
  if (stored.pending) {
    const DocId doc = *stored.pending;
    work->pending_dead.push_back(doc);
    work->pending.erase(key);
    work->pending_children.erase(doc);
    const auto block = work->pending_blocks.find(doc);
    if (block != work->pending_blocks.end()) {
      for (DocId child = block->second.first; child < doc; ++child) {
        work->pending_dead.push_back(child);
        work->pending_children.erase(child);
      }
      for (const std::string& child_key : block->second.child_keys) {
        const auto child = work->pending.find(child_key);
        if (child != work->pending.end() && child->second >= block->second.first &&
            child->second < doc) {
          work->pending.erase(child);
        }
      }
      work->pending_blocks.erase(block);
    }
    return;
  }
  if (!stored.address) {
    return;
  }
  const DocAddress address = *stored.address;
  const codec::Segment& segment = work->index->at(address).segment();
  const bool root = segment.IsRoot(address.doc);
  KillAt(work, address);
  for (DocId doc = address.doc; root && doc > 0 && !segment.IsRoot(doc - 1); --doc) {
    KillAt(work, {address.segment, doc - 1});
  }
}

Status BatchApplier::CheckChildKeys(const Work& work, const mapping::Document& document,
                                    std::unordered_set<std::string_view>* keys) const {
  for (const mapping::Document& child : document.children) {
    BINSEEK_RETURN_IF_ERROR(CheckChildKeys(work, child, keys));
    if (child.child_key.empty()) {
      continue;
    }
    if (!keys->insert(child.child_key).second) {
      return Status::InvalidArgument("[" + child.child_key +
                                     "] is the key of two documents of one block");
    }
    const Stored stored = Lookup(work, child.child_key);
    if (stored.exists() && !IsChild(work, stored)) {
      return Status::InvalidArgument("[" + child.child_key +
                                     "] is a document of its own and cannot be part of another");
    }
  }
  return Status::Ok();
}

// In the order in which the builder added them: children before the document that they belong to.
void BatchApplier::AddChildKeys(Work* work, const mapping::Document& document, DocId first,
                                DocId root, const OpResult& result) {
  DocId next = first;
  const auto walk = [&](const auto& self, const mapping::Document& parent) -> void {
    for (const mapping::Document& child : parent.children) {
      self(self, child);
      const DocId doc = next++;
      if (child.child_key.empty()) {
        continue;
      }
      Kill(work, child.child_key, Lookup(*work, child.child_key));  // it was part of another block
      work->pending[child.child_key] = doc;
      work->pending_children.insert(doc);
      work->pending_blocks[root].child_keys.push_back(child.child_key);
      work->builder->SetNumber(doc, kVersionField, result.version);
      work->builder->SetNumber(doc, kSeqNoField, result.seq_no);
    }
  };
  work->pending_blocks[root].first = first;
  walk(walk, document);
}

}  // namespace binseek::index
