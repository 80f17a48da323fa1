// The public side over HTTP: tiles that make the root of the checkpoint again, and requests of
// every kind of badness.
#include "services/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "ledger/base/errors.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/tile_hashes.h"
#include "services/tile_server.h"
#include "tests/services/services_fixture.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_keys.h"
#include "tests/support/test_seed.h"

namespace registre::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kTiles[] = "application/octet-stream";
constexpr char kLongLived[] = "public, max-age=31536000, immutable";

// A connection of a client that sends bytes as they are.
class Connection {
 public:
  explicit Connection(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Send(const std::string& bytes) const {
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t now = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) break;  // the server has had enough
      sent += static_cast<size_t>(now);
    }
  }
  void EndOfSending() const { ::shutdown(socket_, SHUT_WR); }
  // What comes until it ends with `end`, or until the server closes.
  std::string ReadUntil(const std::string& end) const {
    std::string answer;
    char buffer[4096];
    for (ssize_t got = 0; end.empty() || !answer.ends_with(end);) {
      got = ::recv(socket_, buffer, sizeof(buffer), 0);
      if (got <= 0) break;
      answer.append(buffer, static_cast<size_t>(got));
    }
    return answer;
  }
  std::string ReadAll() const { return ReadUntil(""); }
  // The server has closed it, or said something.
  bool IsReadable() const {
    pollfd look = {socket_, POLLIN, 0};
    return ::poll(&look, 1, 0) > 0;
  }

 private:
  const int socket_;
};

// Waits until the server has closed so many of the connections, which said nothing. Which of
// them does not depend on their order alone, but on when a thread takes the first of them.
void AwaitClosed(size_t count, const std::vector<std::unique_ptr<Connection>>& connections) {
  const auto is_closed = [](const auto& connection) { return connection->IsReadable(); };
  while (static_cast<size_t>(std::count_if(connections.begin(), connections.end(), is_closed)) <
         count) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  for (const auto& connection : connections) {
    if (!is_closed(connection)) continue;
    EXPECT_EQ(connection->ReadAll(), "") << "closed without a word";
  }
}

// Sends bytes as they are; everything that comes back until the server closes, or until it has
// nothing more to say to a client that has closed its side.
std::string Exchange(int port, const std::string& bytes, bool close_after = true) {
  const Connection connection(port);
  connection.Send(bytes);
  if (close_after) connection.EndOfSending();
  return connection.ReadAll();
}

constexpr char kGetNothing[] = "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr char kNothing[] = "404\n";  // its body

class HttpServerTest : public ServicesTest {
 protected:
  void SetUp() override {
    ServicesTest::SetUp();
    Start(std::nullopt);
  }
  void TearDown() override {
    http_.reset();
    ServicesTest::TearDown();
  }
  void Start(const std::optional<HttpServer::Tls>& tls) {
    auto http = HttpServer::Start("127.0.0.1:0", tls, [this](const std::string& path) {
      return AnswerTilePath(ledger_.get(), *checkpoints_, path);
    });
    ASSERT_TRUE(http.ok()) << http.status();
    http_ = *std::move(http);
  }
  void RecordStructures(int first, int count) {
    for (int from = first; from < first + count; from += 500) {
      std::vector<v1::Act> acts;
      for (int i = from; i < std::min(from + 500, first + count); ++i) {
        acts.push_back(RegisterStructure(fmt::format("st-{}", i)));
      }
      ASSERT_TRUE(Record(fmt::format("unit-{}", from), acts).ok());
    }
  }
  void Sign() { ASSERT_TRUE(checkpoints_->Sign().ok()); }

  httplib::Response Get(const std::string& path) {
    httplib::Client client("127.0.0.1", http_->port());
    auto result = client.Get(path.c_str());
    EXPECT_TRUE(result) << path << " " << httplib::to_string(result.error());
    return result ? *result : httplib::Response();
  }
  // From the tiles alone.
  absl::StatusOr<Hash> RootByTiles(uint64_t size) {
    httplib::Client client("127.0.0.1", http_->port());
    client.set_keep_alive(true);
    TileHashes hashes([&client](const TileId& tile) -> absl::StatusOr<std::string> {
      const auto got = client.Get(("/" + FormatTilePath({false, tile})).c_str());
      if (!got || got->status != 200) return absl::NotFoundError(FormatTilePath({false, tile}));
      return got->body;
    });
    return RootOfFirst(size, hashes.Of(size));
  }

