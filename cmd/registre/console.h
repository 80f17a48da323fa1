// Where a command reads and writes, so that tests can stand in for the terminal.
#ifndef REGISTRE_CMD_REGISTRE_CONSOLE_H_
#define REGISTRE_CMD_REGISTRE_CONSOLE_H_

#include <cstddef>
#include <functional>
#include <limits>
#include <ostream>

namespace registre::cli {

// Borrows its streams. Used by one thread.
struct Console {
  std::ostream& out;
  std::ostream& err;
  // The standard input, for `record -`.
  int input_fd = 0;
  // Columns of a table; kNoWidth where nothing is a terminal.
  static constexpr size_t kNoWidth = std::numeric_limits<size_t>::max();
  size_t width = 120;
  // err is a terminal: progress bars may be drawn on it.
  bool progress = false;
  // Has the interrupt signal call `stop` (from another thread) instead of ending the program; null
  // gives the signal back, and returns once no `stop` is under way. Unset where nothing interrupts.
  std::function<void(std::function<void()> stop)> on_interrupt = nullptr;
};

}  // namespace registre::cli

#endif  // REGISTRE_CMD_REGISTRE_CONSOLE_H_
