#include "tests/ledger/store/faulty_file_system.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace registre {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

void Faults::Fail(Kind kind, uint64_t skipped, bool once) {
  const absl::MutexLock lock(&mutex_);
  kind_ = kind;
  skipped_ = skipped;
  once_ = once;
  has_failed_ = false;
}

bool Faults::HasFailed() const {
  const absl::MutexLock lock(&mutex_);
  return has_failed_;
}

IOStatus Faults::Before(Operation operation, const std::string& file) {
  const absl::MutexLock lock(&mutex_);
  switch (kind_) {
    case Kind::kNone:
      return IOStatus::OK();
    case Kind::kSync:
      if (operation != Operation::kSync) return IOStatus::OK();
      break;
    case Kind::kNoSpace:
      if (operation != Operation::kWrite && operation != Operation::kCreate) return IOStatus::OK();
      break;
    case Kind::kTables:
      if (operation != Operation::kCreate || !file.ends_with(".sst")) return IOStatus::OK();
      break;
    case Kind::kEverything:
      break;
  }
  if (skipped_ > 0) {
    --skipped_;
    return IOStatus::OK();
  }
  if (once_ && has_failed_) return IOStatus::OK();
  has_failed_ = true;
  const bool full = kind_ == Kind::kNoSpace || kind_ == Kind::kTables;
  return full ? IOStatus::NoSpace("injected") : IOStatus::IOError("injected");
}

void Faults::Written(const std::string& file, uint64_t bytes) {
  const absl::MutexLock lock(&mutex_);
  files_[file].written += bytes;
}

void Faults::Synced(const std::string& file) {
  const absl::MutexLock lock(&mutex_);
  Length& length = files_[file];
  length.synced = length.written;
}

void Faults::Created(const std::string& file) {
  const absl::MutexLock lock(&mutex_);
  files_[file] = Length();
}

void Faults::Renamed(const std::string& from, const std::string& to) {
  const absl::MutexLock lock(&mutex_);
  const auto found = files_.find(from);
  if (found == files_.end()) return;
  files_[to] = found->second;
  files_.erase(found);
}

void Faults::Deleted(const std::string& file) {
  const absl::MutexLock lock(&mutex_);
  files_.erase(file);
}

void Faults::LoseWhatWasNotSynced() {
  const absl::MutexLock lock(&mutex_);
  for (auto& [file, length] : files_) {
    std::error_code ignored;  // a file that is gone
    std::filesystem::resize_file(file, length.synced, ignored);
    length.written = length.synced;
  }
}

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<FSWritableFile>&& file, std::string name, Faults* faults)
      : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), faults_(*faults) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return Write(data.size(), [&] { return target()->Append(data, options, debug); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    return Write(data.size(), [&] { return target()->Append(data, options, info, debug); });
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return Synced(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return Synced(); }

 private:
  template <typename Call>
  IOStatus Write(uint64_t bytes, const Call& call) {
    IOStatus status = faults_.Before(Faults::Operation::kWrite, name_);
    if (status.ok()) status = call();
    if (status.ok()) faults_.Written(name_, bytes);
    return status;
  }
  // The disk itself is not waited for: what was synced is what LoseWhatWasNotSynced leaves.
  IOStatus Synced() {
    IOStatus status = faults_.Before(Faults::Operation::kSync, name_);
    if (status.ok()) faults_.Synced(name_);
    return status;
  }

  const std::string name_;
  Faults& faults_;
};

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(Faults* faults)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(*faults) {}

  const char* Name() const override { return "FaultyFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) override {
    IOStatus status = faults_.Before(Faults::Operation::kCreate, name);
    if (status.ok()) status = target()->NewWritableFile(name, options, file, debug);
    if (!status.ok()) return status;
    faults_.Created(name);
    *file = std::make_unique<FaultyFile>(std::move(*file), name, &faults_);
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    IOStatus status = faults_.Before(Faults::Operation::kRename, to);
    if (status.ok()) status = target()->RenameFile(from, to, options, debug);
    if (status.ok()) faults_.Renamed(from, to);
    return status;
  }
  IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                      IODebugContext* debug) override {
    const IOStatus status = target()->DeleteFile(name, options, debug);
    if (status.ok()) faults_.Deleted(name);
    return status;
  }

 private:
  Faults& faults_;
};

std::unique_ptr<rocksdb::Env> NewFaultyEnv(Faults* faults) {
  return rocksdb::NewCompositeEnv(std::make_shared<FaultyFileSystem>(faults));
}

}  // namespace registre