  std::unique_ptr<HttpServer> http_;
};

TEST_F(HttpServerTest, NothingBeforeTheFirstCheckpoint) {
  EXPECT_EQ(Get("/checkpoint").status, 404);
  EXPECT_EQ(Get("/tile/0/000.p/1").status, 404);
}

TEST_F(HttpServerTest, TheCheckpointIsTheNote) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  Sign();
  const httplib::Response checkpoint = Get("/checkpoint");
  EXPECT_EQ(checkpoint.status, 200);
  EXPECT_EQ(checkpoint.body, checkpoints_->latest()->note());
  EXPECT_EQ(checkpoint.get_header_value("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(checkpoint.get_header_value("Cache-Control"), "no-store");
}

TEST_F(HttpServerTest, TilesMakeTheRootOfTheCheckpointAgain) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  int structures = 0;
  for (const uint64_t size : {1u, 2u, 255u, 256u, 257u, 511u, 512u, 1'000u}) {
    const int more = static_cast<int>(size - ledger_->log().size());
    RecordStructures(structures, more);
    structures += more;
    Sign();
    const auto checkpoint = ParseCheckpoint(ParseNote(Get("/checkpoint").body)->text);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    ASSERT_EQ(checkpoint->size, size);
    const auto root = RootByTiles(size);
    ASSERT_TRUE(root.ok()) << root.status();
    EXPECT_EQ(*root, checkpoint->root) << size;
  }
  // Trees of before, whose partial tiles are the start of wider ones.
  for (const uint64_t size : {1u, 200u, 300u, 999u}) {
    EXPECT_EQ(*RootByTiles(size), *RootOfFirst(size, ledger_->tiles().HashesAt(size))) << size;
  }
}

TEST_F(HttpServerTest, EveryPathOfATree) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  RecordStructures(0, 299);
  Sign();
  struct Case {
    const char* path;
    size_t bytes;  // 0: 404
  };
  for (const Case& at : std::vector<Case>{{"/tile/0/000", 8192},
                                          {"/tile/0/000.p/1", 32},
                                          {"/tile/0/000.p/255", 255 * 32},
                                          {"/tile/0/001.p/44", 44 * 32},
                                          {"/tile/0/001.p/45", 0},
                                          {"/tile/0/001", 0},
                                          {"/tile/0/002.p/1", 0},
                                          {"/tile/1/000.p/1", 32},
                                          {"/tile/1/000.p/2", 0},
                                          {"/tile/1/000", 0},
                                          {"/tile/2/000.p/1", 0},
                                          {"/tile/63/000.p/1", 0},
                                          {"/tile/64/000.p/1", 0},
                                          {"/tile/entries/000", 256 * 34},
                                          {"/tile/entries/000.p/7", 7 * 34},
                                          {"/tile/entries/001.p/44", 44 * 34},
                                          {"/tile/entries/001.p/45", 0},
                                          {"/tile/entries/001", 0},
                                          {"/tile/0/000.p/0", 0},
                                          {"/tile/0/000.p/256", 0},
                                          {"/tile/0/000.p/01", 0},
                                          {"/tile/00/000", 0},
                                          {"/tile/0/0", 0},
                                          {"/tile/0/x000/000", 0},
                                          {"/tile/0/x999/x999/x999/x999/x999/x999/999", 0},
                                          {"/tile/-1/000", 0},
                                          {"/tile/0/000/", 0},
                                          {"/tile/0", 0},
                                          {"/tile/", 0},
                                          {"/", 0},
                                          {"/checkpoint/", 0},
                                          {"//checkpoint", 0},
                                          {"/checkpoint%00", 0},
                                          {"/../checkpoint", 0},
                                          {"/tile/0/%2e%2e/000", 0}}) {
    const httplib::Response got = Get(at.path);
    EXPECT_EQ(got.status, at.bytes == 0 ? 404 : 200) << at.path;
    if (at.bytes == 0) {
      EXPECT_EQ(got.get_header_value("Cache-Control"), "no-store") << at.path;
      continue;
    }
    EXPECT_EQ(got.body.size(), at.bytes) << at.path;
    EXPECT_EQ(got.get_header_value("Content-Type"), kTiles) << at.path;
    EXPECT_EQ(got.get_header_value("Cache-Control"), kLongLived) << at.path;
  }
}

