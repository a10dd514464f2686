// What pipe() and pipeline() leave behind when one stage fails.
#include <fmt/format.h>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/proxy.hpp"

namespace lab05 {

using lab::Story;

namespace {

std::vector<std::string> row(Way way, Failing failing, const Aftermath& after) {
  const auto state = [](bool destroyed) { return destroyed ? "destroyed" : "open"; };
  const auto client = [&] {
    if (failing == Failing::sink) return "left";
    return after.client_saw_end ? "saw EOF" : "waits";
  };
  return {std::string(name(way)),
          std::string(name(failing)),
          state(after.source_destroyed),
          state(after.stage_destroyed),
          state(after.sink_destroyed),
          std::to_string(after.descriptors_open),
          client()};
}

}  // namespace

void failures(Story& story, const Knobs&) {
  story.say(
      "A proxy consists of a socket, a transform and a socket, and each of them fails "
      "once. Then we look at the other two, at the descriptors, and at what the client "
      "saw.");
  story.picture(lab::Picture::strips,
                {"pipe source", "pipe stage", "pipe sink", "pipeline source",
                 "pipeline stage", "pipeline sink"});
  lab::Table table{
      .title = "After the failure",
      .columns = {"with", "failed", "source", "stage", "sink", "left open", "client"},
      .rows = {}};
  for (const Way way : {Way::pipe, Way::pipeline}) {
    for (const Failing failing : {Failing::source, Failing::stage, Failing::sink}) {
      lab::trace::instant(fmt::format("the {} fails", name(failing)), {.lane = "case"});
      const Aftermath after = fail_one_stage(way, failing);
      table.rows.push_back(row(way, failing, after));
    }
  }
  story.table(table);
  story.nuance("05.3",
               "pipe() bounds memory, but it does not forward errors and destroys "
               "nothing. Today's answer is pipeline().");
  story.takeaway(
      "Use pipeline(). It does what pipe() does, and it also cleans up after an error.");
}

}  // namespace lab05
