// All entries of a family, read on a thread beside the one that takes them. Private to
// ledger/store.
#ifndef REGISTRE_LEDGER_STORE_ENTRIES_AHEAD_H_
#define REGISTRE_LEDGER_STORE_ENTRIES_AHEAD_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/iterator.h"

namespace registre {

// One thread takes them, in order. Three parts at most are in memory: being read, waiting, taken;
// each of 1 MB or one entry beyond it, and 16 bytes for each of its entries.
class EntriesAhead {
 public:
  // From the first entry of the iterator.
  explicit EntriesAhead(std::unique_ptr<rocksdb::Iterator> entries);
  ~EntriesAhead();
  EntriesAhead(const EntriesAhead&) = delete;
  EntriesAhead& operator=(const EntriesAhead&) = delete;

  // False after the last, or where the disk fails: status says which.
  bool valid() const { return next_ < part_.ends.size(); }
  // While valid; until Next.
  std::string_view key() const;
  std::string_view value() const;
  void Next();
  // Once it is not valid.
  rocksdb::Status status() const { return entries_->status(); }

 private:
  struct End {
    size_t key = 0;
    size_t value = 0;
  };
  // Entries that follow each other: key, value, key, value.
  struct Part {
    std::string bytes;
    std::vector<End> ends;
  };

  void Read();
  Part ReadPart();
  void TakePart();
  size_t begin() const { return next_ == 0 ? 0 : part_.ends[next_ - 1].value; }

  const std::unique_ptr<rocksdb::Iterator> entries_;  // the thread's, until it ends
  Part part_;
  size_t next_ = 0;  // in part_
  absl::Mutex mutex_;
  std::optional<Part> waiting_ ABSL_GUARDED_BY(mutex_);  // an empty one is the end
  bool given_up_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_ENTRIES_AHEAD_H_
