#include "services/http_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace registre {
namespace {

IoStep StepOf(ssize_t result, short wait_for) {
  if (result > 0) return {result};
  if (result < 0 && (errno == EAGAIN || errno == EINTR)) return {0, wait_for};
  return {.bytes = -1, .wait_for = 0, .ended = result == 0};
}

}  // namespace

HttpTime HttpTimeIn(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

bool WaitForSocket(int socket, short events, HttpTime deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting = {socket, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

HttpConnection::HttpConnection(int socket, std::unique_ptr<TlsConnection> tls)
    : socket_(socket), tls_(std::move(tls)) {}

template <class Step>
ssize_t HttpConnection::Run(const Step& step) {
  while (!is_over_) {
    // Also where every step moves a little.
    is_late_ = std::chrono::steady_clock::now() >= deadline_;
    const IoStep done = is_late_ ? IoStep{-1} : step();
    if (done.bytes > 0) return done.bytes;
    has_ended_ = done.ended;
    is_over_ = done.bytes < 0;
    if (is_over_ || WaitForSocket(socket_, done.wait_for, deadline_)) continue;
    is_late_ = std::chrono::steady_clock::now() >= deadline_;
    is_over_ = true;
  }
  return -1;
}

bool HttpConnection::Handshake() {
  return tls_ == nullptr || Run([this] { return tls_->Handshake(); }) > 0;
}

bool HttpConnection::Fill() {
  const ssize_t got = Run([this]() -> IoStep {
    if (tls_ != nullptr) return tls_->Read(buffer_.data(), buffer_.size());
    return StepOf(::recv(socket_, buffer_.data(), buffer_.size(), 0), POLLIN);
  });
  begin_ = 0;
  end_ = got > 0 ? static_cast<size_t>(got) : 0;
  return got > 0;
}

bool HttpConnection::AwaitByte() { return begin_ < end_ || Fill(); }

ssize_t HttpConnection::read(char* to, size_t size) {
  if (budget_ == 0) {
    is_over_budget_ = true;
    return -1;
  }
  if (!AwaitByte()) return has_ended_ && ends_ ? 0 : -1;
  const size_t taken = std::min({size, end_ - begin_, budget_});
  std::copy_n(buffer_.data() + begin_, taken, to);
  begin_ += taken;
  budget_ -= taken;
  return static_cast<ssize_t>(taken);
}

ssize_t HttpConnection::write(const char* from, size_t size) {
  return Run([&]() -> IoStep {
    if (tls_ != nullptr) return tls_->Write(from, size);
    return StepOf(::send(socket_, from, size, MSG_NOSIGNAL), POLLOUT);
  });
}

void HttpConnection::Close() {
  if (tls_ != nullptr && !is_over_) tls_->Close();
}

}  // namespace registre
