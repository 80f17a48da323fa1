// grpc.health.v1 and server reflection, as any client calls them: the messages are written by hand
// here, since Debian packages none of their proto files.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "grpcpp/impl/codegen/sync_stream.h"
#include "registre/v1/admin_service.grpc.pb.h"
#include "tests/services/services_fixture.h"

namespace registre::testing {
namespace {

// A message of any type: its fields stand in it as unknown ones.
using Any = google::protobuf::Empty;

constexpr char kLedgerService[] = "registre.v1.LedgerService";
enum Serving { kUnknown = 0, kServing = 1, kNotServing = 2, kNoSuchService = -1 };

Any WithText(int field, const std::string& text) {
  Any message;
  message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(field, text);
  return message;
}

// The texts of a repeated field.
std::vector<std::string> TextsIn(const std::string& bytes, int field) {
  google::protobuf::UnknownFieldSet fields;
  fields.ParseFromString(bytes);
  std::vector<std::string> texts;
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() == field) texts.push_back(fields.field(i).length_delimited());
  }
  return texts;
}

Serving ServingIn(const Any& response) {
  const auto& fields = response.GetReflection()->GetUnknownFields(response);
  return fields.empty() ? kUnknown : static_cast<Serving>(fields.field(0).varint());
}

class StandardServicesTest : public ServicesTest {
 protected:
  Serving Check(const std::string& service) {
    const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                           grpc::internal::RpcMethod::NORMAL_RPC, channel_);
    grpc::ClientContext context;
    Any response;
    const grpc::Status status = grpc::internal::BlockingUnaryCall(channel_.get(), method, &context,
                                                                  WithText(1, service), &response);
    if (status.error_code() == grpc::NOT_FOUND) return kNoSuchService;
    EXPECT_TRUE(status.ok()) << status.error_message();
    return ServingIn(response);
  }

  std::unique_ptr<grpc::ClientReader<Any>> Watch(grpc::ClientContext* context,
                                                 const std::string& service) {
    const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Watch",
                                           grpc::internal::RpcMethod::SERVER_STREAMING, channel_);
    return std::unique_ptr<grpc::ClientReader<Any>>(
        grpc::internal::ClientReaderFactory<Any>::Create(channel_.get(), method, context,
                                                         WithText(1, service)));
  }

  // The answer to one request of server reflection.
  std::string Reflect(const Any& request) {
    const grpc::internal::RpcMethod method(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        grpc::internal::RpcMethod::BIDI_STREAMING, channel_);
    grpc::ClientContext context;
    const std::unique_ptr<grpc::ClientReaderWriter<Any, Any>> stream(
        grpc::internal::ClientReaderWriterFactory<Any, Any>::Create(channel_.get(), method,
                                                                    &context));
    EXPECT_TRUE(stream->Write(request));
    EXPECT_TRUE(stream->WritesDone());
    Any response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_TRUE(stream->Finish().ok());
    return response.SerializeAsString();
  }
};

TEST_F(StandardServicesTest, HealthOfTheServerAndOfRecording) {
  EXPECT_EQ(Check(""), kServing);
  EXPECT_EQ(Check(kLedgerService), kServing);
  EXPECT_EQ(Check("registre.v1.Imagined"), kNoSuchService);
}

TEST_F(StandardServicesTest, WhatCannotBeRecordedIsNotServed) {
  ASSERT_TRUE(Record("open", {OpenTestLedger()}).ok());
  grpc::ClientContext context;
  const auto watch = Watch(&context, kLedgerService);
  Any response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(ServingIn(response), kServing);

  clock_.Jump(absl::Minutes(5));
  EXPECT_EQ(InfoOf(Record("late", {RegisterStructure("st-late")})).reason(), "CLOCK_SUSPECT");
  ASSERT_TRUE(watch->Read(&response)) << "told without being asked";
  EXPECT_EQ(ServingIn(response), kNotServing);
  EXPECT_EQ(Check(kLedgerService), kNotServing);
  EXPECT_EQ(Check(""), kServing) << "it can be read";

  v1::AcceptClockResponse accepted;
  grpc::ClientContext accept;
  ASSERT_TRUE(v1::AdminService::NewStub(channel_)->AcceptClock(&accept, {}, &accepted).ok());
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(ServingIn(response), kServing);
  context.TryCancel();
}

TEST_F(StandardServicesTest, ReflectionListsTheServices) {
  constexpr int kListServices = 7;
  constexpr int kListServicesResponse = 6;
  std::string names;
  for (const std::string& list :
       TextsIn(Reflect(WithText(kListServices, "*")), kListServicesResponse)) {
    for (const std::string& service : TextsIn(list, 1)) {
      for (const std::string& name : TextsIn(service, 1)) names += name + "\n";
    }
  }
  for (const std::string name :
       {"registre.v1.AdminService", "registre.v1.AnomalyService", "registre.v1.BudgetService",
        "registre.v1.ConventionService", "registre.v1.DeliberationService",
        "registre.v1.LedgerService", "registre.v1.StructureService", "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection"}) {
    EXPECT_NE(names.find(name + "\n"), std::string::npos) << name << " is not in\n" << names;
  }
}

TEST_F(StandardServicesTest, ReflectionGivesTheFileOfASymbol) {
  constexpr int kFileContainingSymbol = 4;
  constexpr int kFileDescriptorResponse = 4;
  constexpr int kErrorResponse = 7;
  std::vector<std::string> files;
  for (const std::string& response :
       TextsIn(Reflect(WithText(kFileContainingSymbol, kLedgerService)), kFileDescriptorResponse)) {
    for (const std::string& bytes : TextsIn(response, 1)) {
      google::protobuf::FileDescriptorProto file;
      ASSERT_TRUE(file.ParseFromString(bytes));
      files.push_back(file.name());
    }
  }
  EXPECT_EQ(std::count(files.begin(), files.end(), "registre/v1/ledger_service.proto"), 1);
  EXPECT_EQ(std::count(files.begin(), files.end(), "registre/v1/act.proto"), 1)
      << "with what it imports";
  EXPECT_EQ(
      TextsIn(Reflect(WithText(kFileContainingSymbol, "registre.v1.Imagined")), kErrorResponse)
          .size(),
      1u);
}

// gRPC's own service ends no watch: it is cut when the time to drain is over.
TEST_F(StandardServicesTest, WhoWatchesTheHealthIsToldOfTheStop) {
  grpc::ClientContext context;
  const auto watch = Watch(&context, "");
  Any response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(ServingIn(response), kServing);
  server_->Drain(absl::Milliseconds(200));
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(ServingIn(response), kNotServing);
  EXPECT_FALSE(watch->Read(&response));
}

}  // namespace
}  // namespace registre::testing
