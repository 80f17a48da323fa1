#include "services/http_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <thread>
#include <unordered_set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/errors.h"
#include "ledger/proof/tls_server.h"
#include "services/read_pool.h"

namespace registre {
namespace {

using HttpTime = std::chrono::steady_clock::time_point;

HttpTime In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

// False when the time is over.
bool WaitForSocket(int socket, short events, HttpTime deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting = {socket, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// A connection, as the library reads and writes it: plain or TLS, with a deadline for each request
// and a limit on its bytes. The library itself has none for a line that never ends.
class HttpConnection final : public httplib::Stream {
 public:
  HttpConnection(int socket, std::unique_ptr<TlsConnection> tls)
      : socket_(socket), tls_(std::move(tls)) {}

  bool Handshake() {
    deadline_ = In(kHttpRequestTime);
    return tls_ == nullptr || Run([this] { return tls_->Handshake(); }) > 0;
  }

  // Waits for the first byte of the next request.
  bool AwaitRequest() {
    deadline_ = In(kHttpIdleTime);
    if (begin_ == end_ && !Fill()) return false;
    deadline_ = In(kHttpRequestTime);
    budget_ = kMaxHttpRequestBytes;
    return true;
  }

  // The body of a request follows.
  void ExpectBody(size_t bytes) { budget_ += bytes; }

  void Close() {
    if (tls_ != nullptr && !over_) tls_->Close();
  }

  bool is_readable() const override { return begin_ < end_; }
  bool is_writable() const override { return true; }

  ssize_t read(char* to, size_t size) override {
    if (budget_ == 0 || (begin_ == end_ && !Fill())) return -1;
    const size_t taken = std::min({size, end_ - begin_, budget_});
    std::copy_n(buffer_.data() + begin_, taken, to);
    begin_ += taken;
    budget_ -= taken;
    return static_cast<ssize_t>(taken);
  }

  ssize_t write(const char* from, size_t size) override {
    return Run([&]() -> IoStep {
      if (tls_ != nullptr) return tls_->Write(from, size);
      return StepOf(::send(socket_, from, size, MSG_NOSIGNAL), POLLOUT);
    });
  }

  // Nothing here is told apart by addresses, and the library must not select on the socket.
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

 private:
  static IoStep StepOf(ssize_t result, short wait_for) {
    if (result > 0) return {result};
    if (result < 0 && (errno == EAGAIN || errno == EINTR)) return {0, wait_for};
    return {-1};
  }

  // Repeats a step until it has moved something, is over, or the time is.
  template <class Step>
  ssize_t Run(const Step& step) {
    while (!over_) {
      const IoStep done = step();
      if (done.bytes > 0) return done.bytes;
      over_ = done.bytes < 0 || !WaitForSocket(socket_, done.wait_for, deadline_);
    }
    return -1;
  }

  bool Fill() {
    const ssize_t got = Run([this]() -> IoStep {
      if (tls_ != nullptr) return tls_->Read(buffer_.data(), buffer_.size());
      return StepOf(::recv(socket_, buffer_.data(), buffer_.size(), 0), POLLIN);
    });
    begin_ = 0;
    end_ = got > 0 ? static_cast<size_t>(got) : 0;
    return got > 0;
  }

  const int socket_;
  const std::unique_ptr<TlsConnection> tls_;
  HttpTime deadline_;
  bool over_ = false;
  size_t budget_ = 0;
  std::array<char, kMaxHttpRequestBytes> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

// Threads for connections. What finds no room is run at once, on the accepting thread, with
// `*refusing` set: the library wants every connection to be run.
class ConnectionQueue final : public httplib::TaskQueue {
 public:
  explicit ConnectionQueue(std::atomic<bool>* refusing) : refusing_(refusing) {}

  void enqueue(std::function<void()> connection) override {
    if (pool_->Submit(connection)) return;
    *refusing_ = true;
    connection();
    *refusing_ = false;
  }
  void shutdown() override { pool_.reset(); }

 private:
  std::atomic<bool>* const refusing_;
  std::unique_ptr<ReadPool> pool_ = std::make_unique<ReadPool>(kHttpThreads, kMaxHttpWaiting);
};

// Bytes of the body of a POST; nothing when it is not one that is read (HttpServer::Posts).
std::optional<size_t> BytesOfBody(const httplib::Request& request, size_t max_body_bytes) {
  if (max_body_bytes == 0 || request.method != "POST" || request.has_header("Transfer-Encoding") ||
      request.has_header("Content-Encoding") ||
      request.get_header_value_count("Content-Length") != 1) {
    return std::nullopt;
  }
  const std::string length = request.get_header_value("Content-Length");
  size_t bytes = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  const bool whole = error == std::errc() && end == length.data() + length.size();
  return whole && bytes <= max_body_bytes ? std::optional(bytes) : std::nullopt;
}

// The library's server, with connections of ours.
class ListeningServer final : public httplib::Server {
 public:
  // Bodies of POST have at most so many bytes; 0: there is no POST.
  ListeningServer(std::unique_ptr<TlsServer> tls, size_t max_body_bytes)
      : tls_(std::move(tls)), max_body_bytes_(max_body_bytes) {
    set_payload_max_length(max_body_bytes);
    set_keep_alive_max_count(kMaxHttpRequests);
    set_keep_alive_timeout(kHttpIdleTime.count());
    new_task_queue = [this] { return new ConnectionQueue(&refusing_); };
    // Two servers must not share a port: the library would let them.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
  }

  void Listen() {
    accepting_ = std::this_thread::get_id();
    // The library has five wait to be accepted.
    ::listen(svr_sock_, kMaxHttpWaiting);
    listen_after_bind();
  }

  // Once it listens. Wakes the connections that wait for their clients.
  void Stop() {
    stop();
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RD);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    const bool refused = refusing_ && std::this_thread::get_id() == accepting_;
    if (!refused && Add(socket)) {
      Converse(socket);
      absl::MutexLock lock(&mutex_);
      open_.erase(socket);
    }
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return !refused;
  }

  bool Add(int socket) {
    if (::fcntl(socket, F_SETFL, O_NONBLOCK) != 0) return false;
    absl::MutexLock lock(&mutex_);
    if (!stopping_) open_.insert(socket);
    return !stopping_;
  }

  void Converse(int socket) {
    try {
      auto tls = tls_ == nullptr ? nullptr : tls_->Connect(socket);
      if (tls_ != nullptr && tls == nullptr) return;
      HttpConnection connection(socket, std::move(tls));
      if (!connection.Handshake()) return;
      for (size_t left = kMaxHttpRequests; left > 0 && connection.AwaitRequest(); --left) {
        if (!ServeOne(&connection, left == 1)) break;
      }
      connection.Close();
    } catch (...) {
      // The library throws where memory ends; the connection ends with it.
    }
  }

  // Whether another request may follow.
  bool ServeOne(HttpConnection* connection, bool last) {
    bool sound = false;
    bool ended = false;
    const bool answered = process_request(*connection, last, ended, [&](httplib::Request& request) {
      // A body that is not read could not be told from the next request.
      sound = HasNoBody(request) || TakeBody(connection, &request);
      if (!sound) {
        request.headers.erase("Connection");
        request.headers.emplace("Connection", "close");
      }
      request.headers.erase("Expect");
      // Whole files only: many ranges would make a large answer of a small request.
      request.ranges.clear();
    });
    return answered && sound && !ended;
  }

  static bool HasNoBody(const httplib::Request& request) {
    return (request.method == "GET" || request.method == "HEAD") &&
           !request.has_header("Content-Length") && !request.has_header("Transfer-Encoding");
  }

  bool TakeBody(HttpConnection* connection, httplib::Request* request) const {
    const auto bytes = BytesOfBody(*request, max_body_bytes_);
    if (!bytes) return false;
    connection->ExpectBody(*bytes);
    // The library would parse a form.
    request->headers.erase("Content-Type");
    return true;
  }

  const std::unique_ptr<TlsServer> tls_;
  const size_t max_body_bytes_;
  std::atomic<bool> refusing_ = false;
  std::atomic<std::thread::id> accepting_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_set<int> open_ ABSL_GUARDED_BY(mutex_);
};

void Send(HttpAnswer answer, httplib::Response* response) {
  if (answer.body.empty() && answer.status >= 400) {
    answer.body = fmt::format("{}\n", answer.status);
  }
  response->status = answer.status;
  response->set_header("Cache-Control", answer.cache_control);
  response->set_header("Accept-Ranges", "none");
  response->set_header("X-Content-Type-Options", "nosniff");
  response->set_content(std::move(answer.body), answer.content_type);
}

HttpAnswer Refusal(int status) {
  HttpAnswer answer;
  answer.status = status;
  return answer;
}

struct HostAndPort {
  std::string host;
  int port = 0;
};

absl::StatusOr<HostAndPort> ParseListen(const std::string& listen) {
  HostAndPort parsed;
  const size_t colon = listen.rfind(':');
  if (colon != std::string::npos) {
    parsed.host = listen.substr(0, colon);
    const char* const end = listen.data() + listen.size();
    const auto number = std::from_chars(listen.data() + colon + 1, end, parsed.port);
    if (number.ec != std::errc() || number.ptr != end) parsed.port = -1;
    if (parsed.host.starts_with('[') && parsed.host.ends_with(']')) {
      parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    }
  }
  if (!parsed.host.empty() && parsed.port >= 0 && parsed.port <= 65535) return parsed;
  return Error(absl::StatusCode::kInvalidArgument, "ADDRESS_INVALID",
               fmt::format("\"{}\" is no address to serve HTTP on; give HOST:PORT, for example "
                           "127.0.0.1:7463",
                           listen),
               {{"listen", listen}});
}

class LibraryHttpServer final : public HttpServer {
 public:
  LibraryHttpServer(std::unique_ptr<TlsServer> tls, Handler handler, std::optional<Posts> posts)
      : server_(std::move(tls), posts ? posts->max_body_bytes : 0),
        handler_(std::move(handler)),
        posts_(std::move(posts)) {
    server_.set_pre_routing_handler([this](const httplib::Request& request,
                                           httplib::Response& response) {
      return AnswerWithoutBody(request, &response) ? httplib::Server::HandlerResponse::Handled
                                                   : httplib::Server::HandlerResponse::Unhandled;
    });
    // Once its body is read.
    server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      Send(posts_->handler(request.path, request.body), &response);
    });
  }

  ~LibraryHttpServer() override {
    if (!thread_.joinable()) return;
    server_.Stop();
    thread_.join();
  }

  absl::Status Listen(const HostAndPort& address, const std::string& listen) {
    port_ = address.port;
    if (port_ == 0) {
      port_ = server_.bind_to_any_port(address.host);
    } else if (!server_.bind_to_port(address.host, port_)) {
      port_ = -1;
    }
    if (port_ <= 0) {
      return Error(
          absl::StatusCode::kUnavailable, "ADDRESS_IN_USE",
          fmt::format("cannot serve HTTP on {}: another program has it, or it is no address of "
                      "this machine; choose another",
                      listen));
    }
    thread_ = std::thread([this] { server_.Listen(); });
    // Stop has no effect on a server that does not listen yet.
    while (!server_.is_running()) std::this_thread::yield();
    return absl::OkStatus();
  }

  int port() const override { return port_; }

 private:
  // False when the body of a POST is to be read first.
  bool AnswerWithoutBody(const httplib::Request& request, httplib::Response* response) {
    if (request.method == "GET" || request.method == "HEAD") {
      Send(handler_(request.path), response);
    } else if (request.method == "POST" && posts_) {
      if (BytesOfBody(request, posts_->max_body_bytes)) return false;
      Send(Refusal(413), response);
    } else {
      response->set_header("Allow", posts_ ? "GET, HEAD, POST" : "GET, HEAD");
      Send(Refusal(405), response);
    }
    return true;
  }

  ListeningServer server_;
  const Handler handler_;
  const std::optional<Posts> posts_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& listen,
                                                              const std::optional<Tls>& tls,
                                                              Handler handler,
                                                              std::optional<Posts> posts) {
  const auto address = ParseListen(listen);
  if (!address.ok()) return address.status();
  std::unique_ptr<TlsServer> tls_server;
  if (tls) {
    auto made = TlsServer::FromPem(tls->certificate_pem, tls->key_pem);
    if (!made.ok()) return made.status();
    tls_server = *std::move(made);
  }
  auto server = std::make_unique<LibraryHttpServer>(std::move(tls_server), std::move(handler),
                                                    std::move(posts));
  REGISTRE_RETURN_IF_ERROR(server->Listen(*address, listen));
  return server;
}

}  // namespace registre