TEST_F(HttpServerTest, EntriesHashToTheTileAndHoldNothingElse) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  RecordStructures(0, 299);
  Sign();
  const std::string entries = Get("/tile/entries/001.p/44").body;
  const std::string leaves = Get("/tile/0/001.p/44").body;
  ASSERT_EQ(entries.size(), 44u * 34);
  for (size_t i = 0; i < 44; ++i) {
    const std::string entry = entries.substr(i * 34, 34);
    EXPECT_EQ(entry.substr(0, 2), std::string("\0\x20", 2));
    const std::string event = ledger_->log().Get({256 + i})->front();
    EXPECT_EQ(entry.substr(2), BytesOf(Sha256(event)));
    std::string leaf = std::string(1, '\0') + entry.substr(2);
    EXPECT_EQ(leaves.substr(i * 32, 32), BytesOf(Sha256(leaf)));
  }
}

// The log goes on; what it holds beyond the checkpoint is nobody's yet.
TEST_F(HttpServerTest, NoMoreThanTheCheckpointReveals) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  Sign();
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(Record(fmt::format("r{}", i), {RegisterStructure(fmt::format("st-{}", i))}).ok());
    const uint64_t size = ledger_->log().size();
    for (const char* path : {"/tile/0/000.p/{}", "/tile/entries/000.p/{}"}) {
      const HttpAnswer answer =
          AnswerTilePath(ledger_.get(), *checkpoints_, fmt::format(fmt::runtime(path), size));
      // It is signed within a second all the same.
      if (answer.status == 200) {
        EXPECT_EQ(checkpoints_->latest()->size(), size);
      }
      refused += answer.status == 404 ? 1 : 0;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_F(HttpServerTest, HeadIsGetWithoutTheBody) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  Sign();
  httplib::Client client("127.0.0.1", http_->port());
  const auto head = client.Head("/tile/0/000.p/1");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->get_header_value("Content-Length"), "32");
  EXPECT_EQ(head->get_header_value("Content-Type"), kTiles);
  EXPECT_EQ(client.Head("/nothing")->status, 404);
}

TEST_F(HttpServerTest, OtherMethodsAreRefusedAndEndTheConnection) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"}) {
    const std::string answer =
        Exchange(http_->port(),
                 fmt::format("{} /checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 37\r\n\r\n"
                             "GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n",
                             method));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD")) << method;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos)
        << "the body is taken for a request: " << answer;
  }
  const std::string smuggled =
      Exchange(http_->port(),
               "GET /checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
               "GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(smuggled.find("HTTP/1.1", 1), std::string::npos) << smuggled;
}

