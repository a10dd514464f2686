#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/processes.hpp"

namespace lab21 {

void deaths(lab::Story& story, const Knobs&) {
  story.say("A heap limit of 40 MiB, and three processes that ask for 160 MiB.");
  story.picture(lab::Picture::machine, {"heap", "buffers", "buffers in a container"});
  lab::Table table{
      "Death certificates", {"process", "ended by", "exit handlers", "last words"}, {}};
  const auto play = [&](const char* name, const char* of, std::size_t container = 0) {
    lab::trace::state(name, "growing");
    const Certificate end = live_and_die(of, container);
    lab::trace::state(name, end.ended_by);
    table.rows.push_back({name, end.ended_by, end.handlers_ran ? "ran" : "did not run",
                          end.last_words ? "yes" : "none"});
    return end;
  };
  const Certificate heap = play("heap", "heap");
  const Certificate buffers = play("buffers", "buffers");
  const Certificate container =
      play("buffers in a container", "buffers", std::size_t{100} << 20);
  story.table(table);
  // Without a control group the kernel refuses memory and kills nobody.
  const bool grouped = container.limit_by == "a control group";
  story.claim("21.2",
              heap.ended_by == "SIGABRT" && !heap.handlers_ran && heap.last_words &&
                  buffers.ended_by == "exit 0" && buffers.handlers_ran &&
                  !container.handlers_ran && container.last_words == !grouped &&
                  container.ended_by == (grouped ? "SIGKILL" : "SIGABRT"),
              "heap: {} with last words; buffers outside the heap: {}; in a container of "
              "100 MiB, kept by {}: {}, {} last words",
              heap.ended_by, buffers.ended_by, container.limit_by, container.ended_by,
              container.last_words ? "with" : "without");
  story.nuance("21.2", "No exit handler runs in either death, so flush before.");
  story.takeaway("The heap's limit does not count what is outside the heap.");
}

}  // namespace lab21
