#include "world/services.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>

#include "lab/core/trace.hpp"
#include "lab/db/redis_server.hpp"

namespace lab13 {

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

namespace {

const lab::RedisServer& redis() {
  static const lab::RedisServer one;
  return one;
}

std::string line(std::istream& lines) {
  std::string text;
  std::getline(lines, text);
  return text;
}

}  // namespace

Bus::Bus(const std::string& name) : redis_(redis().url()) {
  static const std::string run = "lab13:" + std::to_string(getpid()) + ":";
  stream_ = run + name;
}

std::string Bus::publish(const Message& message, std::string_view lane) {
  // Of "payments/charge" the arrow's end says the first part.
  const auto said = message.event.substr(message.event.find('/') + 1);
  const auto flow = lane.empty() ? 0 : trace::flow_out(said, {.lane = lane});
  return redis_.command({"XADD", stream_, "*", "message",
                         message.saga + "\n" + message.event + "\n" + message.input +
                             "\n" + std::to_string(flow)});
}

// Redis answers the stream, an id, the field, and the message.
Bus::Arrived Bus::read(std::vector<std::string> command, const std::string& from) {
  command.insert(command.end(),
                 {"COUNT", "1", "BLOCK", "2000", "STREAMS", stream_, from});
  std::istringstream lines(redis_.command(command));
  line(lines);
  Arrived arrived;
  arrived.id = line(lines);
  line(lines);
  for (std::string* part : {&arrived.saga, &arrived.event, &arrived.input})
    *part = line(lines);
  arrived.flow = std::strtoull(line(lines).c_str(), nullptr, 10);
  return arrived;
}

Bus::Arrived Bus::next(const std::string& service) {
  const std::vector<std::string> command{"XREADGROUP", "GROUP", service, "one"};
  const Arrived pending = read(command, "0");
  return pending.id.empty() ? read(command, ">") : pending;
}

namespace {

// Step 10: choreography. Each service knows only its own rules, and no process knows all.
constexpr struct {
  const char *event, *service, *action;
} kRules[] = {
    {"order:wanted", "orders", "create"},   {"create:done", "payments", "charge"},
    {"charge:done", "stock", "reserve"},    {"reserve:done", "stock", "ship"},
    {"ship:done", "orders", "confirm"},     {"ship:refused", "stock", "release"},
    {"release:done", "payments", "refund"}, {"reserve:refused", "payments", "refund"},
    {"charge:refused", "orders", "cancel"}, {"refund:done", "orders", "cancel"},
};

// What a message asks of a service, by the rules or as a command; empty: nothing.
std::string asked_of(const std::string& service, const std::string& event,
                     bool by_rules) {
  const auto slash = event.find('/');
  if (!by_rules && event.substr(0, slash) == service) return event.substr(slash + 1);
  for (const auto& rule : kRules)
    if (by_rules && event == rule.event && service == rule.service) return rule.action;
  return {};
}

// At the cut it has committed what a message asked for, and has neither published that nor
// acknowledged the message.
[[noreturn]] void serve(const std::string& service, Bus bus, bool by_rules, Cut cut) {
  std::vector<Step> steps = order_steps();
  steps.insert(steps.end(), {kAuthorize, kSettle});
  Participant participant(Shop::url(service), steps);
  std::string lane = by_rules ? service : "";
  const auto relay = [&] {
    participant.relay([&](const Message& event) { bus.publish(event, lane); });
  };
  relay();  // what a process before this one committed and did not publish
  for (;;) {
    const auto arrived = bus.next(service);
    const std::string action = asked_of(service, arrived.event, by_rules);
    if (!action.empty()) {
      if (!by_rules) lane = arrived.flow ? service : "";
      if (arrived.flow) trace::flow_in(arrived.flow, arrived.event, {.lane = service});
      try {
        participant.handle({service, action, arrived.saga, arrived.input, arrived.id});
      } catch (const std::invalid_argument&) {
        bus.publish({arrived.saga, action + ":refused", arrived.input}, lane);
      }
      cut();
      relay();
    }
    if (!arrived.id.empty()) bus.acknowledge(service, arrived);
  }
}

}  // namespace

Services::Services(std::string name, bool by_rules)
    : bus_(std::move(name)), by_rules_(by_rules) {
  for (const std::string& service : kServices) Bus(bus_).open(service);
}

Process& Services::start(const std::string& service, Cut cut) {
  auto& process = processes_[service];
  process =
      std::make_unique<Process>([&, cut] { serve(service, Bus(bus_), by_rules_, cut); });
  trace::actor(service, trace::Actor::process, process->pid());
  trace::state(service, "up");
  return *process;
}

Send Services::sender(Fault fault, std::string lane) const {
  return
      [bus = std::make_shared<Bus>(bus_), fault, lane](const Command& command) mutable {
        const bool loses = command.action == fault.action && fault.times-- > 0;
        if (loses && fault.loses_command) return Outcome::unknown;
        std::string at = bus->publish(
            {command.saga, command.service + "/" + command.action, command.input}, lane);
        for (int silences = 0; silences < 5;) {
          const auto arrived = bus->after(at);
          silences += arrived.id.empty();
          if (!arrived.id.empty()) at = arrived.id;
          if (arrived.saga != command.saga ||
              !arrived.event.starts_with(command.action + ":"))
            continue;
          if (loses) return Outcome::unknown;
          if (arrived.flow) trace::flow_in(arrived.flow, arrived.event, {.lane = lane});
          for (const Outcome one : {Outcome::done, Outcome::refused, Outcome::busy})
            if (arrived.event.ends_with(to_string(one))) return one;
        }
        return Outcome::unknown;
      };
}

}  // namespace lab13