TEST_F(HttpServerTest, ManyRequestsOnOneConnection) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  Sign();
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string answers = Exchange(http_->port(), requests);
  size_t count = 0;
  for (size_t at = 0; (at = answers.find("HTTP/1.1 200", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 50u);
}

TEST_F(HttpServerTest, RangesAndCompressionDoNotMakeMuchOfLittle) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  RecordStructures(0, 299);
  Sign();
  std::string ranges = "bytes=0-";
  while (ranges.size() < 3'800) ranges += ",0-";
  const std::string answer =
      Exchange(http_->port(), fmt::format("GET /tile/0/000 HTTP/1.1\r\nHost: x\r\nConnection: "
                                          "close\r\nRange: {}\r\n\r\n",
                                          ranges));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_LT(answer.size(), 9'000u);
  for (const char* range : {"bytes=5-2", "bytes=99999999999999999999999-", "bytes=a", "x"}) {
    const std::string bad =
        Exchange(http_->port(),
                 fmt::format("GET /checkpoint HTTP/1.1\r\nHost: x\r\nRange: {}\r\n\r\n", range));
    EXPECT_THAT(bad, StartsWith("HTTP/1.1 4")) << range;
  }
}

TEST_F(HttpServerTest, EndlessRequestsEnd) {
  const int port = http_->port();
  // No line end, headers without end, a long path, lines without their carriage return.
  const std::string line = Exchange(port, std::string(1'000'000, 'a'), false);
  EXPECT_EQ(line, "");
  std::string headers = "GET /checkpoint HTTP/1.1\r\n";
  for (int i = 0; i < 10'000; ++i) headers += fmt::format("X-{}: y\r\n", i);
  const std::string many = Exchange(port, headers, false);
  EXPECT_EQ(many.find(" 200 "), std::string::npos) << many;
  const std::string path = Exchange(port, "GET /" + std::string(3'900, 'x') + " HTTP/1.1\r\n\r\n");
  EXPECT_THAT(path, StartsWith("HTTP/1.1 404"));
  const std::string bare =
      Exchange(port, "GET /checkpoint HTTP/1.1\n" + std::string(100'000, '\n'), false);
  EXPECT_EQ(bare.find(" 200 "), std::string::npos) << bare;
  EXPECT_EQ(Get("/nothing").status, 404) << "and the server goes on";
}

TEST_F(HttpServerTest, GarbageDoesNoHarm) {
  const uint64_t seed = TestSeed();
  std::mt19937_64 rng(seed);
  const std::string good =
      "GET /tile/0/000.p/1 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-3\r\nConnection: close\r\n\r\n";
  for (int i = 0; i < 300; ++i) {
    std::string bytes = good;
    for (int changes = 1 + static_cast<int>(rng() % 4); changes > 0; --changes) {
      switch (rng() % 3) {
        case 0:
          bytes[rng() % bytes.size()] = static_cast<char>(rng());
          break;
        case 1:
          bytes.erase(rng() % bytes.size(), 1 + rng() % 8);
          break;
        default:
          bytes.insert(rng() % bytes.size(), std::string(rng() % 40, static_cast<char>(rng())));
      }
      if (bytes.empty()) bytes = "\n";
    }
    const std::string answer = Exchange(http_->port(), bytes);
    EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 ")) << seed << " " << i;
  }
  for (const char* bytes : {"\r\n", "\r\n\r\n", " \r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9\r\n\r\n",
                            "get / HTTP/1.1\r\n\r\n", "GET /?a=%zz HTTP/1.1\r\n\r\n",
                            "GET / HTTP/1.1\r\n: \r\n\r\n", "\x16\x03\x01\x02"}) {
    Exchange(http_->port(), bytes);
  }
  EXPECT_EQ(Get("/nothing").status, 404);
}

TEST_F(HttpServerTest, TooManyConnectionsAreClosed) {
  // Those that say nothing hold the threads and the queue; the others are closed.
  std::vector<std::unique_ptr<Connection>> silent;
  for (size_t i = 0; i < kHttpThreads + kMaxHttpWaiting + 20; ++i) {
    silent.push_back(std::make_unique<Connection>(http_->port()));
  }
  AwaitClosed(20, silent);
  // Its end does not wait for those that wait.
  http_.reset();
}

// Clients that keep their connections do not shut out the next one.
TEST_F(HttpServerTest, AnIdleConnectionGivesWay) {
  std::vector<std::unique_ptr<Connection>> idle;
  for (int i = 0; i < kHttpThreads; ++i) {
    idle.push_back(std::make_unique<Connection>(http_->port()));
    idle.back()->Send(kGetNothing);
    EXPECT_THAT(idle.back()->ReadUntil(kNothing), HasSubstr("Keep-Alive"));
  }
  EXPECT_THAT(Exchange(http_->port(), kGetNothing), StartsWith("HTTP/1.1 404 "));
  // One of them was closed for it, the others were not: it did not wait until their time was over.
  size_t answered = 0;
  for (const auto& connection : idle) {
    connection->Send(kGetNothing);
    answered += connection->ReadUntil(kNothing).starts_with("HTTP/1.1 404 ") ? 1 : 0;
  }
  EXPECT_EQ(answered, idle.size() - 1);
}

TEST_F(HttpServerTest, AnswersEndTheConnectionWhileOthersWait) {
  absl::Mutex mutex;
  int held = 0;
  bool released = false;
  auto server = *HttpServer::Start("127.0.0.1:0", std::nullopt, [&](const std::string& path) {
    HttpAnswer answer;
    if (path != "/held") return answer;
    absl::MutexLock lock(&mutex);
    ++held;
    mutex.Await(absl::Condition(&released));
    return answer;
  });
  const int port = server->port();
  std::vector<std::unique_ptr<Connection>> connections;
  const auto connect = [&](const std::string& bytes) {
    connections.push_back(std::make_unique<Connection>(port));
    connections.back()->Send(bytes);
    return connections.back().get();
  };
  for (int i = 1; i < kHttpThreads; ++i) connect("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  {
    absl::MutexLock lock(&mutex);
    const auto all_held = [&held] { return held == kHttpThreads - 1; };
    mutex.Await(absl::Condition(&all_held));
  }
  const Connection* const last = connect("GET /nothing HTTP/1.1\r\n");
  // One is refused once all that may wait do.
  std::vector<std::unique_ptr<Connection>> silent;
  for (size_t i = 0; i <= kMaxHttpWaiting; ++i) {
    silent.push_back(std::make_unique<Connection>(port));
  }
  AwaitClosed(1, silent);
  last->Send("Host: x\r\n\r\n");
  const std::string answer = last->ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  {
    absl::MutexLock lock(&mutex);
    released = true;
  }
  server.reset();
}

TEST_F(HttpServerTest, ARequestHasAsManyBytesAsItMay) {
  for (const size_t more : {0u, 1u}) {
    const std::string head = "GET /nothing HTTP/1.1\r\nConnection: close\r\nX: ";
    const std::string end = "\r\n\r\n";
    const std::string one_header =
        head + std::string(kMaxHttpRequestBytes + more - head.size() - end.size(), 'x') + end;
    const std::string rest = " HTTP/1.1\r\nConnection: close\r\n\r\n";
    const std::string path =
        "GET /" + std::string(kMaxHttpRequestBytes + more - 5 - rest.size(), 'x') + rest;
    std::string many = "GET /nothing HTTP/1.1\r\nConnection: close\r\n";
    while (many.size() + 20 < kMaxHttpRequestBytes) many += "X: y\r\n";
    many += "Y: " + std::string(kMaxHttpRequestBytes + more - many.size() - 3 - end.size(), 'y');
    many += end;
    for (const std::string& request : {one_header, path, many}) {
      ASSERT_EQ(request.size(), kMaxHttpRequestBytes + more);
      const std::string answer = Exchange(http_->port(), request);
      if (more == 0) {
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 ")) << request;
      } else {
        EXPECT_THAT(answer, ::testing::Not(HasSubstr("HTTP/1.1 404 "))) << request;
      }
    }
  }
}

// Who says nothing, or nothing more, does not hold a thread.
TEST_F(HttpServerTest, IdleConnectionsEnd) {
  const Connection silent(http_->port());
  const Connection answered(http_->port());
  answered.Send(kGetNothing);
  EXPECT_THAT(answered.ReadUntil(kNothing), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(answered.ReadAll(), "");
  EXPECT_EQ(silent.ReadAll(), "");
}

TEST_F(HttpServerTest, TlsBelow12IsRefused) {
  const TestCa ca("Test CA");
  const TestIdentity own =
      ca.Issue({.common_name = "", .names = {"localhost"}, .usage = "serverAuth"});
  http_.reset();
  Start(HttpServer::Tls{own.certificate_pem, own.key_pem});
  // A ClientHello of TLS 1.0 and 1.1 (RFC 4346 section 7.4.1.2), with four suites of theirs.
  for (const char minor : {'\x01', '\x02'}) {
    std::string hello = std::string("\x03") + minor + std::string(32, 'r') + std::string(1, '\0');
    hello += std::string("\0\x08\xC0\x13\xC0\x14\0\x2F\0\x35", 10) + std::string("\x01\0", 2);
    const auto length = static_cast<char>(hello.size());
    const std::string handshake = std::string("\x01\0\0", 3) + length + hello;
    const std::string answer =
        Exchange(http_->port(), std::string("\x16\x03\x01\0", 4) +
                                    static_cast<char>(handshake.size()) + handshake);
    // An alert: fatal, protocol_version.
    ASSERT_EQ(answer.size(), 7u);
    EXPECT_EQ(answer.front(), '\x15');
    EXPECT_EQ(answer.substr(3), std::string("\0\x02\x02\x46", 4));
  }
}

TEST_F(HttpServerTest, TheNewestCosignedCheckpointIsServedUnderAPolicy) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  const v1::StoredCheckpoint first = *checkpoints_->Sign();
  const VerifierKey key = TestWitnessKey("witness.example.org/w1", TestKey('w'));
  TrustPolicy policy;
  policy.witnesses = {{"w1", key, ""}};
  policy.quorum = "w1";
  ASSERT_TRUE(checkpoints_->SetWitnesses(policy).ok());
  EXPECT_EQ(Get("/checkpoint").body, first.note()) << "none is cosigned yet";
  ASSERT_TRUE(checkpoints_
                  ->AddCosignatures(first, {Cosign(ParseNote(first.note())->text, key.name,
                                                   TestKey('w'), clock_.Now())})
                  .ok());
  RecordStructures(0, 20);
  Sign();
  const std::string served = Get("/checkpoint").body;
  EXPECT_EQ(served, checkpoints_->Get(1)->note());
  EXPECT_TRUE(CosignedAt(*ParseNote(served), key)->has_value());
  EXPECT_EQ(Get("/tile/0/000.p/1").status, 200);
  EXPECT_EQ(Get("/tile/0/000.p/21").status, 200);
}

TEST_F(HttpServerTest, TlsByTheServersCertificate) {
  const TestCa ca("Test CA");
  const TestIdentity own =
      ca.Issue({.common_name = "", .names = {"localhost"}, .usage = "serverAuth"});
  http_.reset();
  Start(HttpServer::Tls{own.certificate_pem, own.key_pem});
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  RecordStructures(0, 299);
  Sign();
  const std::string ca_file = folder_.Path("ca.pem");
  std::ofstream(ca_file) << ca.pem();
  httplib::SSLClient client("localhost", http_->port());
  client.set_ca_cert_path(ca_file.c_str());
  client.enable_server_certificate_verification(true);
  client.set_keep_alive(true);
  const auto checkpoint = client.Get("/checkpoint");
  ASSERT_TRUE(checkpoint) << httplib::to_string(checkpoint.error());
  EXPECT_EQ(checkpoint->body, checkpoints_->latest()->note());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.Get("/tile/0/000")->body.size(), 8192u);
  // Who does not speak TLS gets no answer of HTTP, and nothing of the log.
  const std::string plain = Exchange(http_->port(), "GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(plain.find("registre.example"), std::string::npos);
  const std::string garbage = Exchange(http_->port(), "\x16\x03\x01" + std::string(100, 'x'));
  EXPECT_EQ(garbage.find("HTTP"), std::string::npos);
  EXPECT_TRUE(client.Get("/checkpoint"));
}

TEST_F(HttpServerTest, BadStartsAreRefused) {
  const auto start = [](const std::string& listen, const std::optional<HttpServer::Tls>& tls) {
    return HttpServer::Start(listen, tls, [](const std::string&) { return HttpAnswer(); }).status();
  };
  for (const char* listen : {"", "127.0.0.1", ":7463", "127.0.0.1:", "127.0.0.1:x",
                             "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1x"}) {
    EXPECT_EQ(ReasonOf(start(listen, std::nullopt)), "ADDRESS_INVALID") << listen;
  }
  const absl::Status taken = start(fmt::format("127.0.0.1:{}", http_->port()), std::nullopt);
  EXPECT_EQ(ReasonOf(taken), "ADDRESS_IN_USE");
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(start("[::1]:0", std::nullopt).ok() ||
              ReasonOf(start("[::1]:0", std::nullopt)) == "ADDRESS_IN_USE");
  const TestCa ca("Test CA");
  const TestIdentity own = ca.Issue({.common_name = "localhost", .usage = "serverAuth"});
  const TestIdentity other = ca.Issue({.common_name = "other"});
  EXPECT_EQ(ReasonOf(start("127.0.0.1:0", HttpServer::Tls{own.certificate_pem, other.key_pem})),
            "TLS_FILE_INVALID");
  EXPECT_EQ(ReasonOf(start("127.0.0.1:0", HttpServer::Tls{"", own.key_pem})), "TLS_FILE_INVALID");
  EXPECT_EQ(ReasonOf(start("127.0.0.1:0", HttpServer::Tls{own.certificate_pem +
                                                              "-----BEGIN CERTIFICATE-----\nAAAA\n"
                                                              "-----END CERTIFICATE-----\n",
                                                          own.key_pem})),
            "TLS_FILE_INVALID");
}

// A handler that is under way is answered.
TEST_F(HttpServerTest, TheEndAnswersWhatIsUnderWay) {
  absl::Notification asked;
  absl::Notification go_on;
  auto server = HttpServer::Start("127.0.0.1:0", std::nullopt, [&](const std::string&) {
    asked.Notify();
    go_on.WaitForNotification();
    HttpAnswer answer;
    answer.status = 200;
    answer.body = "late";
    return answer;
  });
  ASSERT_TRUE(server.ok()) << server.status();
  std::string answer;
  std::thread client(
      [&] { answer = Exchange((*server)->port(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", false); });
  asked.WaitForNotification();
  std::thread end([&] { server->reset(); });
  go_on.Notify();
  end.join();
  client.join();
  EXPECT_THAT(answer, HasSubstr("late"));
}

}  // namespace
}  // namespace registre::testing
