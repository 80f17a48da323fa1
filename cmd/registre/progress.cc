#include "cmd/registre/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace registre::cli {
namespace {

constexpr uint64_t kBarColumns = 30;
constexpr std::chrono::milliseconds kRedraw{100};

}  // namespace

std::string ProgressLine(uint64_t done, uint64_t total, std::string_view words) {
  if (total == 0) return std::string(words);
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<size_t>(part * kBarColumns);
  return fmt::format("[{}{}] {:>3} %  {}", std::string(filled, '#'),
                     std::string(kBarColumns - filled, '-'), static_cast<int>(part * 100), words);
}

void Progress::Update(uint64_t done, uint64_t total, std::string_view words) {
  if (!enabled_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_ < kRedraw) return;
  last_ = now;
  drawn_ = true;
  out_ << "\r\x1b[K" << ProgressLine(done, total, words) << std::flush;
}

void Progress::Clear() {
  if (!drawn_) return;
  drawn_ = false;
  out_ << "\r\x1b[K" << std::flush;
}

}  // namespace registre::cli
