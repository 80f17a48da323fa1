#include "ledger/store/rocksdb_logger.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <string>

namespace registre {
namespace {

// Longer messages are cut.
constexpr size_t kMaxMessageBytes = 1'024;

class SpdlogLogger final : public rocksdb::Logger {
 public:
  SpdlogLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::string message(kMaxMessageBytes, '\0');
    const int size = std::vsnprintf(message.data(), message.size(), format, arguments);
    if (size < 0) return;
    message.resize(std::min(static_cast<size_t>(size), message.size() - 1));
    // A compaction that a stop cuts short, which RocksDB calls an error.
    if (message.find("Shutdown in progress") != std::string::npos) return;
    // A table beside any database (directory_store.h) stands in no MANIFEST.
    if (message.find("opened without unique ID to verify") != std::string::npos) return;
    // Said of each backup, which keeps the files that it copies; a counter says that they stay
    // kept.
    if (message.find("File Deletions") != std::string::npos &&
        message.find("Counter") == std::string::npos) {
      return;
    }
    spdlog::warn("rocksdb: {}", message);
  }
};

}  // namespace

std::shared_ptr<rocksdb::Logger> NewRocksDbLogger() { return std::make_shared<SpdlogLogger>(); }

}  // namespace registre
