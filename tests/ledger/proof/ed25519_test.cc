#include "ledger/proof/ed25519.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <thread>
#include <vector>

#include "ledger/base/errors.h"
#include "tests/support/test_keys.h"

namespace registre::ed25519_test {
namespace {

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

template <class Bytes>
std::string Text(const Bytes& bytes) {
  return std::string(bytes.begin(), bytes.end());
}

PublicKey PublicOf(const std::string& bytes) {
  PublicKey key;
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

TEST(Ed25519Test, VectorsOfRfc8032) {  // section 7.1, TEST 1 to 3
  struct Vector {
    std::string seed, public_key, message, signature;
  };
  const Vector vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
       "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
       "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
       "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"}};
  for (const Vector& vector : vectors) {
    const auto key = SigningKey::FromSeed(FromHex(vector.seed));
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(Text(key->public_key()), FromHex(vector.public_key));
    EXPECT_EQ(Text(key->Sign(FromHex(vector.message))), FromHex(vector.signature));
    EXPECT_TRUE(VerifyEd25519(PublicOf(FromHex(vector.public_key)), FromHex(vector.message),
                              FromHex(vector.signature)));
  }
}

TEST(Ed25519Test, EveryBitCounts) {
  const SigningKey key = TestKey(1);
  const std::string message = "test data";
  const std::string signature = Text(key.Sign(message));
  const auto flipped = [](std::string text, size_t bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    return text;
  };
  for (size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    EXPECT_FALSE(VerifyEd25519(key.public_key(), message, flipped(signature, bit))) << bit;
  }
  for (size_t bit = 0; bit < 8 * message.size(); ++bit) {
    EXPECT_FALSE(VerifyEd25519(key.public_key(), flipped(message, bit), signature)) << bit;
  }
  for (size_t bit = 0; bit < 8 * 32; ++bit) {
    EXPECT_FALSE(VerifyEd25519(PublicOf(flipped(Text(key.public_key()), bit)), message, signature))
        << bit;
  }
  EXPECT_FALSE(VerifyEd25519(key.public_key(), message, ""));
  EXPECT_FALSE(VerifyEd25519(key.public_key(), message, signature + "x"));
  EXPECT_FALSE(VerifyEd25519(key.public_key(), message, signature.substr(1)));
}

// RFC 8032 section 5.1.7: S is below the order of the group, so that nobody can make a second
// signature out of a first.
TEST(Ed25519Test, SignaturesAreNotMalleable) {
  const SigningKey key = TestKey(1);
  std::string signature = Text(key.Sign("test data"));
  const std::string order =
      FromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  int carry = 0;
  for (int i = 0; i < 32; ++i) {
    const int sum =
        static_cast<uint8_t>(signature[32 + i]) + static_cast<uint8_t>(order[i]) + carry;
    signature[32 + i] = static_cast<char>(sum & 0xFF);
    carry = sum >> 8;
  }
  EXPECT_FALSE(VerifyEd25519(key.public_key(), "test data", signature));
}

TEST(Ed25519Test, GeneratedKeysDiffer) {
  const auto first = SigningKey::Generate();
  const auto second = SigningKey::Generate();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->public_key(), second->public_key());
  EXPECT_TRUE(VerifyEd25519(first->public_key(), "test", Text(first->Sign("test"))));
  EXPECT_FALSE(VerifyEd25519(second->public_key(), "test", Text(first->Sign("test"))));
}

TEST(Ed25519Test, PemKeepsTheKey) {
  const SigningKey key = TestKey(2);
  const std::string pem = key.ToPem();
  EXPECT_EQ(pem.rfind("-----BEGIN PRIVATE KEY-----\n", 0), 0u);
  const auto read = SigningKey::FromPem(pem);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->public_key(), key.public_key());
  EXPECT_EQ(read->ToPem(), pem);
  EXPECT_EQ(read->Sign("test"), key.Sign("test"));
}

void ExpectNoKey(const absl::StatusOr<SigningKey>& key) {
  EXPECT_EQ(key.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(key.status()), "KEY_INVALID");
}

std::string PemOf(EVP_PKEY* key, const EVP_CIPHER* cipher, const char* passphrase) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, nullptr, 0, nullptr,
                                const_cast<char*>(passphrase));
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

TEST(Ed25519Test, OtherFilesAreNoKeys) {
  ExpectNoKey(SigningKey::FromPem(""));
  ExpectNoKey(
      SigningKey::FromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  ExpectNoKey(SigningKey::FromPem(std::string(17 * 1024, '\n') + TestKey(1).ToPem()));
  const std::string pem = TestKey(1).ToPem();
  for (size_t size = 0; size + 26 < pem.size(); ++size) {
    ExpectNoKey(SigningKey::FromPem(pem.substr(0, size)));
  }
  ExpectNoKey(SigningKey::FromPem(PemOf(EVP_EC_gen("P-256"), nullptr, nullptr)));
  ExpectNoKey(SigningKey::FromPem(
      PemOf(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_aes_256_cbc(), "passphrase")));
  ExpectNoKey(SigningKey::FromSeed(""));
  ExpectNoKey(SigningKey::FromSeed(std::string(31, 'x')));
  ExpectNoKey(SigningKey::FromSeed(std::string(33, 'x')));
}

TEST(Ed25519Test, OneKeySignsInManyThreads) {
  const SigningKey key = TestKey(3);
  const Ed25519Signature expected = key.Sign("test");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([key, &expected] {
      for (int j = 0; j < 100; ++j) EXPECT_EQ(key.Sign("test"), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace registre::ed25519_test
