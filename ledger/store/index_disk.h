// The part of the index that is on disk: five column families of RocksDB,
// changed only by ingesting sorted files. There is no WAL and nothing ever
// stands in a memtable.
#ifndef REGISTRE_LEDGER_STORE_INDEX_DISK_H_
#define REGISTRE_LEDGER_STORE_INDEX_DISK_H_

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/store/index.h"
#include "ledger/store/index_changes.h"
#include "rocksdb/db.h"
#include "rocksdb/iterator.h"
#include "rocksdb/options.h"

namespace registre {

// Threads: reads and Ingest at once, from any thread; Clear and the destructor
// alone.
class IndexDisk {
 public:
  // Opens or creates; what cannot be read is discarded, as Index::Open says.
  static absl::StatusOr<std::unique_ptr<IndexDisk>> Open(const std::string& directory,
                                                         uint32_t fold_version);
  // For reading only: changes nothing on the disk. `check_files`: each file is read whole against
  // the checksum that it was written with. DATA_LOSS INDEX_DAMAGED when it cannot be read;
  // FAILED_PRECONDITION when it is of another version; NOT_FOUND when there is none.
  static absl::StatusOr<std::unique_ptr<IndexDisk>> OpenForReading(const std::string& directory,
                                                                   uint32_t fold_version,
                                                                   bool check_files);
  ~IndexDisk();
  IndexDisk(const IndexDisk&) = delete;
  IndexDisk& operator=(const IndexDisk&) = delete;

  // What was true at Open or after Clear: of the last ingestion before it.
  const LogHead& head_at_open() const { return head_; }

  // Writes the changes as sorted files and takes them all in at once, with the
  // head they are true at. One thread at a time. After an error the disk is
  // what it was.
  absl::Status Ingest(const IndexChanges& changes, const LogHead& head);

  // Empties it. After an error every method fails.
  absl::Status Clear();

  // Reads, as those of Index::Reader. Errors: DATA_LOSS INDEX_DAMAGED, INTERNAL
  // INDEX_FAILED.
  absl::StatusOr<std::optional<KeyState>> Get(std::string_view key) const;
  absl::StatusOr<std::optional<CommandRecord>> GetCommand(std::string_view command_key) const;
  absl::StatusOr<std::optional<Snapshot>> GetSnapshot(std::string_view key,
                                                      uint64_t sequence) const;

  // Visits the snapshots with first <= sequence < end, as Postings does.
  absl::Status BlockDates(std::string_view key, uint64_t first, uint64_t end,
                          const std::function<bool(uint64_t, Days)>& visit, bool* stopped) const;

  // Visits the postings with first <= sequence < end, upwards or downwards,
  // until `visit` returns false (`*stopped` is then true). `end` may be kNoEnd.
  static constexpr uint64_t kNoEnd = std::numeric_limits<uint64_t>::max();
  absl::Status Postings(std::string_view key, uint64_t first, uint64_t end, bool backward,
                        const std::function<bool(uint64_t, const Posting&)>& visit,
                        bool* stopped) const;

  // Compares all that is stored with a fold of the same log. Calls differs(what) for each
  // difference, until it returns false; go_on() now and then, and stops when it returns false.
  // Returns how many keys this has. See index_comparison.cc.
  absl::StatusOr<uint64_t> Compare(const IndexDisk& fold,
                                   const std::function<bool(std::string)>& differs,
                                   const std::function<bool()>& go_on) const;

  // Keys in order. One thread; not to outlive the disk.
  class KeyCursor {
   public:
    // At the first key that starts with `prefix` and comes after `after`.
    KeyCursor(const IndexDisk& disk, std::string_view prefix, std::string_view after);
    bool valid() const { return iterator_ != nullptr && iterator_->Valid(); }
    // REQUIRES: valid().
    std::string_view key() const;
    absl::StatusOr<KeyState> state() const;
    // The state without its dates and its row, which are not read.
    absl::StatusOr<KeyState> head() const;
    void Next() { iterator_->Next(); }
    // OK while there is more, and when the end was reached without an error.
    absl::Status status() const;

   private:
    const IndexDisk& disk_;
    std::string end_;
    rocksdb::Slice end_slice_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
  };

 private:
  enum Family { kDefault, kKeys, kPostings, kSnapshots, kCommands, kMeta, kFamilies };

  IndexDisk(std::string directory, uint32_t fold_version);

  // Opens or creates the database and reads its head. `*useless`, when not empty after an error,
  // says what is wrong with the bytes: starting empty cures it.
  absl::Status OpenDatabase(std::string* useless);
  // The descriptors of the families, in the order of Family.
  static std::vector<rocksdb::ColumnFamilyDescriptor> Descriptors();
  absl::Status ReadMeta(std::string* useless);
  absl::Status OpenOrDiscard();
  // Deletes what stands in the folder; the folder stays.
  absl::Status DeleteContents();
  void Close();

  std::string FilePath(Family family) const;
  absl::Status WriteFiles(const IndexChanges& changes, const LogHead& head,
                          std::array<bool, kFamilies>* written);

  // The value of a key; nothing when there is none.
  absl::StatusOr<std::optional<rocksdb::PinnableSlice>> Find(Family family,
                                                             std::string_view key) const;
  std::unique_ptr<rocksdb::Iterator> NewIterator(Family family, const rocksdb::Slice* lower,
                                                 const rocksdb::Slice* upper) const;

  absl::Status Damaged(std::string_view what) const;
  absl::Status ErrorOf(const rocksdb::Status& status) const;
  absl::Status Closed() const;

  const std::string directory_;
  const uint32_t fold_version_;
  LogHead head_;
  std::unique_ptr<rocksdb::DB> db_;  // null only after a failed Clear
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_ = {};  // owned through db_
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_INDEX_DISK_H_
