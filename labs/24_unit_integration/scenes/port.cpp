// One integration test in slow motion, and what is left when it has ended.
#include <set>

#include "lab/core/trace.hpp"
#include "lab/db/postgres_server.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "test_app.hpp"
#include "world/mail_service.hpp"

namespace lab24 {

namespace trace = lab::trace;

namespace {

// Spies: they pass each call on, and tell.
struct UsersSpy : Users {
  explicit UsersSpy(Users& real) : real_(real) {}
  bool add(const std::string& address) override {
    const auto asked = trace::flow_out("insert", {.lane = "application"});
    trace::flow_in(asked, "insert", {.lane = "PostgreSQL"});
    const bool added = real_.add(address);
    const char* told = added ? "1 row" : "no row";
    trace::flow_in(trace::flow_out(told, {.lane = "PostgreSQL"}), told,
                   {.lane = "application"});
    return added;
  }
  Users& real_;
};
struct MailerSpy : Mailer {
  explicit MailerSpy(Mailer& real) : real_(real) {}
  bool welcome(const std::string& address) override {
    const auto asked = trace::flow_out("POST /messages", {.lane = "application"});
    trace::flow_in(asked, "POST /messages", {.lane = "mail service"});
    const bool sent = real_.welcome(address);
    const char* told = sent ? "202" : "refused";
    trace::flow_in(trace::flow_out(told, {.lane = "mail service"}), told,
                   {.lane = "application"});
    return sent;
  }
  Mailer& real_;
};

int told_post(TestApp& app, const std::string& address) {
  const auto sent = trace::flow_out("POST /users", {.lane = "test"});
  trace::flow_in(sent, "POST /users", {.lane = "application"});
  const int status = app.post(address);
  const std::string text = std::to_string(status);
  trace::flow_in(trace::flow_out(text, {.lane = "application"}), text, {.lane = "test"});
  return status;
}

bool listens(std::uint16_t port) {
  try {
    lab::loopback::connect(lab::loopback::socket(), port);
    return true;
  } catch (const lab::Error&) {
    return false;
  }
}

}  // namespace

void port(lab::Story& story, const Knobs&) {
  story.say(
      "An integration test starts the application in its own process, sends it two "
      "requests, and closes it. Then twenty applications run at the same time. Expect "
      "twenty ports, and none of them open afterwards.");
  story.picture(lab::Picture::sequence,
                {"test", "application", "PostgreSQL", "mail service"});
  lab::PostgresServer database;
  MailService mail;
  lab::Postgres connection(database.url());
  PostgresUsers users(connection);
  HttpMailer mailer(mail.port());
  UsersSpy users_spy(users);
  MailerSpy mailer_spy(mailer);
  int first = 0, second = 0;
  {
    TestApp app(users_spy, mailer_spy);
    trace::instant("a new address", {.lane = "case"});
    first = told_post(app, "ann@example.org");
    trace::instant("the same address in capitals", {.lane = "case"});
    second = told_post(app, "Ann@Example.org");
  }

  FakeUsers fake;
  const int descriptors = lab::open_descriptors();
  std::set<std::uint16_t> ports;
  int open = 0;
  std::string refusal;
  {
    std::vector<std::unique_ptr<TestApp>> apps;
    for (int i = 0; i < 20; ++i) {
      apps.push_back(std::make_unique<TestApp>(fake, mailer));
      ports.insert(apps.back()->port());
    }
    for (const std::uint16_t each : ports) open += listens(each);
    // The control: a test that insists on a port which another run has.
    try {
      const TestApp insists(fake, mailer, *ports.begin());
    } catch (const lab::Error& error) {
      refusal = error.what();
    }
  }
  int left = 0;
  for (const std::uint16_t each : ports) left += listens(each);
  const int leaked = lab::open_descriptors() - descriptors;

  story.claim(
      "24.4", first == 201 && second == 409,
      "through HTTP and a real PostgreSQL the first sign-up returned {}, and the same "
      "address in capitals {}",
      first, second);
  story.claim(
      "24.5",
      ports.size() == 20 && open == 20 && left == 0 && leaked == 0 && !refusal.empty(),
      "20 applications listened on {} ports; afterwards {} were open and {} "
      "descriptors were left. Control: a fixed port that another run uses was refused "
      "({})",
      ports.size(), left, leaked, refusal);
  story.takeaway(
      "Never use a fixed port in a test. Ask for port 0, and the same suite can run "
      "twice "
      "at once.");
}

}  // namespace lab24
