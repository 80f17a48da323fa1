#include "services/http_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <deque>
#include <thread>
#include <unordered_set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "ledger/base/errors.h"
#include "ledger/proof/tls.h"
#include "services/http_connection.h"
#include "services/read_pool.h"

namespace registre {
namespace {

// The connections of a server. Any thread.
class Crowd {
 public:
  // One more is to be served. Where they are more than the threads, the one that has been idle for
  // longest gives way.
  void Arrive() {
    absl::MutexLock lock(&mutex_);
    ++count_;
    if (!IsFull() || idle_.empty()) return;
    ::shutdown(idle_.front(), SHUT_RD);
    idle_.pop_front();
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    --count_;
  }

  // False when the server stops.
  bool Open(int socket) {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) open_.insert(socket);
    return !stopping_;
  }
  void Close(int socket) {
    absl::MutexLock lock(&mutex_);
    open_.erase(socket);
  }

  // Between two requests. False when others wait for its thread.
  bool BeginIdle(int socket) {
    absl::MutexLock lock(&mutex_);
    if (IsFull()) return false;
    idle_.push_back(socket);
    return true;
  }
  void EndIdle(int socket) {
    absl::MutexLock lock(&mutex_);
    std::erase(idle_, socket);
  }
  bool AreOthersWaiting() {
    absl::MutexLock lock(&mutex_);
    return IsFull();
  }

  // Wakes the connections that wait for their clients.
  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RD);
  }

 private:
  bool IsFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return count_ > kHttpThreads; }

  absl::Mutex mutex_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_set<int> open_ ABSL_GUARDED_BY(mutex_);
  std::deque<int> idle_ ABSL_GUARDED_BY(mutex_);  // idle for longest first
};

// Threads for connections. What finds no room is run at once, on the accepting thread, with
// `*refusing` set: the library wants every connection to be run.
class ConnectionQueue final : public httplib::TaskQueue {
 public:
  ConnectionQueue(Crowd* crowd, std::atomic<bool>* refusing) : crowd_(crowd), refusing_(refusing) {}

  void enqueue(std::function<void()> connection) override {
    crowd_->Arrive();
    const auto serve = [this, connection] {
      connection();
      crowd_->Leave();
    };
    if (pool_->Submit(serve)) return;
    crowd_->Leave();
    *refusing_ = true;
    connection();
    *refusing_ = false;
  }
  void shutdown() override { pool_.reset(); }

 private:
  Crowd* const crowd_;
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
    new_task_queue = [this] { return new ConnectionQueue(&crowd_, &refusing_); };
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
    crowd_.Stop();
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    const bool refused = refusing_ && std::this_thread::get_id() == accepting_;
    if (!refused && ::fcntl(socket, F_SETFL, O_NONBLOCK) == 0 && crowd_.Open(socket)) {
      Converse(socket);
      crowd_.Close(socket);
    }
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return !refused;
  }

  void Converse(int socket) {
    try {
      auto tls = tls_ == nullptr ? nullptr : tls_->Connect(socket);
      if (tls_ != nullptr && tls == nullptr) return;
      HttpConnection connection(socket, std::move(tls));
      connection.set_deadline(HttpTimeIn(kHttpRequestTime));
      if (!connection.Handshake()) return;
      bool goes_on = AwaitRequest(&connection);
      for (size_t left = kMaxHttpRequests; left > 0 && goes_on; --left) {
        goes_on = ServeOne(&connection, left == 1) && crowd_.BeginIdle(socket);
        if (!goes_on) break;
        goes_on = AwaitRequest(&connection);
        crowd_.EndIdle(socket);
      }
      connection.Close();
    } catch (...) {
      // The library throws where memory ends; the connection ends with it.
    }
  }

  // Waits for the first byte of the next request.
  static bool AwaitRequest(HttpConnection* connection) {
    connection->set_deadline(HttpTimeIn(kHttpIdleTime));
    if (!connection->AwaitByte()) return false;
    connection->set_deadline(HttpTimeIn(kHttpRequestTime));
    connection->set_budget(kMaxHttpRequestBytes);
    return true;
  }

  // Whether another request may follow.
  bool ServeOne(HttpConnection* connection, bool last) {
    bool goes_on = false;
    bool ended = false;
    const bool answered = process_request(*connection, last, ended, [&](httplib::Request& request) {
      // A body that is not read could not be told from the next request.
      const bool sound = HasNoBody(request) || TakeBody(connection, &request);
      goes_on = sound && !crowd_.AreOthersWaiting();
      if (!goes_on) {
        request.headers.erase("Connection");
        request.headers.emplace("Connection", "close");
      }
      request.headers.erase("Expect");
      // Whole files only: many ranges would make a large answer of a small request.
      request.ranges.clear();
    });
    return answered && goes_on && !ended;
  }

  static bool HasNoBody(const httplib::Request& request) {
    return (request.method == "GET" || request.method == "HEAD") &&
           !request.has_header("Content-Length") && !request.has_header("Transfer-Encoding");
  }

  bool TakeBody(HttpConnection* connection, httplib::Request* request) const {
    const auto bytes = BytesOfBody(*request, max_body_bytes_);
    if (!bytes) return false;
    connection->AddBudget(*bytes);
    // The library would parse a form.
    request->headers.erase("Content-Type");
    return true;
  }

  const std::unique_ptr<TlsServer> tls_;
  const size_t max_body_bytes_;
  std::atomic<bool> refusing_ = false;
  std::atomic<std::thread::id> accepting_;
  Crowd crowd_;
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
