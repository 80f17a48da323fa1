// Sorted records that go to a file while a log is verified, so that memory stays bounded however
// long it is. Private to ledger/verify.
#ifndef REGISTRE_LEDGER_VERIFY_SPILL_FILE_H_
#define REGISTRE_LEDGER_VERIFY_SPILL_FILE_H_

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace registre {

// A file without a name in a folder: written from its start, then read from its start, any number
// of times. One thread. Errors are those of the disk.
class SpillFile {
 public:
  static absl::StatusOr<std::unique_ptr<SpillFile>> Make(const std::string& folder);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // An error stays, and is in status().
  void Write(std::string_view bytes);
  // A value as it lies in memory: only the run that wrote it reads it.
  template <typename Record>
  void WriteRecord(const Record& record) {
    static_assert(std::is_trivially_copyable_v<Record>);
    Write({reinterpret_cast<const char*>(&record), sizeof(record)});
  }
  // From the start again, to be read.
  void Rewind();
  // False at the end, and after an error.
  bool Read(size_t count, char* bytes);
  template <typename Record>
  bool ReadRecord(Record* record) {
    static_assert(std::is_trivially_copyable_v<Record>);
    return Read(sizeof(*record), reinterpret_cast<char*>(record));
  }

  absl::Status status() const;

 private:
  SpillFile(std::FILE* file, std::string folder) : file_(file), folder_(std::move(folder)) {}

  std::FILE* const file_;
  const std::string folder_;
  int error_ = 0;  // errno
};

}  // namespace registre

#endif  // REGISTRE_LEDGER_VERIFY_SPILL_FILE_H_
