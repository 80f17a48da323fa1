#include "ledger/verify/spill_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "ledger/store/disk.h"

namespace registre {
namespace {

// Of a file's buffer: many files are read at once when they are merged.
constexpr size_t kSpillBufferBytes = 64 * 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<SpillFile>> SpillFile::Make(const std::string& folder) {
  std::string path = folder + "/spill-XXXXXX";
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, folder);
  ::unlink(path.c_str());  // it goes with the process, however that ends
  std::FILE* const file = ::fdopen(fd, "w+b");
  if (file == nullptr) {
    const int error = errno;
    ::close(fd);
    return ErrnoError(error, folder);
  }
  std::setvbuf(file, nullptr, _IOFBF, kSpillBufferBytes);
  return std::unique_ptr<SpillFile>(new SpillFile(file, folder));
}

SpillFile::~SpillFile() { std::fclose(file_); }

void SpillFile::Write(std::string_view bytes) {
  if (error_ == 0 && ::fwrite_unlocked(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
    error_ = errno;
  }
}

void SpillFile::Rewind() {
  if (error_ == 0 && (std::fflush(file_) != 0 || std::fseek(file_, 0, SEEK_SET) != 0)) {
    error_ = errno;
  }
}

bool SpillFile::Read(size_t count, char* bytes) {
  if (error_ != 0) return false;
  if (::fread_unlocked(bytes, 1, count, file_) == count) return true;
  if (std::ferror(file_) != 0) error_ = errno;
  return false;
}

absl::Status SpillFile::status() const {
  return error_ == 0 ? absl::OkStatus() : ErrnoError(error_, folder_);
}

}  // namespace registre
