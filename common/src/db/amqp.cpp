#include "lab/db/amqp.hpp"

#include <amqp.h>
#include <amqp_tcp_socket.h>

#include <array>
#include <string_view>
#include <vector>

#include "lab/core/error.hpp"

namespace lab {

namespace {

constexpr amqp_channel_t kChannel = 1;

amqp_bytes_t bytes(std::string_view text) {
  return {.len = text.size(), .bytes = const_cast<char*>(text.data())};
}

std::string text(amqp_bytes_t bytes) {
  return bytes.bytes ? std::string(static_cast<const char*>(bytes.bytes), bytes.len) : "";
}

timeval to_timeval(std::chrono::milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

std::string cause_of(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
    return amqp_error_string2(reply.library_error);
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return "no reply";
  // Both kinds of close begin with the same fields, but are types of their own.
  if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD)
    return text(static_cast<amqp_channel_close_t*>(reply.reply.decoded)->reply_text);
  if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD)
    return text(static_cast<amqp_connection_close_t*>(reply.reply.decoded)->reply_text);
  return "the broker refused";
}

void check_reply(const amqp_rpc_reply_t& reply, std::string_view tried) {
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw Error(tried, cause_of(reply));
}

void check_status(int status, std::string_view tried) {
  if (status != AMQP_STATUS_OK) throw Error(tried, amqp_error_string2(status));
}

amqp_table_entry_t entry(const char* key, std::string_view value) {
  amqp_table_entry_t made{};
  made.key = amqp_cstring_bytes(key);
  made.value.kind = AMQP_FIELD_KIND_UTF8;
  made.value.value.bytes = bytes(value);
  return made;
}

int earlier_deliveries(const amqp_basic_properties_t& properties) {
  if (!(properties._flags & AMQP_BASIC_HEADERS_FLAG)) return 0;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const amqp_table_entry_t& header = properties.headers.entries[i];
    if (text(header.key) != "x-delivery-count") continue;
    switch (header.value.kind) {
      case AMQP_FIELD_KIND_I8:
        return header.value.value.i8;
      case AMQP_FIELD_KIND_I16:
        return header.value.value.i16;
      case AMQP_FIELD_KIND_I32:
        return header.value.value.i32;
      case AMQP_FIELD_KIND_I64:
        return static_cast<int>(header.value.value.i64);
      default:
        return 0;
    }
  }
  return 0;
}

void close_connection(amqp_connection_state_t_* link) {
  amqp_connection_close(link, AMQP_REPLY_SUCCESS);
  amqp_destroy_connection(link);
}

}  // namespace

Amqp::Amqp(const std::string& url, std::chrono::milliseconds patience)
    : link_(nullptr, close_connection), patience_(patience) {
  std::string cut = url;  // amqp_parse_url() cuts it into pieces
  amqp_connection_info at{};
  if (amqp_parse_url(cut.data(), &at) != AMQP_STATUS_OK || at.ssl)
    throw Error("address of RabbitMQ", "not amqp://user:password@host:port/vhost");
  const std::string where =
      "connect to RabbitMQ at " + std::string(at.host) + ":" + std::to_string(at.port);
  // Until it is open there is nothing to close.
  std::unique_ptr<amqp_connection_state_t_, int (*)(amqp_connection_state_t_*)> link(
      amqp_new_connection(), amqp_destroy_connection);
  amqp_socket_t* socket = link ? amqp_tcp_socket_new(link.get()) : nullptr;
  if (!socket) throw Error(where, "out of memory");
  const timeval time = to_timeval(patience);
  check_status(amqp_set_handshake_timeout(link.get(), &time), where);
  check_status(amqp_set_rpc_timeout(link.get(), &time), where);
  check_status(amqp_socket_open_noblock(socket, at.host, at.port, &time), where);
  check_reply(amqp_login(link.get(), at.vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0,
                         AMQP_SASL_METHOD_PLAIN, at.user, at.password),
              where);
  link_.reset(link.release());
  check(amqp_channel_open(link_.get(), kChannel), "open a channel");
  check(amqp_confirm_select(link_.get(), kChannel), "ask for confirms");
}

Amqp::Amqp(Amqp&&) noexcept = default;
Amqp::~Amqp() = default;

void Amqp::check(bool ok, const char* tried) {
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(link_.get());
  if (!ok || reply.reply_type != AMQP_RESPONSE_NORMAL)
    throw Error(tried, cause_of(reply));
  amqp_maybe_release_buffers(link_.get());
}

