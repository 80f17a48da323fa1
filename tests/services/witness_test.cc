// A witness over real HTTP, and the client that asks it. All logs are test data.
#include "services/witness.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "ledger/base/errors.h"
#include "services/http_client.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_clock.h"
#include "tests/support/test_log.h"

namespace registre::testing::witness_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kName[] = "witness.example.org/w1";
constexpr char kAdd[] = "/add-checkpoint";

// Sends bytes as they are; what comes back until the server closes.
std::string Exchange(int port, const std::string& bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t now = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) break;  // the server has had enough
    sent += static_cast<size_t>(now);
  }
  ::shutdown(socket, SHUT_WR);
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::recv(socket, buffer, sizeof(buffer), 0)) > 0;) {
    answer.append(buffer, static_cast<size_t>(got));
  }
  ::close(socket);
  return answer;
}

class WitnessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    log_.Add(60);
    auto cosigner = Cosigner::Open({.directory = folder_.Path("witness"),
                                    .name = kName,
                                    .log_keys = {log_.verifier()},
                                    .clock = &clock_});
    ASSERT_TRUE(cosigner.ok()) << cosigner.status();
    cosigner_ = *std::move(cosigner);
    auto server = StartWitness("127.0.0.1:0", cosigner_.get());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string Url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }
  std::string Request(uint64_t from, uint64_t to) const {
    return FormatWitnessRequest(from, log_.Consistency(from, to), log_.Sign(to));
  }

  TempFolder folder_;
  TestClock clock_;
  TestLog log_{"example.org/log", TestKey('l')};
  std::unique_ptr<Cosigner> cosigner_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(WitnessTest, AnswersAsTheStandardSays) {
  httplib::Client client("127.0.0.1", server_->port());
  client.set_keep_alive(true);
  struct Case {
    std::string body;
    int status;
    std::string type = "text/plain; charset=utf-8";
  };
  const std::vector<Case> cases = {{Request(0, 7), 200},
                                   {Request(0, 7), 409, "text/x.tlog.size"},
                                   {Request(7, 9), 200},
                                   {"old x\n\n", 400},
                                   {"", 400},
                                   {FormatWitnessRequest(9, {}, log_.Sign(20)), 422}};
  for (const Case& one : cases) {
    const auto answer = client.Post(kAdd, one.body, "application/x-www-form-urlencoded");
    ASSERT_TRUE(answer) << one.body;
    EXPECT_EQ(answer->status, one.status) << one.body;
    EXPECT_EQ(answer->get_header_value("Content-Type"), one.type);
    if (one.status == 409) {
      EXPECT_EQ(answer->body, "7\n");
    }
    if (one.status == 200) {
      EXPECT_THAT(answer->body, StartsWith("\u2014 witness.example.org/w1 "));
    }
  }
  const std::string monitored = "/" + HexOf(Sha256(log_.origin())) + "/checkpoint";
  const auto latest = client.Get(monitored);
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->status, 200);
  const Note note = *ParseNote(latest->body);
  EXPECT_EQ(note.text, ParseNote(log_.Sign(9))->text);
  EXPECT_TRUE(CosignedAt(note, cosigner_->key())->has_value());
  for (const std::string path :
       {"/", "/checkpoint", "//checkpoint", "/add-checkpoint", "/00/checkpoint", "/x"}) {
    EXPECT_EQ(client.Get(path)->status, 404) << path;
  }
  EXPECT_EQ(client.Post("/other", "old 0\n\n", "text/plain")->status, 404);
  EXPECT_EQ(client.Put(kAdd, "old 0\n\n", "text/plain")->status, 405);
}

TEST_F(WitnessTest, BodiesThatAreNotReadEndTheConnection) {
  const std::string more = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::vector<std::string> headers = {
      fmt::format("Content-Length: {}\r\n", kMaxWitnessRequestBytes + 1),
      "Content-Length: 18446744073709551617\r\n",
      "Content-Length: -1\r\n",
      "Content-Length: 7x\r\n",
      "Content-Length: 7\r\nContent-Length: 8\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
      "Content-Length: 7\r\nContent-Encoding: gzip\r\n",
      "",
  };
  for (const std::string& header : headers) {
    const std::string answer =
        Exchange(server_->port(),
                 fmt::format("POST {} HTTP/1.1\r\nHost: x\r\n{}\r\n{}", kAdd, header, more));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 ")) << header;
    EXPECT_EQ(answer.find("HTTP/1.1", 5), std::string::npos) << header << "\n" << answer;
  }
  // A body that ends early is none.
  EXPECT_THAT(Exchange(server_->port(), fmt::format("POST {} HTTP/1.1\r\nHost: x\r\n"
                                                    "Content-Length: 70\r\n\r\nold 0",
                                                    kAdd)),
              ::testing::Not(HasSubstr(" 200 ")));
}

