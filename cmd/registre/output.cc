#include "cmd/registre/output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "ledger/base/errors.h"

namespace registre::cli {

absl::Status WriteOut(const std::string& file, std::string_view bytes, Console& console) {
  if (file.empty() || file == "-") {
    console.out << bytes;
    return absl::OkStatus();
  }
  errno = 0;
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << bytes;
  stream.close();
  if (stream.good()) return absl::OkStatus();
  return Error(absl::StatusCode::kInternal, "FILE_UNWRITABLE",
               fmt::format("{} cannot be written: {}; choose another file, or free the disk", file,
                           errno == 0 ? "the disk failed" : std::strerror(errno)),
               {{"path", file}});
}

}  // namespace registre::cli
