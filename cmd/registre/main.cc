// registre: the command line. What it does is in command.h; here it meets the process.
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cmd/registre/command.h"

namespace {

// The interrupt signal, taken from the process by a thread that waits for it. It ends the program
// with the default action unless a command has asked to be stopped instead.
class Interrupt {
 public:
  // Before any other thread starts: they inherit the mask.
  Interrupt() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // Lives as long as the process: nothing joins a thread that waits for a signal.
    std::thread([this] { Wait(); }).detach();
  }

  void OnInterrupt(std::function<void()> stop) {
    const std::lock_guard lock(mutex_);
    stop_ = std::move(stop);
  }

 private:
  void Wait() {
    while (true) {
      int signal = 0;
      if (sigwait(&signals_, &signal) != 0) continue;
      const std::lock_guard lock(mutex_);
      if (stop_) {
        stop_();
      } else {
        std::signal(signal, SIG_DFL);
        pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
        std::raise(signal);
      }
    }
  }

  sigset_t signals_{};
  std::mutex mutex_;
  std::function<void()> stop_;
};

// Columns of the output: COLUMNS, what the terminal says, or 120; without bounds in a pipe or a
// file, where a line is for a program to cut.
size_t OutputWidth() {
  constexpr size_t kDefault = 120;
  constexpr long kSmallest = 40;
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
    const long width = std::strtol(columns, nullptr, 10);
    if (width >= kSmallest) return static_cast<size_t>(width);
  }
  if (isatty(STDOUT_FILENO) == 0) return registre::cli::Console::kNoWidth;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= kSmallest) {
    return size.ws_col;
  }
  return kDefault;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  static Interrupt interrupt;
  registre::cli::Console console{std::cout, std::cerr};
  console.width = OutputWidth();
  console.progress = isatty(STDERR_FILENO) != 0;
  console.on_interrupt = [](std::function<void()> stop) { interrupt.OnInterrupt(std::move(stop)); };
  const int exit = registre::cli::Run(std::vector<std::string>(argv + 1, argv + argc), console);
  // Left at once: the thread that waits for a signal is still there.
  std::cout.flush();
  std::cerr.flush();
  std::_Exit(exit);
}
