// A file of acts, or the standard input.
#ifndef REGISTRE_CMD_REGISTRE_INPUT_H_
#define REGISTRE_CMD_REGISTRE_INPUT_H_

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "cmd/registre/jsonl.h"
#include "ledger/base/errors.h"

namespace registre::cli {

// Closed at the end. The standard input is borrowed.
class Input {
 public:
  absl::Status Open(const std::string& file, int standard_input) {
    owned_ = file != "-";
    fd_ = owned_ ? open(file.c_str(), O_RDONLY | O_CLOEXEC) : standard_input;
    if (fd_ < 0) {
      return Error(absl::StatusCode::kNotFound, "FILE_UNREADABLE",
                   fmt::format("cannot be opened: {}", std::strerror(errno)));
    }
    struct stat facts {};
    if (fstat(fd_, &facts) != 0) return absl::OkStatus();
    if (S_ISDIR(facts.st_mode)) {
      return Error(absl::StatusCode::kInvalidArgument, "FILE_UNREADABLE",
                   "is a folder; give a file with an act a line, or - for the standard input");
    }
    if (S_ISREG(facts.st_mode)) size_ = static_cast<uint64_t>(facts.st_size);
    return absl::OkStatus();
  }
  Input() = default;
  ~Input() {
    if (owned_ && fd_ >= 0) close(fd_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  ReadBytes reader() const {
    return [fd = fd_](char* buffer, size_t size) { return read(fd, buffer, size); };
  }
  // In bytes; 0 when it is not known.
  uint64_t size() const { return size_; }

 private:
  int fd_ = -1;
  bool owned_ = false;
  uint64_t size_ = 0;
};

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_INPUT_H_
