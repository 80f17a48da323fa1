#include "cmd/registre/output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "ledger/base/errors.h"

namespace registre::cli {
namespace {

bool IsStandardOutput(const std::string& file) { return file.empty() || file == "-"; }

// What is not replaced by being written to: /dev/stdout, a pipe.
bool IsDevice(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::is_other(std::filesystem::status(file, ignored));
}

absl::Status FileExists(const std::string& file) {
  return Error(absl::StatusCode::kAlreadyExists, "FILE_EXISTS",
               fmt::format("{} is there already, and is kept as it is; give another name, or move "
                           "it away",
                           file),
               {{"path", file}});
}

absl::Status FileUnwritable(const std::string& file, int error) {
  return Error(absl::StatusCode::kInternal, "FILE_UNWRITABLE",
               fmt::format("{} cannot be written: {}; choose another file, or free the disk", file,
                           error == 0 ? "the disk failed" : std::strerror(error)),
               {{"path", file}});
}

}  // namespace

absl::Status CheckIsNew(const std::string& file) {
  std::error_code ignored;
  const bool is_kept = !IsStandardOutput(file) && !IsDevice(file) &&
                       std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
  return is_kept ? FileExists(file) : absl::OkStatus();
}

absl::Status WriteOut(const std::string& file, std::string_view bytes, Console& console) {
  if (IsStandardOutput(file)) {
    console.out << bytes;
    return absl::OkStatus();
  }
  const bool is_device = IsDevice(file);
  errno = 0;
  std::FILE* const stream = std::fopen(file.c_str(), is_device ? "wb" : "wbx");
  if (stream == nullptr) return errno == EEXIST ? FileExists(file) : FileUnwritable(file, errno);
  const bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), stream) == bytes.size();
  int error = errno;
  if (std::fclose(stream) == 0 && is_written) return absl::OkStatus();
  if (is_written) error = errno;
  if (!is_device) std::remove(file.c_str());
  return FileUnwritable(file, error);
}

}  // namespace registre::cli
