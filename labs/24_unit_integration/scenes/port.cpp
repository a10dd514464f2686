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

void draw(std::string_view what, std::string_view from, std::string_view to) {
  trace::flow_in(trace::flow_out(what, {.lane = from}), what, {.lane = to});
}

// Spies: they pass each call on, and tell.
struct UsersSpy : Users {
  explicit UsersSpy(Users& real) : real_(real) {}
  bool add(const std::string& address) override {
    draw("insert", "app", "Postgres");
    const bool added = real_.add(address);
    draw(added ? "1 row" : "no row", "Postgres", "app");
    return added;
  }
  Users& real_;
};
struct MailerSpy : Mailer {
  explicit MailerSpy(Mailer& real) : real_(real) {}
  bool welcome(const std::string& address) override {
    draw("POST /messages", "app", "mail service");
    const bool sent = real_.welcome(address);
    draw(sent ? "202" : "refused", "mail service", "app");
    return sent;
  }
  Mailer& real_;
};

int told_post(TestApp& app, const std::string& address) {
  draw("POST /users", "test", "app");
  const int status = app.post(address);
  draw(std::to_string(status), "app", "test");
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
  story.picture(lab::Picture::sequence, {"test", "app", "Postgres", "mail service"});
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
    trace::instant("20 applications at the same time", {.lane = "case"});
    draw("start 20, each on port 0", "test", "app");
    std::vector<std::unique_ptr<TestApp>> apps;
    for (int i = 0; i < 20; ++i) {
      apps.push_back(std::make_unique<TestApp>(fake, mailer));
      ports.insert(apps.back()->port());
    }
    for (const std::uint16_t each : ports) open += listens(each);
    draw(fmt::format("{} ports, {} open", ports.size(), open), "app", "test");
    // The control: a test that insists on a port which another run has.
    draw(fmt::format("start on port {}", *ports.begin()), "test", "app");
    try {
      const TestApp insists(fake, mailer, *ports.begin());
    } catch (const lab::Error& error) {
      refusal = error.what();
      draw("refused", "app", "test");
    }
    draw("close all 20", "test", "app");
  }
  int left = 0;
  for (const std::uint16_t each : ports) left += listens(each);
  draw(fmt::format("{} open", left), "app", "test");
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
