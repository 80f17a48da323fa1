// Copies the files of the log's database while it is in use. Private to ledger/store.
#ifndef REGISTRE_LEDGER_STORE_ROCKSDB_LOG_COPY_H_
#define REGISTRE_LEDGER_STORE_ROCKSDB_LOG_COPY_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "rocksdb/db.h"

namespace registre {

// EventStore::CopyTo: what RocksDB's own Checkpoint would take, at one moment, but copied where
// that makes hard links. Nothing is flushed for it: the recorder does not wait. The end of the WAL
// may be a record that was being written, as after a crash.
absl::Status CopyLogFiles(rocksdb::DB* db, const std::string& from, const std::string& to,
                          const std::function<bool()>& go_on);

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_ROCKSDB_LOG_COPY_H_
