// A progress bar on a terminal, redrawn in place.
#ifndef REGISTRE_CMD_REGISTRE_PROGRESS_H_
#define REGISTRE_CMD_REGISTRE_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace registre::cli {

// Draws on `out` at most ten times a second; nothing at all when not enabled. The bar is wiped when
// it goes, and before other text by Clear.
class Progress {
 public:
  Progress(std::ostream& out, bool enabled) : out_(out), enabled_(enabled) {}
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `total` (0: not known), with words behind.
  void Update(uint64_t done, uint64_t total, std::string_view words);

  // Wipes the bar; the next Update draws it again.
  void Clear();

 private:
  std::ostream& out_;
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

// The bar itself: "[#########---------------------]  30 %  64 acts".
std::string ProgressLine(uint64_t done, uint64_t total, std::string_view words);

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_PROGRESS_H_
