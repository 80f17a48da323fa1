// Files of acts: lines in pieces, and each as a RecordLine.
#include "cmd/registre/jsonl.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = registre::FuzzText(data, size);
  const size_t piece = rest.empty() ? 1 : 1 + static_cast<uint8_t>(rest.back());
  registre::cli::LineReader reader([&rest, piece](char* buffer, size_t room) {
    const size_t count = std::min({room, piece, rest.size()});
    std::memcpy(buffer, rest.data(), count);
    rest.remove_prefix(count);
    return static_cast<ssize_t>(count);
  });
  std::string line;
  for (auto more = reader.Next(&line); more.ok() && *more; more = reader.Next(&line)) {
    REGISTRE_CHECK(line.find('\n') == std::string::npos, "one line");
    registre::v1::RecordLine parsed;
    if (registre::cli::ParseLine(line, &parsed).ok()) {
      REGISTRE_CHECK(!parsed.command_id().empty() && parsed.has_act(), "a whole line");
    }
  }
  REGISTRE_CHECK(reader.bytes() == size, "all of it was read");
  return 0;
}
