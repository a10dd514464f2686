#include "world/services.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "lab/net/http.hpp"

namespace lab13 {

namespace http = lab::http;
namespace trace = lab::trace;

Process::Process(const std::function<void()>& work) : pid_(fork()) {
  lab::check_errno(pid_, "fork");
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    work();
  } catch (...) {
    _exit(1);
  }
  _exit(0);  // without destructors: the connections are also our parent's
}

bool Process::killed() {
  int status = 0;
  waitpid(pid_, &status, 0);
  reaped_ = true;
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

Process::~Process() {
  if (reaped_) return;
  kill(pid_, SIGKILL);
  killed();
}

void Cut::operator()() {
  if (--left == 0) raise(SIGKILL);
}

namespace {

std::string line(std::istream& lines) {
  std::string text;
  std::getline(lines, text);
  return text;
}

std::uint64_t flow_of(std::istream& lines) {
  return std::strtoull(line(lines).c_str(), nullptr, 10);
}

// A body has a line each for the saga, its input, what gets lost, and the drawn flow. A reply
// that is dropped closes the connection.
void take_command(const std::string& name, Participant& participant,
                  const http::Request& request, const http::Server::Reply& reply) {
  std::istringstream lines(request.body);
  const std::string saga = line(lines), input = line(lines), loses = line(lines);
  const std::string action = request.target.substr(1);
  const std::uint64_t flow = flow_of(lines);
  if (loses == "request") return;
  if (flow) trace::flow_in(flow, action, {.lane = name});
  try {
    const std::string answer(to_string(participant.handle({name, action, saga, input})));
    if (loses == "reply") return;
    const auto back = flow ? trace::flow_out(answer, {.lane = name, .cause = flow}) : 0;
    reply({.body = answer + "\n" + std::to_string(back)});
  } catch (const std::invalid_argument& wrong) {
    reply({.status = 400, .body = wrong.what()});
  }
}

}  // namespace

Services::Services() {
  for (const std::string& name : kServices) start(name);
}

// If a service ends before it is ready, so does the pipe, and nobody waits in vain.
void Services::start(const std::string& name) {
  int ends[2];
  lab::check_errno(pipe2(ends, O_CLOEXEC), "make a pipe");
  const lab::Descriptor ours(ends[0]);
  lab::Descriptor theirs(ends[1]);
  processes_[name] = std::make_unique<Process>([&] {
    Participant participant(Shop::url(name), actions_of(name));
    const http::Server server([&](const auto& request, const auto& reply) {
      take_command(name, participant, request, reply);
    });
    const std::uint16_t port = server.port();
    lab::check_errno(write(theirs.get(), &port, sizeof port), "tell the port");
    for (;;) pause();
  });
  theirs.reset();
  if (read(ours.get(), &ports_[name], sizeof(std::uint16_t)) <= 0)
    throw lab::Error("start " + name, "it did not get ready");
  trace::actor(name, trace::Actor::process, processes_[name]->pid());
}

Send Services::sender(Fault fault, std::string lane) const {
  const auto clients = std::make_shared<std::map<std::string, http::Client>>();
  for (const auto& [name, port] : ports_)
    clients->emplace(name, http::Client("127.0.0.1", port));
  return [clients, fault, lane](const Command& command) mutable {
    const bool loses = command.action == fault.action && fault.times-- > 0;
    const auto flow = lane.empty() ? 0 : trace::flow_out(command.action, {.lane = lane});
    const std::string body = command.saga + "\n" + command.input + "\n" +
                             (loses ? fault.loses : "") + "\n" + std::to_string(flow);
    const auto result =
        clients->at(command.service)
            .request({.method = "POST", .target = "/" + command.action, .body = body},
                     10s);
    const auto* response = std::get_if<http::Response>(&result);
    if (!response) return Outcome::unknown;
    std::istringstream lines(response->body);
    const std::string answer = response->status == 400 ? "refused" : line(lines);
    if (flow) trace::flow_in(flow_of(lines), answer, {.lane = lane});
    for (const Outcome one : {Outcome::done, Outcome::refused, Outcome::busy})
      if (answer == to_string(one)) return one;
    return Outcome::unknown;
  };
}

void Events::publish(const Message& message, std::string_view lane) {
  const auto flow = lane.empty() ? 0 : trace::flow_out(message.event, {.lane = lane});
  redis_.command({"XADD", stream_, "*", "event",
                  message.saga + "\n" + message.event + "\n" + message.input + "\n" +
                      std::to_string(flow)});
}

// First what was given to a process before us that did not acknowledge it.
bool Events::handle(const std::string& group,
                    const std::function<void(const std::string&, const Message&,
                                             std::uint64_t)>& handler) {
  std::istringstream lines(redis_.command({"EVAL", R"(
redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
for _, from in ipairs({'0', '>'}) do
  local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], 'one', 'COUNT', 1, 'STREAMS',
                          KEYS[1], from)
  local event = read and read[1][2][1]
  if event then return event[1] .. '\n' .. event[2][2] end
end
return '')",
                                           "1", stream_, group}));
  const std::string id = line(lines);
  if (id.empty()) return false;
  const Message message{line(lines), line(lines), line(lines)};
  handler(id, message, flow_of(lines));
  redis_.command({"XACK", stream_, group, id});
  return true;
}

namespace {

// Step 10: choreography. Each service knows its own lines only, and no process all of them.
constexpr struct {
  std::string_view event, service, action;
} kRules[] = {
    {"order:wanted", "orders", "create"},   {"create:done", "payments", "charge"},
    {"charge:done", "stock", "reserve"},    {"reserve:done", "stock", "ship"},
    {"ship:done", "orders", "confirm"},     {"ship:refused", "stock", "release"},
    {"release:done", "payments", "refund"}, {"reserve:refused", "payments", "refund"},
    {"charge:refused", "orders", "cancel"}, {"refund:done", "orders", "cancel"},
};

}  // namespace

void follow(const std::string& service, Events events, Cut cut) {
  Participant participant(Shop::url(service), actions_of(service));
  for (;;) {
    participant.relay([&](const Message& message) { events.publish(message, service); });
    const bool came = events.handle(
        service, [&](const std::string& id, const Message& message, std::uint64_t flow) {
          for (const auto& rule : kRules) {
            if (message.event != rule.event || service != rule.service) continue;
            trace::flow_in(flow, message.event, {.lane = service});
            participant.handle(
                {service, std::string(rule.action), message.saga, message.input, id});
            cut();
          }
        });
    if (!came) std::this_thread::sleep_for(1ms);
  }
}

}  // namespace lab13
