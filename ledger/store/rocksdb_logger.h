// Where RocksDB's own messages go.
#ifndef REGISTRE_LEDGER_STORE_ROCKSDB_LOGGER_H_
#define REGISTRE_LEDGER_STORE_ROCKSDB_LOGGER_H_

#include <memory>

#include "rocksdb/env.h"

namespace registre {

// Warnings and errors, to spdlog. Never to a file LOG beside the data: on a full disk, writing
// there is what RocksDB 7.8, as Debian builds it, dies of.
std::shared_ptr<rocksdb::Logger> NewRocksDbLogger();

}  // namespace registre

#endif  // REGISTRE_LEDGER_STORE_ROCKSDB_LOGGER_H_
