// A connection that HTTP is spoken on, as cpp-httplib reads and writes it: plain or TLS, with a
// deadline and a limit on the bytes that are read. The library has none for a line that never ends,
// and none over several reads.
#ifndef REGISTRE_SERVICES_HTTP_CONNECTION_H_
#define REGISTRE_SERVICES_HTTP_CONNECTION_H_

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "ledger/proof/tls.h"

namespace registre {

using HttpTime = std::chrono::steady_clock::time_point;

// From now.
HttpTime HttpTimeIn(std::chrono::milliseconds time);
// Waits for POLLIN or POLLOUT; false when the time is over.
bool WaitForSocket(int socket, short events, HttpTime deadline);

// One thread. Reads and writes fail once the deadline is over.
class HttpConnection final : public httplib::Stream {
 public:
  // Borrows the socket, which does not block. `tls` is null for a plain one.
  HttpConnection(int socket, std::unique_ptr<TlsConnection> tls);

  void set_deadline(HttpTime deadline) { deadline_ = deadline; }
  // Bytes that may be read from now on, and more of them.
  void set_budget(size_t bytes) { budget_ = bytes; }
  void AddBudget(size_t bytes) { budget_ += bytes; }
  // The other side's end is not an error any more, but the end of what is read.
  void ReadUntilEnd() { ends_ = true; }

  // At once for a plain one.
  bool Handshake();
  // Waits for a byte to read; does not count as a read.
  bool AwaitByte();
  // Tells the other side that nothing follows.
  void Close();

  // Why it failed: more came than it may read; the deadline is over; the certificate.
  bool is_over_budget() const { return is_over_budget_; }
  bool is_late() const { return is_late_; }
  bool is_certificate_refused() const { return tls_ != nullptr && tls_->is_certificate_refused(); }

  bool is_readable() const override { return begin_ < end_; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  // Nothing here is told apart by addresses, and the library must not select on the socket.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

 private:
  static constexpr size_t kBufferBytes = 4 * 1024;

  // Repeats a step until it has moved something, is over, or the time is.
  template <class Step>
  ssize_t Run(const Step& step);
  bool Fill();

  const int socket_;
  const std::unique_ptr<TlsConnection> tls_;
  HttpTime deadline_;
  size_t budget_ = 0;
  bool ends_ = false;
  bool is_over_ = false;
  bool has_ended_ = false;
  bool is_over_budget_ = false;
  bool is_late_ = false;
  std::array<char, kBufferBytes> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace registre

#endif  // REGISTRE_SERVICES_HTTP_CONNECTION_H_
