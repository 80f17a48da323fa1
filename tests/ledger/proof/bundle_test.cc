#include "ledger/proof/bundle.h"

#include <gtest/gtest.h>

#include <string>

#include "ledger/base/errors.h"
#include "tests/support/bundle_world.h"

namespace registre::testing::bundle_test {
namespace {

TEST(BundleTest, IsReadAsItIsWritten) {
  const BundleWorld world;
  for (const char* tag : {"convention:c1", "convention:c2", "application:a"}) {
    const std::string bytes = world.Build(tag);
    const auto bundle = ParseBundle(bytes);
    ASSERT_TRUE(bundle.ok()) << bundle.status();
    EXPECT_EQ(bundle->tag, tag);
    EXPECT_EQ(*FormatBundle(*bundle), bytes);
  }
}

TEST(BundleTest, StartsWithWhatAPersonReads) {
  const std::string bytes = BundleWorld().Build("convention:c1");
  EXPECT_EQ(bytes.substr(0, bytes.find("summary")), "registre-bundle 1\ntag 13\nconvention:c1\n");
}

TEST(BundleTest, Limits) {
  Bundle bundle = BundleWorld().Parts("convention:c1");
  bundle.events.assign(kMaxBundleEvents + 1, "");
  EXPECT_EQ(ReasonOf(FormatBundle(bundle).status()), "BUNDLE_TOO_LARGE");
  bundle.events.assign(20, std::string(kMaxBundleEventBytes, 'e'));
  EXPECT_EQ(ReasonOf(FormatBundle(bundle).status()), "BUNDLE_TOO_LARGE");
  EXPECT_EQ(ReasonOf(ParseBundle(std::string(kMaxBundleBytes + 1, 'x')).status()),
            "BUNDLE_INVALID");
  // A part over its limit, in a bundle below its own.
  bundle.events.assign(1, std::string(kMaxBundleEventBytes + 1, 'e'));
  EXPECT_EQ(ReasonOf(ParseBundle(*FormatBundle(bundle)).status()), "BUNDLE_INVALID");
}

TEST(BundleTest, ASchemaIsPackedAndUnpacked) {
  for (const std::string& schema : {std::string(), std::string("x"), std::string(3'000'000, 's')}) {
    EXPECT_EQ(*UnpackSchema(PackSchema(schema)), schema);
  }
  const std::string packed = PackSchema("schema");
  for (size_t size = 0; size < packed.size(); ++size) {
    EXPECT_EQ(ReasonOf(UnpackSchema(packed.substr(0, size)).status()), "BUNDLE_INVALID") << size;
  }
  EXPECT_EQ(ReasonOf(UnpackSchema(packed + "x").status()), "BUNDLE_INVALID");
  EXPECT_EQ(ReasonOf(UnpackSchema(PackSchema(std::string(kMaxSchemaBytes + 1, 's'))).status()),
            "BUNDLE_INVALID");
  EXPECT_TRUE(UnpackSchema(PackSchema(std::string(kMaxSchemaBytes, 's'))).ok());
}

}  // namespace
}  // namespace registre::testing::bundle_test
