// swallowed.cpp: what a swallowed error leaves in a process that goes on.
#include <fmt/format.h>

#include "scenes/scenes.hpp"
#include "world/bank.hpp"

namespace lab08 {

namespace {

struct Left {
  int sum = 0;
  bool locked = false;
  bool accepted = false;  // the transfer after the failed one
};

Left swallow(Care care) {
  Runtime node;
  Bank bank(node, care);
  node.on_uncaught = [](const Error&, Origin) {};
  Left left;
  node.run([&] {
    bank.transfer(30, true);
    node.set_timeout([&] { left.accepted = bank.transfer(10); }, 20);
  });
  left.sum = bank.sum();
  left.locked = bank.locked();
  return left;
}

std::string told(const Left& left) {
  return fmt::format("{} ; {} {}", left.accepted ? "accepted" : "refused", left.sum,
                     left.locked ? "locked" : "free");
}

}  // namespace

// Why not to go on. The handler caught the exception and mended nothing.
void state(Story& story, const Knobs&) {
  story.say(
      "Two accounts hold 100 each. A transfer of 30 throws halfway, the handler swallows "
      "the error, and the process goes on.");
  story.picture(lab::Picture::curves, {"careless A + B", "careful A + B"});
  const Left careless = swallow(Care::careless);
  const Left careful = swallow(Care::careful);
  story.table(
      {"A transfer of 30 fails, and the handler swallows it",
       {"transfer", "the next one ; sum and lock"},
       {{"careless, swallowed", told(careless)}, {"careful, swallowed", told(careful)}}});
  story.claim("08.4",
              careless.sum == 170 && careless.locked && !careless.accepted &&
                  careful.sum == 200 && !careful.locked && careful.accepted,
              "A + B is {} instead of 200, the lock is {}, and the next transfer was {}. "
              "Control: after a transfer that writes last and always releases its lock, "
              "the result was {}",
              careless.sum, careless.locked ? "still held" : "free",
              careless.accepted ? "accepted" : "refused", told(careful));
  story.takeaway(
      "If you swallow the error, the process goes on with wrong data and a lock that "
      "nobody will ever release.");
}

}  // namespace lab08
