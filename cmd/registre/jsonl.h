// Acts from a JSONL file, read as a stream: memory is bounded by one line, whatever the file holds.
#ifndef REGISTRE_CMD_REGISTRE_JSONL_H_
#define REGISTRE_CMD_REGISTRE_JSONL_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "registre/v1/record_line.pb.h"

namespace registre::cli {

// Largest line, in bytes, its end not counted.
inline constexpr size_t kMaxLineBytes = 4 * 1024 * 1024;

// Reads up to `size` bytes into `buffer`: their number, 0 at the end, -1 with errno on an error, as
// read(2) does.
using ReadBytes = std::function<ssize_t(char* buffer, size_t size)>;

// Lines of a stream. Not thread-safe.
class LineReader {
 public:
  explicit LineReader(ReadBytes read) : read_(std::move(read)) {}

  // Reads the next line that is not blank into `line`; false at the end. LINE_TOO_LONG for a line
  // over kMaxLineBytes, which is skipped without being held: the next call goes on after it.
  // FILE_UNREADABLE when reading fails. A byte order mark at the start is skipped.
  absl::StatusOr<bool> Next(std::string* line);

  // Number of the line read last, from 1; 0 before the first.
  uint64_t number() const { return number_; }

  // Bytes taken from the stream.
  uint64_t bytes() const { return bytes_; }

 private:
  // Reads one line, blank or not, ended or not. False at the end.
  absl::StatusOr<bool> NextAny(std::string* line);
  // Fills the buffer again; false at the end.
  absl::StatusOr<bool> Fill();

  ReadBytes read_;
  std::string buffer_;
  size_t at_ = 0;  // first byte of buffer_ not yet taken
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;
};

// Parses a line. Errors (LINE_INVALID) say what is wrong and where: a truncated line, bytes that
// are not UTF-8, an unknown field or enum value by name, a number out of range, a missing command
// id or act.
absl::Status ParseLine(std::string_view line, v1::RecordLine* out);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_JSONL_H_
