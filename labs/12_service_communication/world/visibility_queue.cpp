#include "world/visibility_queue.hpp"

#include <arpa/inet.h>

#include <nlohmann/json.hpp>

#include "lab/core/error.hpp"

namespace lab12 {

using nlohmann::json;

void ModelQueue::send(const std::string& id) {
  redis_.command({"ZADD", due_, "0", id});
}

std::optional<Message> ModelQueue::receive(std::chrono::milliseconds hidden_for) {
  const std::string got = run(R"(
      local time = redis.call('TIME')
      local now = time[1] * 1000 + math.floor(time[2] / 1000)
      local id = redis.call('ZRANGEBYSCORE', KEYS[1], 0, now, 'LIMIT', 0, 1)[1]
      if not id then return '' end
      redis.call('ZADD', KEYS[1], now + ARGV[1], id)
      return redis.call('HINCRBY', KEYS[2], id, 1) .. ' ' .. id)",
                              std::to_string(hidden_for.count()));
  if (got.empty()) return std::nullopt;
  return Message{.id = got.substr(got.find(' ') + 1), .attempt = std::stoi(got)};
}

bool ModelQueue::remove(const Message& received) {
  return run(R"(
      if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
      redis.call('HDEL', KEYS[2], ARGV[1])
      return redis.call('ZREM', KEYS[1], ARGV[1]))",
             received.id, std::to_string(received.attempt)) == "1";
}

// One transaction.
std::string ModelQueue::run(const char* script, const std::string& one,
                            const std::string& two) {
  return redis_.command({"EVAL", script, "2", due_, receives_, one, two});
}

SqsQueue::SqsQueue(const std::string& url)
    : at_(url),
      client_(at_.host.substr(0, at_.host.find(':')), ntohs(at_.address.sin_port)) {
  at_.account.service = "sqs";
  if (const char* const region = std::getenv("AWS_REGION"); region && *region)
    at_.account.region = region;
}

namespace {

[[noreturn]] void refuse(const std::string& tried, const std::string& cause) {
  throw lab::Error(tried + " at the queue of LAB_SQS_URL", cause);
}

// A field of an answer, which may be anything.
template <class T>
T field(const std::string& action, const json& answer, const char* pointer) {
  try {
    return answer.at(json::json_pointer(pointer)).get<T>();
  } catch (const json::exception&) {
    refuse(action, std::string("no ") + pointer + " in " + answer.dump());
  }
}

}  // namespace

void SqsQueue::send(const std::string& id) {
  of_queue("SendMessage", {{"MessageBody", id}});
}

std::optional<Message> SqsQueue::receive(std::chrono::milliseconds hidden_for) {
  const char* const action = "ReceiveMessage";
  const json answer = of_queue(
      action,
      {{"MaxNumberOfMessages", 1},
       {"VisibilityTimeout", std::chrono::ceil<std::chrono::seconds>(hidden_for).count()},
       {"AttributeNames", {"ApproximateReceiveCount"}}});
  if (!answer.contains("Messages") || answer["Messages"].empty()) return std::nullopt;
  const auto count = field<std::string>(action, answer,
                                        "/Messages/0/Attributes/ApproximateReceiveCount");
  Message message{.id = field<std::string>(action, answer, "/Messages/0/Body"),
                  .attempt = std::atoi(count.c_str())};
  receipts_[message.id + " " + count] =
      field<std::string>(action, answer, "/Messages/0/ReceiptHandle");
  return message;
}

bool SqsQueue::remove(const Message& received) {
  of_queue("DeleteMessage",
           {{"ReceiptHandle",
             receipts_[received.id + " " + std::to_string(received.attempt)]}});
  return true;
}

json SqsQueue::of_queue(const std::string& action, json arguments) {
  if (queue_url_.empty()) {
    const std::string name = at_.path.substr(at_.path.rfind('/') + 1);
    queue_url_ = field<std::string>(
        "GetQueueUrl", call("GetQueueUrl", {{"QueueName", name}}), "/QueueUrl");
  }
  arguments["QueueUrl"] = queue_url_;
  return call(action, arguments);
}

json SqsQueue::call(const std::string& action, const json& arguments) {
  const auto result = client_.request(
      lab::s3::signed_request(at_.account,
                              {.method = "POST",
                               .path = "/",
                               .headers = {{"host", at_.host},
                                           {"content-type", "application/x-amz-json-1.0"},
                                           {"x-amz-target", "AmazonSQS." + action}}},
                              arguments.dump()),
      std::chrono::seconds(20));
  const auto* const answer = std::get_if<lab::http::Response>(&result);
  if (!answer) refuse(action, std::get<lab::http::ClientError>(result).message);
  const bool is_empty = answer->body.empty();  // as after DeleteMessage
  json said = json::parse(is_empty ? "{}" : answer->body, nullptr, false);
  if (answer->status != 200 || said.is_discarded())
    refuse(action, std::to_string(answer->status) + " " + answer->body);
  return said;
}

std::unique_ptr<VisibilityQueue> visibility_queue(lab::Redis& redis,
                                                  const std::string& name) {
  if (sqs_url()) return std::make_unique<SqsQueue>(sqs_url());
  return std::make_unique<ModelQueue>(redis, name);
}

}  // namespace lab12
