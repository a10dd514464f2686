// 04_stream_player.hpp: plays a script on our streams, in the words of 04_streams.mjs, and
// keeps the same log.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lab/stream/pipe.hpp"

namespace lab04 {

using nlohmann::json;
using Lines = std::vector<std::string>;

inline lab::Error boom(std::string_view why = "boom") {
  return lab::Error("script", why);
}

// What is read, as text or, if it is none, in hex.
inline std::string shown(std::string_view bytes) {
  const auto is_ascii = [](unsigned char byte) { return byte < 128; };
  if (std::ranges::all_of(bytes, is_ascii)) return std::string(bytes);
  return fmt::format(
      "{:02x}", fmt::join(std::vector<unsigned char>(bytes.begin(), bytes.end()), ""));
}

// What a stream of the script does when it is asked; and what only the script answers.
class Part {
 public:
  Part(std::string part_name, const json& script, Lines& lines)
      : name(std::move(part_name)), spec(script), log(lines) {}
  virtual ~Part() = default;
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  const std::string name;
  const json spec;
  Lines& log;
  std::map<std::string, lab::Done> due;
  std::vector<int> data, readers;

  lab::Stream* stream = nullptr;
  lab::Readable* source = nullptr;
  lab::Writable* sink = nullptr;
  std::function<bool(lab::Chunk)> give;
  std::function<void()> give_end;

 protected:
  bool has(const char* what) const { return spec.value(what, false); }

  void on_read() {
    const auto chunks = spec.value("chunks", Lines{});
    if (given_ < chunks.size()) {
      give(lab::Chunk(chunks[given_++]));
      return;
    }
    const std::string then = spec.value("then", "waits");
    if (then == "ends") give_end();
    if (then == "fails") stream->destroy(boom());
    if (then == "goes on") give(lab::Chunk("x"));
  }
  void on_write(const lab::Chunk& chunk, lab::Done done) {
    log.push_back(fmt::format("{}<{}", name, shown(chunk.view())));
    if (++written_ == spec.value("failsAt", 0)) return done(boom());
    if (has("atOnce")) return done({});
    due["answer"] = std::move(done);
  }
  void on_release(lab::Done released) {
    if (!has("closes")) return released({});
    due["close"] = std::move(released);
  }

 private:
  std::size_t given_ = 0;
  int written_ = 0;
};

// One of our streams with the part's behaviour.
template <class Base>
class Played : public Part, public Base {
 public:
  Played(std::string part_name, const json& script, Lines& lines, lab::Ticks& ticks,
         auto... options)
      : lab::Stream(ticks),
        Part(std::move(part_name), script, lines),
        Base(ticks, script.value("mark", std::size_t{16384}), options...) {
    stream = this;
    if constexpr (std::is_base_of_v<lab::Readable, Base>) {
      source = this;
      give = [this](lab::Chunk chunk) { return Base::push(std::move(chunk)); };
      give_end = [this] { Base::push_end(); };
    }
    if constexpr (std::is_base_of_v<lab::Writable, Base>) sink = this;
    if (has("opens")) {
      this->opening();
      ticks.defer([this] {  // as Node calls construct()
        due["open"] = [this](std::optional<lab::Error> error) { this->opened(error); };
      });
    }
  }

 protected:
  void release(lab::Done released) override { on_release(std::move(released)); }
};

class Source : public Played<lab::Readable> {
 public:
  Source(const std::string& part_name, const json& script, Lines& lines,
         lab::Ticks& ticks)
      : Stream(ticks), Played(part_name, script, lines, ticks) {}

 private:
  void read_more() override { on_read(); }
};

class Sink : public Played<lab::Writable> {
 public:
  Sink(const std::string& part_name, const json& script, Lines& lines, lab::Ticks& ticks)
      : Stream(ticks), Played(part_name, script, lines, ticks) {}

 private:
  void write_chunk(lab::Chunk chunk, lab::Done done) override {
    on_write(chunk, std::move(done));
  }
  void finish_writing(lab::Done done) override {
    if (!has("final")) return Writable::finish_writing(std::move(done));
    due["answer"] = std::move(done);
  }
};

class Both : public Played<lab::Duplex> {
 public:
  Both(const std::string& part_name, const json& script, Lines& lines, lab::Ticks& ticks,
       lab::DuplexOptions options)
      : Stream(ticks), Played(part_name, script, lines, ticks, options) {}

 private:
  void read_more() override { on_read(); }
  void write_chunk(lab::Chunk chunk, lab::Done done) override {
    on_write(chunk, std::move(done));
  }
};

// Ends its output by itself.
class Early : public lab::Transform {
 public:
  Early(lab::Ticks& ticks, std::size_t mark, lab::DuplexOptions options, int fails_at)
      : Stream(ticks), Transform(ticks, mark, options), ends_at_(fails_at) {}

 private:
  void transform(const lab::Chunk& chunk, lab::Done done) override {
    push(chunk);
    if (++passed_ == ends_at_) push_end();
    done({});
  }
  int ends_at_;
  int passed_ = 0;
};

class Player {
 public:
  explicit Player(const json& script) {
    for (const json& spec : script["streams"]) {
      const std::string name(1, "abcdef"[parts_.size()]);
      parts_.push_back(make(name, spec));
      listen(*parts_.back());
    }
    for (const json& ops : script["turns"]) {
      ticks_.run([&] {
        for (const json& op : ops) act(op);
      });
      log.push_back("|");
    }
  }
  Lines log;

