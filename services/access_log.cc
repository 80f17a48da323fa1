#include "services/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "ledger/base/errors.h"
#include "ledger/base/shape.h"
#include "registre/v1/ledger_service.pb.h"

namespace registre {
namespace {

// How soon what was left out is said when nothing else comes.
constexpr absl::Duration kTellEvery = absl::Seconds(1);
// A request that is not even written as JSON.
constexpr size_t kMaxConvertedBytes = 16 * 1024;

std::string JsonOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &json, options);
  return printed.ok() ? json : "{}";
}

// A JSON string with its quotes. What is not UTF-8 becomes empty.
std::string Quoted(std::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(std::string(text));
  const std::string json = JsonOf(value);
  return json.empty() || json[0] != '"' ? "\"\"" : json;
}

std::string LineTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string LineOf(absl::Time now, const AccessEntry& entry) {
  std::vector<std::string> roles;
  for (const std::string& role : entry.roles) roles.push_back(Quoted(role));
  std::string line =
      fmt::format(R"({{"time":"{}","subject":{},"roles":[{}],"peer":{},"method":{},"outcome":"{}")",
                  LineTime(now), Quoted(entry.subject), fmt::join(roles, ","), Quoted(entry.peer),
                  Quoted(entry.method),
                  entry.refusal.ok() ? "ALLOWED" : absl::StatusCodeToString(entry.refusal.code()));
  if (!entry.refusal.ok()) {
    line += fmt::format(R"(,"reason":{},"message":{})", Quoted(ReasonOf(entry.refusal)),
                        Quoted(FirstBytes(std::string(entry.refusal.message()), kMaxLoggedBytes)));
  }
  return line + fmt::format(",\"request\":{}}}\n",
                            entry.request == nullptr ? "{}" : LoggedRequest(*entry.request));
}

}  // namespace

std::string LoggedRequest(const google::protobuf::Message& request) {
  if (const auto* unit = dynamic_cast<const v1::RecordRequest*>(&request)) {
    if (unit->acts_size() > 0) {
      v1::RecordRequest brief;
      brief.set_command_id(unit->command_id());
      brief.set_validate_only(unit->validate_only());
      if (unit->has_condition()) *brief.mutable_condition() = unit->condition();
      return LoggedRequest(brief);
    }
  }
  const size_t bytes = request.ByteSizeLong();
  if (bytes > kMaxConvertedBytes) return fmt::format(R"({{"bytes":{}}})", bytes);
  std::string json = JsonOf(request);
  if (json.size() <= kMaxLoggedBytes) return json;
  return fmt::format(R"({{"cut":{}}})", Quoted(FirstBytes(json, kMaxLoggedBytes)));
}

absl::StatusOr<std::unique_ptr<AccessLog>> AccessLog::Open(const std::string& path,
                                                           const Clock* clock) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Error(absl::StatusCode::kUnavailable, "ACCESS_LOG_UNWRITABLE",
                 fmt::format("{} cannot be written: {}; give the server's user the right to", path,
                             std::strerror(errno)));
  }
  return std::unique_ptr<AccessLog>(new AccessLog(fd, clock));
}

AccessLog::AccessLog(int fd, const Clock* clock)
    : fd_(fd), clock_(clock), thread_([this] { Run(); }) {}

AccessLog::~AccessLog() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
  close(fd_);
}

void AccessLog::Note(const AccessEntry& entry) {
  const absl::Time now = clock_->Now();
  const absl::Time second = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  {
    absl::MutexLock lock(&mutex_);
    if (second != second_) {
      second_ = second;
      refused_known_ = refused_unknown_ = 0;
      TellLeftOut(now);
    }
    // Those whom nobody knows must not hide what those do who are known.
    uint64_t& refused = entry.subject.empty() ? refused_unknown_ : refused_known_;
    const bool flood = !entry.refusal.ok() && ++refused > kMaxRefusedLines;
    if (flood || lines_.size() >= kMaxQueuedLines) {
      ++left_out_;
      return;
    }
  }
  // Written outside the lock: lines of one instant may change places.
  std::string line = LineOf(now, entry);
  absl::MutexLock lock(&mutex_);
  lines_.push_back(std::move(line));
}

void AccessLog::TellLeftOut(absl::Time now) {
  if (left_out_ == 0) return;
  lines_.push_back(fmt::format("{{\"time\":\"{}\",\"left_out\":{}}}\n", LineTime(now), left_out_));
  left_out_ = 0;
}

void AccessLog::Run() {
  bool failed = false;
  while (true) {
    std::deque<std::string> lines;
    bool over = false;
    {
      absl::MutexLock lock(&mutex_);
      const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return !lines_.empty() || stopping_;
      };
      mutex_.AwaitWithTimeout(absl::Condition(&ready), kTellEvery);
      over = stopping_;
      const absl::Time now = clock_->Now();
      if (over || now >= second_ + kTellEvery) TellLeftOut(now);
      lines.swap(lines_);
    }
    uint64_t lost = 0;
    for (const std::string& line : lines) lost += Write(line) ? 0 : 1;
    if (lost > 0 && !failed) {
      spdlog::error("the access log cannot be written: {}; what is left out will be counted in it",
                    std::strerror(errno));
    }
    failed = lost > 0;
    absl::MutexLock lock(&mutex_);
    left_out_ += lost;
    if (over && lines_.empty()) return;
  }
}

bool AccessLog::Write(const std::string& line) {
  size_t written = 0;
  while (written < line.size()) {
    const ssize_t size = write(fd_, line.data() + written, line.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    written += static_cast<size_t>(size);
  }
  return true;
}

}  // namespace registre
