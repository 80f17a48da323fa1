// How changes reach the disk of the index.
#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "ledger/base/errors.h"
#include "ledger/store/index_codec.h"
#include "ledger/store/index_disk.h"
#include "rocksdb/sst_file_writer.h"

namespace registre {
namespace {

// A sorted file that is opened at its first entry: RocksDB takes no empty file.
class SortedFile {
 public:
  SortedFile(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, std::string path)
      : writer_(rocksdb::EnvOptions(), db.GetOptions(family), family), path_(std::move(path)) {}

  // Keys in order. After an error nothing more is written.
  void Put(std::string_view key, std::string_view value) {
    if (status_.ok() && !opened_) {
      status_ = writer_.Open(path_);
      opened_ = true;
    }
    if (status_.ok()) status_ = writer_.Put(rocksdb::Slice(key), rocksdb::Slice(value));
  }

  // Ends the file, synced; `*written` says whether there is one.
  rocksdb::Status Finish(bool* written) {
    *written = opened_;
    if (status_.ok() && opened_) status_ = writer_.Finish();
    return status_;
  }

 private:
  rocksdb::SstFileWriter writer_;
  const std::string path_;
  bool opened_ = false;
  rocksdb::Status status_;
};

void WriteKeys(const IndexChanges& changes, SortedFile* file) {
  std::string value;
  for (const auto& [key, change] : changes.keys()) {
    EncodeKeyState(change->delta.state, &value);
    file->Put(key, value);
  }
}

void WritePostings(const IndexChanges& changes, SortedFile* file) {
  std::string value;
  for (const auto& [key, change] : changes.keys()) {
    uint64_t sequence = change->first_sequence();
    std::string history_key = HistoryKey(key, sequence);
    for (const Posting& posting : change->delta.postings) {
      SetSequence(sequence++, &history_key);
      EncodePosting(posting, &value);
      file->Put(history_key, value);
    }
  }
}

void WriteSnapshots(const IndexChanges& changes, SortedFile* file) {
  std::string value;
  for (const auto& [key, change] : changes.keys()) {
    for (const Snapshot& snapshot : change->delta.snapshots) {
      EncodeSnapshot(snapshot, &value);
      file->Put(HistoryKey(key, snapshot.sequence), value);
    }
  }
}

void WriteCommands(const IndexChanges& changes, SortedFile* file) {
  std::vector<const std::pair<const std::string, CommandRecord>*> sorted;
  sorted.reserve(changes.commands().size());
  for (const auto& entry : changes.commands()) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  std::string value;
  for (const auto* entry : sorted) {
    EncodeCommand(entry->second, &value);
    file->Put(entry->first, value);
  }
}

}  // namespace

absl::Status IndexDisk::WriteFiles(const IndexChanges& changes, const LogHead& head,
                                   std::array<bool, kFamilies>* written) {
  const auto write = [&](Family family, auto&& fill) {
    SortedFile file(*db_, families_[family], FilePath(family));
    fill(&file);
    return ErrorOf(file.Finish(&(*written)[family]));
  };
  REGISTRE_RETURN_IF_ERROR(write(kKeys, [&](SortedFile* file) { WriteKeys(changes, file); }));
  REGISTRE_RETURN_IF_ERROR(
      write(kPostings, [&](SortedFile* file) { WritePostings(changes, file); }));
  REGISTRE_RETURN_IF_ERROR(
      write(kSnapshots, [&](SortedFile* file) { WriteSnapshots(changes, file); }));
  REGISTRE_RETURN_IF_ERROR(
      write(kCommands, [&](SortedFile* file) { WriteCommands(changes, file); }));
  return write(kMeta, [&](SortedFile* file) {
    std::string value;
    EncodeMeta({.fold_version = fold_version_, .head = head}, &value);
    file->Put(kHeadKey, value);
  });
}

absl::Status IndexDisk::Ingest(const IndexChanges& changes, const LogHead& head) {
  if (db_ == nullptr) return Closed();
  std::array<bool, kFamilies> written = {};
  absl::Status status = WriteFiles(changes, head, &written);
  std::vector<rocksdb::IngestExternalFileArg> args;
  for (int i = 0; i < kFamilies; ++i) {
    if (!written[i]) continue;
    rocksdb::IngestExternalFileArg& arg = args.emplace_back();
    arg.column_family = families_[i];
    arg.external_files = {FilePath(static_cast<Family>(i))};
    arg.options.move_files = true;
    arg.options.write_global_seqno = false;    // the manifest has it
    arg.options.allow_blocking_flush = false;  // memtables are empty: there is nothing to wait for
  }
  if (status.ok()) status = ErrorOf(db_->IngestExternalFiles(args));
  if (!status.ok()) {
    std::error_code ignored;  // deleted at the next Open otherwise
    for (int i = 0; i < kFamilies; ++i) {
      std::filesystem::remove(FilePath(static_cast<Family>(i)), ignored);
    }
  }
  return status;
}

}  // namespace registre
