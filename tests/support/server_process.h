// A registred of its own process, to be stopped or killed.
#ifndef REGISTRE_TESTS_SUPPORT_SERVER_PROCESS_H_
#define REGISTRE_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace registre::testing {

// The server under $REGISTRE_BIN_DIR, or beside the running test. Methods: one thread, the one that
// started it; the process dies with that thread.
class ServerProcess {
 public:
  // Starts `registred --data DIRECTORY --listen 127.0.0.1:0 --http 127.0.0.1:0` with more arguments
  // behind, and returns at once. Aborts when no process can be made.
  static std::unique_ptr<ServerProcess> Start(const std::string& directory,
                                              const std::vector<std::string>& arguments = {});
  // Kills it.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Waits until it serves, or has ended. 127.0.0.1:PORT; nothing when it ended before.
  std::optional<std::string> AwaitAddress();

  // Ends it with SIGKILL, and waits until it is gone.
  void Kill();
  // Ends it with SIGTERM, and waits. Its exit status; -1 when a signal ended it.
  int Stop();

  // What it has written so far, both streams.
  std::string output() const;
  // Resident memory, now and at most so far, in bytes; 0 when it is gone.
  size_t resident_bytes() const;
  size_t peak_resident_bytes() const;

 private:
  ServerProcess(pid_t pid, int output_fd);
  void ReadOutput(int fd);
  int Wait();
  size_t BytesOf(const std::string& field) const;

  pid_t pid_;  // 0 once it is gone
  mutable absl::Mutex mutex_;
  std::string output_ ABSL_GUARDED_BY(mutex_);
  std::string address_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // its output is closed
  std::thread reader_;
};

}  // namespace registre::testing

#endif  // REGISTRE_TESTS_SUPPORT_SERVER_PROCESS_H_
