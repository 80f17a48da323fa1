#include "cmd/registre/jsonl.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "cmd/registre/json_error.h"
#include "cmd/registre/text.h"
#include "google/protobuf/util/json_util.h"
#include "ledger/base/errors.h"

namespace registre::cli {
namespace {

constexpr size_t kBufferBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

absl::Status Invalid(std::string message) {
  return Error(absl::StatusCode::kInvalidArgument, "LINE_INVALID", std::move(message));
}

}  // namespace

absl::StatusOr<bool> LineReader::Fill() {
  buffer_.resize(kBufferBytes);
  ssize_t size = 0;
  do {
    size = read_(buffer_.data(), buffer_.size());
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    buffer_.clear();
    at_ = 0;
    return Error(absl::StatusCode::kInvalidArgument, "FILE_UNREADABLE",
                 fmt::format("cannot be read: {}", std::strerror(errno)));
  }
  buffer_.resize(static_cast<size_t>(size));
  at_ = 0;
  bytes_ += static_cast<uint64_t>(size);
  return size > 0;
}

absl::StatusOr<bool> LineReader::NextAny(std::string* line) {
  line->clear();
  bool any = false;
  bool too_long = false;
  while (true) {
    if (at_ == buffer_.size()) {
      const absl::StatusOr<bool> filled = Fill();
      if (!filled.ok()) return filled.status();
      if (!*filled) break;
    }
    any = true;
    const size_t end = buffer_.find('\n', at_);
    const size_t stop = end == std::string::npos ? buffer_.size() : end;
    too_long = too_long || line->size() + (stop - at_) > kMaxLineBytes;
    if (too_long) {
      std::string().swap(*line);
    } else {
      line->append(buffer_, at_, stop - at_);
    }
    at_ = end == std::string::npos ? stop : stop + 1;
    if (end != std::string::npos) break;
  }
  if (!any) return false;
  ++number_;
  if (too_long) {
    return Error(
        absl::StatusCode::kInvalidArgument, "LINE_TOO_LONG",
        fmt::format("the line is longer than {} MiB; a line holds one act: is the file JSONL, "
                    "with a line feed after each act?",
                    kMaxLineBytes / (1024 * 1024)));
  }
  return true;
}

absl::StatusOr<bool> LineReader::Next(std::string* line) {
  while (true) {
    const absl::StatusOr<bool> read = NextAny(line);
    if (!read.ok() || !*read) return read;
    if (number_ == 1 && line->starts_with(kByteOrderMark)) line->erase(0, kByteOrderMark.size());
    if (!IsBlank(*line)) return true;
  }
}

absl::Status ParseLine(std::string_view line, v1::RecordLine* out) {
  out->Clear();
  if (const auto at = InvalidUtf8At(line)) {
    return Invalid(fmt::format("byte {} (0x{:02x}) is not UTF-8; save the file as UTF-8", *at + 1,
                               static_cast<uint8_t>(line[*at])));
  }
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(line.data(), line.size()), out, options);
  if (!status.ok()) {
    return Invalid(
        ExplainJsonError(std::string_view(status.message().data(), status.message().size())));
  }
  if (out->command_id().empty()) {
    return Invalid("command_id is missing; give the act an id of your own, unique for ever");
  }
  if (out->act().act_case() == v1::Act::ACT_NOT_SET) {
    return Invalid(
        "act is missing; a line is {\"command_id\":\"…\",\"act\":{\"<type>\":{…}}} (registre "
        "record "
        "--help)");
  }
  return absl::OkStatus();
}

}  // namespace registre::cli
