#include "ledger/schema.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "registre/v1/event.pb.h"

namespace registre::testing::schema_test {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

FileDescriptorSet Files() {
  FileDescriptorSet files;
  EXPECT_TRUE(files.ParseFromString(SerializedSchema()));
  return files;
}

TEST(SchemaTest, EachFileStandsOnceBehindThoseThatItImports) {
  std::set<std::string> seen;
  const FileDescriptorSet files = Files();
  for (const FileDescriptorProto& file : files.file()) {
    for (const std::string& import : file.dependency())
      EXPECT_TRUE(seen.contains(import)) << import;
    EXPECT_TRUE(seen.insert(file.name()).second) << file.name();
    EXPECT_FALSE(file.has_source_code_info()) << file.name();
  }
  EXPECT_TRUE(seen.contains("registre/v1/event.proto"));
  EXPECT_TRUE(seen.contains("registre/v1/act.proto"));
  EXPECT_TRUE(seen.contains("google/protobuf/timestamp.proto"));
}

TEST(SchemaTest, StoredBytesAreReadByItAlone) {
  google::protobuf::DescriptorPool pool;
  const FileDescriptorSet files = Files();
  for (const FileDescriptorProto& file : files.file()) {
    ASSERT_NE(pool.BuildFile(file), nullptr) << file.name();
  }
  const auto* descriptor = pool.FindMessageTypeByName("registre.v1.Event");
  ASSERT_NE(descriptor, nullptr);
  v1::Event event;
  event.set_position(7);
  event.set_salt("0123456789abcdef");
  event.mutable_recorded_at()->set_seconds(1'700'000'000);
  event.add_tags()->set_tag("structure:s1");
  event.mutable_act()->mutable_structure_registered()->set_structure_id("s1");
  google::protobuf::DynamicMessageFactory factory(&pool);
  const std::unique_ptr<google::protobuf::Message> read(factory.GetPrototype(descriptor)->New());
  ASSERT_TRUE(read->ParseFromString(event.SerializeAsString()));
  EXPECT_EQ(read->DebugString(), event.DebugString());
}

TEST(SchemaTest, TheDigestIsThatOfTheBytes) {
  EXPECT_EQ(SchemaDigest(), Sha256(SerializedSchema()));
  EXPECT_EQ(&SerializedSchema(), &SerializedSchema());
}

// A bundle of an older release stays verifiable: a new schema is added behind the others.
TEST(SchemaTest, TheListOfKnownOnesEndsWithThisOne) {
  EXPECT_EQ(KnownSchemaDigests().back(), HexOf(SchemaDigest()))
      << "The schema of events changed (or protobuf's Timestamp did): add this digest behind the "
         "others in ledger/schema.cc, deploy/audit/verify_bundle.py and deploy/BUNDLE.md.";
  EXPECT_EQ(KnownSchemaDigests().front(),
            "d6ecc1c95fdad10b3be4ccbc6828d8e25fab5275c85fb8f7c0bfe5d365e5bb10")
      << "A digest was taken off: bundles made under it can no longer be verified.";
  EXPECT_TRUE(IsKnownSchema(SchemaDigest()));
  EXPECT_FALSE(IsKnownSchema(Sha256("another")));
}

}  // namespace
}  // namespace registre::testing::schema_test