void Amqp::declare(const std::string& queue, const AmqpQueue& kind) {
  std::vector<amqp_table_entry_t> settings;
  if (kind.counts_deliveries) settings.push_back(entry("x-queue-type", "quorum"));
  if (!kind.dead_letters.empty()) {
    settings.push_back(entry("x-dead-letter-exchange", ""));
    settings.push_back(entry("x-dead-letter-routing-key", kind.dead_letters));
  }
  if (kind.expires.count()) {
    amqp_table_entry_t& expires = settings.emplace_back(entry("x-expires", ""));
    expires.value.kind = AMQP_FIELD_KIND_I64;
    expires.value.value.i64 = std::chrono::milliseconds(kind.expires).count();
  }
  const amqp_table_t table{static_cast<int>(settings.size()), settings.data()};
  check(amqp_queue_declare(link_.get(), kChannel, bytes(queue), 0, !kind.passing,
                           kind.passing, kind.passing, table),
        "declare a queue");
}

void Amqp::remove(const std::string& queue) {
  check(amqp_queue_delete(link_.get(), kChannel, bytes(queue), 0, 0), "delete a queue");
}

void Amqp::declare_fanout(const std::string& exchange) {
  check(amqp_exchange_declare(link_.get(), kChannel, bytes(exchange), bytes("fanout"), 0,
                              0, 1, 0, amqp_empty_table),
        "declare an exchange");
}

void Amqp::bind(const std::string& queue, const std::string& exchange) {
  check(amqp_queue_bind(link_.get(), kChannel, bytes(queue), bytes(exchange), bytes(""),
                        amqp_empty_table),
        "bind a queue");
}

int Amqp::depth(const std::string& queue) {
  const auto* there = amqp_queue_declare(link_.get(), kChannel, bytes(queue), 1, 0, 0, 0,
                                         amqp_empty_table);
  const int count = there ? static_cast<int>(there->message_count) : 0;
  check(there, "look at a queue");
  return count;
}

void Amqp::send(const std::string& exchange, const std::string& key,
                const AmqpMessage& message) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG;
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  properties.message_id = bytes(message.id);
  // Mandatory for a queue: without that the broker confirms, and drops, what has none.
  check_status(amqp_basic_publish(link_.get(), kChannel, bytes(exchange), bytes(key),
                                  exchange.empty(), 0, &properties, bytes(message.body)),
               "publish");
  unconfirmed_.insert(++published_);
}

void Amqp::publish(const std::string& queue, const AmqpMessage& message) {
  send("", queue, message);
}

void Amqp::emit(const std::string& exchange, const AmqpMessage& message) {
  send(exchange, "", message);
}

void Amqp::wait_confirmed() {
  bool unroutable = false;
  while (!unconfirmed_.empty()) {
    amqp_frame_t frame;
    const timeval time = to_timeval(patience_);
    check_status(amqp_simple_wait_frame_noblock(link_.get(), &frame, &time),
                 "wait for a confirm");
    if (frame.frame_type != AMQP_FRAME_METHOD) continue;
    const auto& method = frame.payload.method;
    if (method.id == AMQP_BASIC_RETURN_METHOD) {
      unroutable = true;  // its confirm follows
    } else if (method.id == AMQP_BASIC_ACK_METHOD) {
      const auto& ack = *static_cast<amqp_basic_ack_t*>(method.decoded);
      if (ack.multiple)
        unconfirmed_.erase(unconfirmed_.begin(),
                           unconfirmed_.upper_bound(ack.delivery_tag));
      else
        unconfirmed_.erase(ack.delivery_tag);
    } else {
      throw Error("publish", "the broker did not take a message");
    }
    amqp_maybe_release_buffers(link_.get());
  }
  if (unroutable) throw Error("publish", "there is no such queue");
}

void Amqp::consume(const std::string& queue, int prefetch) {
  check(amqp_basic_qos(link_.get(), kChannel, 0, static_cast<std::uint16_t>(prefetch), 0),
        "set the prefetch");
  check(amqp_basic_consume(link_.get(), kChannel, bytes(queue), bytes(""), 0, 0, 0,
                           amqp_empty_table),
        "consume");
}

std::optional<AmqpDelivery> Amqp::next(std::chrono::milliseconds patience) {
  amqp_maybe_release_buffers(link_.get());
  amqp_envelope_t envelope;
  const timeval time = to_timeval(patience);
  const auto reply = amqp_consume_message(link_.get(), &envelope, &time, 0);
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
      reply.library_error == AMQP_STATUS_TIMEOUT)
    return std::nullopt;
  check_reply(reply, "take a message");
  const amqp_basic_properties_t& properties = envelope.message.properties;
  AmqpDelivery delivery{.message = {text(envelope.message.body), {}},
                        .tag = envelope.delivery_tag,
                        .redelivered = envelope.redelivered != 0,
                        .earlier = earlier_deliveries(properties)};
  if (properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG)
    delivery.message.id = text(properties.message_id);
  amqp_destroy_envelope(&envelope);
  return delivery;
}

void Amqp::acknowledge(const AmqpDelivery& delivery) {
  check_status(amqp_basic_ack(link_.get(), kChannel, delivery.tag, 0), "acknowledge");
}

void Amqp::reject(const AmqpDelivery& delivery, bool requeue) {
  check_status(amqp_basic_reject(link_.get(), kChannel, delivery.tag, requeue), "reject");
}

}  // namespace lab
