#include "tests/support/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "fmt/format.h"

namespace registre::testing {
namespace {

std::string BinFolder() {
  if (const char* given = std::getenv("REGISTRE_BIN_DIR"); given != nullptr) return given;
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

[[noreturn]] void Fail(const std::string& what) {
  std::perror(what.c_str());
  std::abort();
}

// Runs in the child: only what is safe between fork and exec.
[[noreturn]] void Become(const std::vector<char*>& argv, int output_fd, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before
  dup2(output_fd, STDOUT_FILENO);
  dup2(output_fd, STDERR_FILENO);
  execv(argv[0], argv.data());
  _exit(127);
}

// The port in "... on port 40123: 7 events"; empty when the line is another.
std::string PortIn(std::string_view text) {
  constexpr std::string_view kMark = " on port ";
  const size_t at = text.find(kMark);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + kMark.size());
  size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) {
    ++digits;
  }
  return digits < text.size() ? std::string(text.substr(0, digits)) : "";
}

}  // namespace

std::unique_ptr<ServerProcess> ServerProcess::Start(const std::string& directory,
                                                    const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {BinFolder() + "/registred",
                                    "--data",
                                    directory,
                                    "--listen",
                                    "127.0.0.1:0",
                                    "--http",
                                    "127.0.0.1:0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  if (access(words[0].c_str(), X_OK) != 0) Fail(words[0]);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) Fail("pipe");
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(argv, ends[1], parent);
  close(ends[1]);
  if (pid < 0) Fail("fork");
  return std::unique_ptr<ServerProcess>(new ServerProcess(pid, ends[0]));
}

ServerProcess::ServerProcess(pid_t pid, int output_fd)
    : pid_(pid), reader_([this, output_fd] { ReadOutput(output_fd); }) {}

ServerProcess::~ServerProcess() {
  Kill();
  reader_.join();
}

void ServerProcess::ReadOutput(int fd) {
  char buffer[4096];
  while (true) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    const absl::MutexLock lock(&mutex_);
    if (size <= 0) {
      ended_ = true;
      break;
    }
    output_.append(buffer, static_cast<size_t>(size));
    if (!address_.empty()) continue;
    if (const std::string port = PortIn(output_); !port.empty()) address_ = "127.0.0.1:" + port;
  }
  close(fd);
}

std::optional<std::string> ServerProcess::AwaitAddress() {
  const absl::MutexLock lock(&mutex_);
  const auto known = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !address_.empty() || ended_;
  };
  mutex_.Await(absl::Condition(&known));
  if (address_.empty()) return std::nullopt;
  return address_;
}

int ServerProcess::Wait() {
  if (pid_ == 0) return -1;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void ServerProcess::Kill() {
  if (pid_ != 0) kill(pid_, SIGKILL);
  Wait();
}

int ServerProcess::Stop() {
  if (pid_ != 0) kill(pid_, SIGTERM);
  return Wait();
}

std::string ServerProcess::output() const {
  const absl::MutexLock lock(&mutex_);
  return output_;
}

size_t ServerProcess::resident_bytes() const { return BytesOf("VmRSS:"); }
size_t ServerProcess::peak_resident_bytes() const { return BytesOf("VmHWM:"); }

size_t ServerProcess::BytesOf(const std::string& field) const {
  if (pid_ == 0) return 0;
  std::ifstream file(fmt::format("/proc/{}/status", pid_));
  std::string word;
  while (file >> word) {
    size_t kilobytes = 0;
    if (word == field && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace registre::testing