TEST_F(WitnessTest, RequestsFollowEachOtherOnAConnection) {
  const auto request = [this](uint64_t from, uint64_t to) {
    const std::string body = Request(from, to);
    return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", kAdd,
                       body.size(), body);
  };
  const std::string answers =
      Exchange(server_->port(), request(0, 7) + request(7, 9) + request(9, 11));
  size_t count = 0;
  for (size_t at = 0; (at = answers.find("HTTP/1.1 200 ", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 3u) << answers;
}

TEST_F(WitnessTest, ALargeRequestIsTaken) {
  // A note with as many other signatures as there may be, of a post-quantum size.
  Note note = *ParseNote(log_.Sign(7));
  for (size_t i = 1; i < kMaxNoteSignatures; ++i) {
    note.signatures.push_back({.name = fmt::format("w{}", i),
                               .key_id = static_cast<uint32_t>(i),
                               .signature = std::string(2'428, 's')});
  }
  const std::string body = FormatWitnessRequest(0, {}, FormatNote(note));
  ASSERT_GT(body.size(), 200'000u);
  const auto client = HttpClient::Make(Url());
  const auto reply = (*client)->Post(kAdd, "text/plain", body, 10'000);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 200) << reply->body;
}

TEST_F(WitnessTest, ConcurrentRequestsNeverRollBack) {
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < 6; ++i) {
    threads.emplace_back([this, i] {
      const auto client = HttpClient::Make(Url());
      uint64_t known = 0;
      uint64_t seen = 0;
      while (known < log_.size()) {
        const uint64_t to = std::min(known + 1 + i, log_.size());
        const auto reply = (*client)->Post(kAdd, "text/plain", Request(known, to), 10'000);
        ASSERT_TRUE(reply.ok()) << reply.status();
        ASSERT_TRUE(reply->status == 200 || reply->status == 409) << reply->body;
        known = reply->status == 200 ? to : *ParseWitnessSize(reply->body);
        EXPECT_GE(known, seen);
        seen = std::max(seen, known);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto latest = cosigner_->LatestOf(HexOf(Sha256(log_.origin())));
  EXPECT_EQ(ParseCheckpoint(ParseNote(*latest)->text)->size, log_.size());
}

TEST(HttpClientTest, Addresses) {
  for (const std::string good :
       {"http://localhost", "https://witness.example.org/w1/", "http://[::1]:7465/a/b"}) {
    EXPECT_TRUE(HttpClient::Make(good).ok()) << good;
  }
  for (const std::string bad :
       {"", "localhost", "ftp://localhost", "http://", "http:///a", "http://a b", "http://a/?q",
        "http://a/#f", "http://me@a/", "http://a:", "http://a:x", "http://a:0", "http://a:65536",
        "http://::1/", "http://[::1", "http://[]:1"}) {
    EXPECT_EQ(ReasonOf(HttpClient::Make(bad).status()), "URL_INVALID") << bad;
  }
}

TEST(HttpClientTest, TakesNoMoreThanItIsTold) {
  httplib::Server server;
  server.Post("/prefix/large", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(std::string(100'000, 'x'), "text/plain");
  });
  server.Post("/prefix/moved", [](const httplib::Request&, httplib::Response& response) {
    response.set_redirect("/prefix/large");
  });
  server.Post("/prefix/echo", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.body, request.get_header_value("Content-Type"));
  });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread thread([&server] { server.listen_after_bind(); });
  {
    const auto client = *HttpClient::Make(fmt::format("http://127.0.0.1:{}/prefix/", port));
    const auto echo = client->Post("/echo", "text/x.test", "body", 4);
    ASSERT_TRUE(echo.ok()) << echo.status();
    EXPECT_EQ(echo->status, 200);
    EXPECT_EQ(echo->body, "body");
    EXPECT_EQ(echo->content_type, "text/x.test");
    EXPECT_EQ(client->Post("/large", "text/plain", "", 100'000)->body.size(), 100'000u);
    const auto large = client->Post("/large", "text/plain", "", 99'999);
    EXPECT_EQ(ReasonOf(large.status()), "HTTP_FAILED") << large.status();
    EXPECT_EQ(client->Post("/moved", "text/plain", "", 100'000)->status, 302);
    client->Stop();
    EXPECT_EQ(ReasonOf(client->Post("/echo", "text/plain", "", 9).status()), "HTTP_FAILED");
  }
  server.stop();
  thread.join();
  const auto nobody = *HttpClient::Make(fmt::format("http://127.0.0.1:{}", port));
  EXPECT_EQ(ReasonOf(nobody->Post("", "text/plain", "", 9).status()), "HTTP_FAILED");
}

// A server that sends bytes as they are, whatever it is asked, again and again until the client
// has enough; then it closes.
class FakeServer {
 public:
  // `pause` is called between two pieces.
  FakeServer(
      std::string begin, std::string again, std::function<void()> pause = [] {})
      : begin_(std::move(begin)), again_(std::move(again)), pause_(std::move(pause)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening_, 1), 0);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~FakeServer() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  int port() const { return port_; }
  // It does not end the answer.
  std::atomic<bool> waits = false;
  // Bytes that were sent, once the connection is over.
  size_t Sent() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&over_));
    return sent_;
  }

 private:
  void Serve() {
    const int socket = ::accept(listening_, nullptr, nullptr);
    if (socket < 0) return;
    // So that little is sent that the client does not read.
    const int small = 4 * 1024;
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    size_t sent = 0;
    const auto send = [&](const std::string& piece) {
      const ssize_t now = ::send(socket, piece.data(), piece.size(), MSG_NOSIGNAL);
      if (now > 0) sent += static_cast<size_t>(now);
      return now > 0;
    };
    if (begin_.empty() || send(begin_)) {
      while (!again_.empty() && send(again_)) pause_();
    }
    if (!waits) ::shutdown(socket, SHUT_WR);
    // Until the client closes: what is not read would break off the connection.
    char byte = 0;
    while (::recv(socket, &byte, 1, 0) > 0) {
    }
    ::close(socket);
    absl::MutexLock lock(&mutex_);
    sent_ = sent;
    over_ = true;
  }

  const std::string begin_;
  const std::string again_;
  const std::function<void()> pause_;
  const int listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
  int port_ = 0;
  absl::Mutex mutex_;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  size_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

constexpr std::chrono::milliseconds kShort{300};

absl::Status PostTo(const FakeServer& server, const std::string& scheme = "http",
                    std::chrono::milliseconds time = kHttpAnswerTime) {
  const auto client =
      HttpClient::Make(fmt::format("{}://localhost:{}", scheme, server.port()), time);
  return (*client)->Post("", "text/plain", "body", 10'000).status();
}

TEST(HttpClientTest, AnAnswerWithoutEndIsNotHeld) {
  const std::string x(1'000, 'x');
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"", x},                                                    // a status line
      {"HTTP/1.1 200 ", x},                                       // its reason
      {"", "HTTP/1.1 100 Continue\r\n\r\n"},                      // answers before it
      {ok + "X: ", x},                                            // a header
      {ok, "X: y\r\n"},                                           // headers
      {ok, "\n"},                                                 // lines that are none
      {ok + "\r\n", x},                                           // a body
      {ok + "Content-Length: 99999999999\r\n\r\n", x},            // one of a length
      {ok + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},  // chunks
      {ok + "Transfer-Encoding: chunked\r\n\r\n1;", x},           // what is said of a chunk
      {ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nx", x},       // one without its end
  };
  for (const auto& [begin, again] : answers) {
    SCOPED_TRACE(begin + again.substr(0, 30));
    FakeServer server(begin, again);
    const absl::Status refused = PostTo(server);
    EXPECT_EQ(ReasonOf(refused), "HTTP_FAILED") << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("too large"));
    // What the two sockets hold comes on top.
    EXPECT_LT(server.Sent(), 8'000'000u);
  }
}

TEST(HttpClientTest, AnAnswerThatDoesNotComeInTimeIsGivenUp) {
  const auto pause = [] { absl::SleepFor(absl::Milliseconds(1)); };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<std::pair<std::string, std::string>> answers = {
      {ok, "X"}, {ok + "\r\n", "x"}, {"", "H"}, {ok + "X: ", "x"}};
  for (const auto& [begin, again] : answers) {
    SCOPED_TRACE(begin + again);
    FakeServer trickling(begin, again, pause);
    const absl::Status late = PostTo(trickling, "http", kShort);
    EXPECT_EQ(ReasonOf(late), "HTTP_FAILED") << late;
    EXPECT_THAT(std::string(late.message()), HasSubstr("takes too long"));
  }
  for (const std::string scheme : {"http", "https"}) {
    FakeServer silent("", "");
    silent.waits = true;
    EXPECT_THAT(std::string(PostTo(silent, scheme, kShort).message()), HasSubstr("takes too long"));
  }
  // The beginning of a record of TLS, and then of it a byte now and then.
  FakeServer tls(std::string("\x16\x03\x03\x40\0\x02\0\x3F\xFC\x03\x03", 11), "x", pause);
  EXPECT_THAT(std::string(PostTo(tls, "https", kShort).message()), HasSubstr("takes too long"));
}

TEST(HttpClientTest, AnAnswerThatEndsEarlyIsNone) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& answer :
       {std::string(), std::string("HTTP/1.1 2"), ok, ok + "X: y",
        ok + "Content-Length: 5\r\n\r\nbody", ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbo",
        ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", std::string("no HTTP\r\n\r\n")}) {
    SCOPED_TRACE(answer);
    const FakeServer server(answer, "");
    const absl::Status status = PostTo(server);
    EXPECT_EQ(ReasonOf(status), "HTTP_FAILED") << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("did not come, or broke off"));
  }
  const FakeServer no_tls("", "");
  EXPECT_THAT(std::string(PostTo(no_tls, "https").message()), HasSubstr("no TLS"));
  // Where no length is said, the end is the end (RFC 9112 section 6.3).
  const FakeServer whole(ok + "Content-Type: text/x.test\r\n\r\nbody", "");
  const auto client = *HttpClient::Make(fmt::format("http://localhost:{}", whole.port()));
  const auto reply = client->Post("", "text/plain", "body", 4);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->body, "body");
  EXPECT_EQ(reply->content_type, "text/x.test");
}

TEST(HttpClientTest, StopEndsWhatIsUnderWay) {
  FakeServer silent("H", "");
  silent.waits = true;
  const auto client = *HttpClient::Make(fmt::format("http://localhost:{}", silent.port()));
  std::thread asking([&client] {
    EXPECT_THAT(std::string(client->Post("", "text/plain", "", 9).status().message()),
                HasSubstr("stopped"));
  });
  client->Stop();
  asking.join();
}

TEST(HttpClientTest, HttpsIsVerified) {
  const TestCa ca("Test CA");
  const TempFolder folder;
  std::ofstream(folder.Path("ca.pem")) << ca.pem();
  const TestIdentity identity =
      ca.Issue({.common_name = "", .names = {"localhost"}, .usage = "serverAuth"});
  const auto server = *HttpServer::Start(
      "127.0.0.1:0", HttpServer::Tls{identity.certificate_pem, identity.key_pem},
      [](const std::string&) { return HttpAnswer(); },
      HttpServer::Posts{.max_body_bytes = 100,
                        .handler = [](const std::string&, const std::string& body) {
                          HttpAnswer answer;
                          answer.status = 200;
                          answer.body = body;
                          return answer;
                        }});
  const auto post = [&server](const std::string& host) {
    return (*HttpClient::Make(fmt::format("https://{}:{}", host, server->port())))
        ->Post("", "text/plain", "body", 100);
  };
  const auto unknown = post("localhost");
  EXPECT_EQ(ReasonOf(unknown.status()), "HTTP_FAILED");
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("of no CA"));
  // As an operator names the CAs. No other thread reads the environment meanwhile.
  ::setenv("SSL_CERT_FILE", folder.Path("ca.pem").c_str(), 1);
  const auto known = post("localhost");
  const auto other_name = post("127.0.0.1");
  ::unsetenv("SSL_CERT_FILE");
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_EQ(known->body, "body");
  EXPECT_EQ(ReasonOf(other_name.status()), "HTTP_FAILED") << "its certificate has another name";
}

}  // namespace
}  // namespace registre::testing::witness_test