 private:
  std::unique_ptr<Part> make(const std::string& name, const json& spec) {
    const std::string kind = spec["kind"];
    const lab::DuplexOptions options{.allow_half_open = spec.value("halfOpen", true),
                                     .readable = spec.value("readable", true),
                                     .writable = spec.value("writable", true)};
    if (kind == "source") return std::make_unique<Source>(name, spec, log, ticks_);
    if (kind == "sink") return std::make_unique<Sink>(name, spec, log, ticks_);
    if (kind == "duplex") return std::make_unique<Both>(name, spec, log, ticks_, options);
    if (kind == "pass")
      return std::make_unique<Played<lab::PassThrough>>(name, spec, log, ticks_, options);
    return std::make_unique<Played<Early>>(name, spec, log, ticks_, options,
                                           spec.value("failsAt", 0));
  }

  void listen(Part& part) {
    const auto says = [&](const char* event) {
      return
          [this, line = part.name + "." + event](const auto&...) { log.push_back(line); };
    };
    part.stream->on_error(says("error"));
    part.stream->on_close(says("close"));
    if (part.source) {
      part.source->on_end(says("end"));
      part.source->on_pause(says("pause"));
      part.source->on_resume(says("resume"));
    }
    if (!part.sink) return;
    part.sink->on_prefinish(says("prefinish"));
    part.sink->on_finish(says("finish"));
    part.sink->on_drain(says("drain"));
  }

  bool read(Part& part) {
    const auto chunk = part.source->read();
    log.push_back(chunk ? fmt::format("{} read {}", part.name, shown(chunk->view()))
                        : part.name + " null");
    return chunk.has_value();
  }

  void act(const json& op) {
    const std::string verb = op[0];
    Part& part = *parts_[op.size() > 1 ? op[1].get<std::size_t>() : 0];
    const json argument = op.size() > 2 ? op[2] : json();
    const auto text = [&] { return lab::Chunk(argument.get<std::string>()); };
    if (verb == "write") {
      const bool answer = part.sink->write(text());
      log.push_back(
          fmt::format("{} {} {}", part.name, answer, part.sink->writable_length()));
    }
    if (verb == "push") log.push_back(fmt::format("{} {}", part.name, part.give(text())));
    if (verb == "push hex") part.give(lab::Chunk(bytes_of(argument)));
    if (verb == "push end") part.give_end();
    if (verb == "end") part.sink->end();
    if (verb == "destroy") part.stream->destroy();
    if (verb == "fail") part.stream->destroy(boom());
    if (verb == "pause") part.source->pause();
    if (verb == "resume") part.source->resume();
    if (verb == "text") part.source->set_encoding_utf8();
    if (verb == "read") read(part);
    if (verb == "tick") ticks_.defer([this] { log.push_back("tick"); });
    if (verb == "state") state(part);
    if (verb == "pipe") pipe(*part.source, *parts_[argument]->sink);
    if (verb == "pipeline") join(part, argument);
    if (verb == "answer" || verb == "open" || verb == "close")
      if (const auto done = std::exchange(part.due[verb], nullptr))
        done(argument == "fails" ? std::optional(boom("no " + verb)) : std::nullopt);
    listeners(verb, part);
  }

  void listeners(const std::string& verb, Part& part) {
    const auto last = [](std::vector<int>& ids) {
      const int id = ids.back();
      ids.pop_back();
      return id;
    };
    if (verb == "data")
      part.data.push_back(part.source->on_data([this, &part](const lab::Chunk& chunk) {
        log.push_back(fmt::format("{} data {}", part.name, shown(chunk.view())));
      }));
    if (verb == "readable")
      part.readers.push_back(part.source->on_readable([this, &part] {
        log.push_back(part.name + " readable");
        while (read(part)) {
        }
      }));
    if (verb == "no data" && !part.data.empty()) part.source->off_data(last(part.data));
    if (verb == "unreadable" && !part.readers.empty())
      part.source->off_readable(last(part.readers));
  }

  void join(Part& first, const json& others) {
    const auto told = [this](const std::optional<lab::Error>& error) {
      if (!error) return log.push_back("done");
      std::string why = error->what();
      for (const char* tried : {"script: ", "pipeline: "})
        if (why.starts_with(tried)) why.erase(0, std::string_view(tried).size());
      if (const auto colon = why.find(": "); colon != why.npos) why.erase(colon, 1);
      log.push_back("failed: " + why);
    };
    lab::Writable& sink = *parts_[others.back()]->sink;
    if (others.size() == 1) return pipeline(*first.source, {}, sink, told);
    auto* stage = dynamic_cast<lab::Transform*>(parts_[others[0]]->stream);
    pipeline(*first.source, {stage}, sink, told);
  }

  void state(const Part& part) {
    std::string line = fmt::format("{} {}", part.name, part.stream->destroyed());
    if (const auto* source = part.source)
      line += fmt::format(" {} {} {}", source->readable_length(),
                          source->flowing()  ? "true"
                          : source->paused() ? "false"
                                             : "",
                          source->ended());
    if (const auto* sink = part.sink)
      line += fmt::format(" {} {} {}", sink->writable_length(), sink->ending(),
                          sink->finished());
    log.push_back(line);
  }

  static std::string bytes_of(const std::string& hex) {
    std::string bytes;
    for (std::size_t at = 0; at < hex.size(); at += 2)
      bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
    return bytes;
  }

  lab::Ticks ticks_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace lab04
