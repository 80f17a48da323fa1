// An index that notes how much its readers show while each of them holds back Publish.
#ifndef REGISTRE_TESTS_SUPPORT_COUNTING_INDEX_H_
#define REGISTRE_TESTS_SUPPORT_COUNTING_INDEX_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "ledger/store/index.h"

namespace registre::testing {

// Hands on to another index, which outlives it. One thread.
class CountingIndex final : public Index {
 public:
  explicit CountingIndex(Index* index) : index_(index) {}

  // Of any one reader so far.
  uint64_t most_postings() const { return most_postings_; }
  uint64_t most_states() const { return most_states_; }
  uint64_t most_names() const { return most_names_; }
  uint64_t most_blocks() const { return most_blocks_; }

  void Publish(IndexDelta&& delta, const LogHead& head) override {
    index_->Publish(std::move(delta), head);
  }
  absl::Status Flush() override { return index_->Flush(); }
  absl::Status Clear() override { return index_->Clear(); }
  LogHead disk_head() const override { return index_->disk_head(); }
  absl::Status status() const override { return index_->status(); }
  size_t memory_bytes() const override { return index_->memory_bytes(); }
  std::unique_ptr<Reader> Read() const override {
    return std::make_unique<CountingReader>(index_->Read(), *this);
  }

 private:
  class CountingReader final : public Reader {
   public:
    CountingReader(std::unique_ptr<Reader> reader, const CountingIndex& counts)
        : reader_(std::move(reader)), counts_(counts) {}

    uint64_t size() const override { return reader_->size(); }
    absl::StatusOr<std::optional<KeyState>> Get(std::string_view key) const override {
      return reader_->Get(key);
    }
    absl::StatusOr<std::optional<CommandRecord>> GetCommand(std::string_view key) const override {
      return reader_->GetCommand(key);
    }
    absl::Status Postings(
        std::string_view key, uint64_t from, bool backward,
        const std::function<bool(uint64_t, const Posting&)>& visit) const override {
      return reader_->Postings(key, from, backward, [&](uint64_t sequence, const Posting& posting) {
        Count(&postings_, &counts_.most_postings_);
        return visit(sequence, posting);
      });
    }
    absl::StatusOr<std::optional<Snapshot>> GetSnapshot(std::string_view key,
                                                        uint64_t sequence) const override {
      return reader_->GetSnapshot(key, sequence);
    }
    absl::Status BlockDates(std::string_view key, uint64_t from,
                            const std::function<bool(uint64_t, Days)>& visit) const override {
      return reader_->BlockDates(key, from, [&](uint64_t sequence, Days earliest) {
        Count(&blocks_, &counts_.most_blocks_);
        return visit(sequence, earliest);
      });
    }
    absl::Status ForEachKey(
        std::string_view prefix, std::string_view after,
        const std::function<bool(std::string_view, const KeyState&)>& visit) const override {
      return reader_->ForEachKey(prefix, after, [&](std::string_view key, const KeyState& state) {
        Count(&states_, &counts_.most_states_);
        return visit(key, state);
      });
    }
    absl::Status ForEachKeyName(std::string_view prefix, std::string_view after,
                                const std::function<bool(std::string_view)>& visit) const override {
      return reader_->ForEachKeyName(prefix, after, [&](std::string_view key) {
        Count(&names_, &counts_.most_names_);
        return visit(key);
      });
    }
    absl::Status ForEachKeyHead(
        std::string_view prefix, std::string_view after,
        const std::function<bool(std::string_view, uint64_t, uint64_t)>& visit) const override {
      return reader_->ForEachKeyHead(
          prefix, after, [&](std::string_view key, uint64_t count, uint64_t last_position) {
            Count(&names_, &counts_.most_names_);
            return visit(key, count, last_position);
          });
    }

   private:
    static void Count(uint64_t* mine, uint64_t* most) { *most = std::max(*most, ++*mine); }

    const std::unique_ptr<Reader> reader_;
    const CountingIndex& counts_;
    mutable uint64_t postings_ = 0;
    mutable uint64_t states_ = 0;
    mutable uint64_t names_ = 0;
    mutable uint64_t blocks_ = 0;
  };

  Index* const index_;
  mutable uint64_t most_postings_ = 0;
  mutable uint64_t most_states_ = 0;
  mutable uint64_t most_names_ = 0;
  mutable uint64_t most_blocks_ = 0;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_COUNTING_INDEX_H_
