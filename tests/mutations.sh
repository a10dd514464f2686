#!/usr/bin/env bash
# Breaks each concept on purpose, in a copy of the tree, and expects its tests to notice. A
# mutation that no test notices is a failure: of the tests.
#
#   tests/mutations.sh [PART OF A FILE'S NAME]
#
# file | what is changed (sed) | target | the test that must fail
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

mutations() {
  cat <<'LIST'
common/include/lab/immediates.hpp | s/milliseconds >= 1 \&\&/milliseconds >= 0 \&\&/ | lab01_unit | NodeDelay.*
common/include/lab/immediates.hpp | s/idle_.start(.*$// | lab01_unit | Immediates.*
labs/01_event_loop_phases/phase_probe.cpp | s/enter(Phase::check);/enter(Phase::poll);/ | lab01_unit | PhaseLog.*
labs/02_next_tick/ticks.cpp | s/if (depth_ == 1) drain();/drain();/ | lab02_unit | TicksTest.*
labs/02_next_tick/ticks.cpp | s/while (!ticks_.empty());/while (false);/ | lab02_unit | TicksTest.*
labs/02_next_tick/environment.cpp | s/ticks_.queue_microtask(body); })();/body(); })();/ | lab02_unit | Puzzles.AModules*
labs/02_next_tick/starvation.cpp | s/return node.microtask("", job);/return node.set_immediate("", job);/ | lab02_unit | Starvation.*
labs/03_concurrency/held_pool.cpp | s/while (fifos_.size() > threads)/while (fifos_.size() > threads + 1)/ | lab03_unit | Async.*
labs/03_concurrency/async.cpp | s/status < 0 ? finish(reading, status) : read_some(reading);/reading->done(status);/ | lab03_unit | Async.*
labs/03_concurrency/resolver.cpp | s/if (end > query.size()) return std::nullopt;// | lab03_unit | NameServerAnswers.*
common/src/stream/writable.cpp | s/length_ < high_water_mark_/length_ <= high_water_mark_/ | common_stream | Writable.*
common/src/stream/writable.cpp | s/needs_drain_ && length_ == 0/needs_drain_/ | common_stream | Writable.*
common/src/stream/pipe.cpp | s/if (!sink_.write(chunk)) hold_back();/sink_.write(chunk);/ | common_stream | Pipe.*
common/src/stream/pipe.cpp | s/if (!stage->complete()) stage->destroy(error);/static_cast<void>(stage);/ | common_stream | Pipeline.*
common/src/stream/utf8.cpp | s/if (byte == 0xed) most_ = 0x9f;// | common_stream | Utf8.*
common/src/stream/readable.cpp | s/if (destroyed()) return false;/if (false) return false;/ | common_stream | Readable.*
common/include/lab/stream/duplex.hpp | s/if (options_.allow_half_open/if (true/ | common_stream | Duplex.*:OnALoop.*
common/include/lab/stream/transform.hpp | s/if (error) return done(std::move(error));// | common_stream | Transform.*
labs/04_streams/gzip.cpp | s/deflate_all(Z_FINISH);// | lab04_unit | GzipStage.*
labs/04_streams/gzip.cpp | s/if (!whole_) return done/if (false) return done/ | lab04_unit | GunzipStage.*
labs/04_streams/lines.hpp | s/if (!kept_.empty()) give();// | lab04_unit | LinesStage.*
labs/06_cluster/cluster.cpp | s/failures_ >= tries_/failures_ > tries_/ | lab06_unit | Backoff.*
labs/06_cluster/cluster.cpp | s/Clock::now() - gone->serves_since >= config_.lasting/true/ | lab06_unit | ClusterTest.GivesUp*
labs/06_cluster/cluster.cpp | s/if (gone->replaces) return replaced(true);// | lab06_unit | ClusterTest.KeepsTheOld*
labs/06_cluster/worker.cpp | s/one.last = draining_ ../one.last =/ | lab06_unit | Worker.*Drain*
labs/06_cluster/worker.cpp | s/ > kHeadLimit;/ > 1000 * kHeadLimit;/ | lab06_unit | Worker.*Head*
labs/07_workers/thread_pool.cpp | s/waiting_.size() >= config_.queue/waiting_.size() > config_.queue/ | lab07_unit | ThreadPool.*
labs/07_workers/thread_pool.cpp | s/stop.request_stop();  \/\/ may call back.*$/static_cast<void>(stop);/ | lab07_unit | ThreadPool.*
labs/07_workers/worker_process.cpp | s/if (message.size > kMostBytes) return std::nullopt;// | lab07_unit | Worker.*
labs/14_circuit_breaker/circuit_breaker.cpp | s/if (probes_sent_ < config_.probes) break;/break;/ | lab14_unit | CircuitBreakerHalfOpen.*
labs/14_circuit_breaker/circuit_breaker.cpp | s/if (permit.generation_ != period.generation) return;// | lab14_unit | *DropsResultsOfCallsFromBefore
labs/14_circuit_breaker/circuit_breaker.cpp | s/total.calls < config_.minimum_calls/total.calls <= config_.minimum_calls/ | lab14_unit | CircuitBreakerClosed.*
labs/08_uncaught/runtime.cpp | s/!ticks_.empty() .. tell_rejections()/tell_rejections() \x7c\x7c !ticks_.empty()/ | lab08_unit | RuntimeTest.ARejectionThatIsHandled*
labs/08_uncaught/runtime.cpp | s/std::erase(runtime.unhandled_, state_->rejection);/{}/ | lab08_unit | RuntimeTest.ARejectionThatIsHandled*
labs/08_uncaught/runtime.cpp | s/  if (!ended_) ended_ = code;/  ended_ = code;/ | lab08_unit | RuntimeTest.KeepsTheFirst*
labs/08_uncaught/runtime.cpp | s/exit(7)/exit(1)/ | lab08_unit | RuntimeTest.EndsWithSeven*
labs/08_uncaught/supervisor.cpp | s/now - then >= policy_.period/now - then > policy_.period/ | lab08_processes | RestartsTest.Forgets*
labs/08_uncaught/supervisor.cpp | s/if (count >= policy_.most) return std::nullopt;// | lab08_processes | RestartsTest.*
labs/08_uncaught/service.cpp | s/connections_.size() > kMostConnections/false/ | lab08_processes | ServiceTest.Holds*
labs/10_middleware/app.cpp | s/!= error.has_value()/== error.has_value()/ | lab10_unit | App.*
labs/10_middleware/app.cpp | s/return advance(told(std::current_exception()));/return;/ | lab10_unit | App.*
labs/10_middleware/app.cpp | s/exchange_->request.mount(mounted_);//| lab10_unit | App.*
labs/10_middleware/onion.hpp | s/if (i < \*reached)/if (false)/ | lab10_unit | Onion.*
labs/11_chat/room.hpp | s/message.offset > position_.offset + 1/message.offset > position_.offset + 2/ | lab11_unit | Room.TakesTheNextMessageOnly
labs/11_chat/room.hpp | s/result.lost = !first_time;/result.lost = false;/ | lab11_unit | Room.SaysThatMessagesAreLost*
labs/11_chat/room.hpp | s/seen.epoch == position_.epoch \&\& //| lab11_unit | Room.DoesNotResume*
labs/11_chat/room.hpp | s/entry.second.second >= lasts_/entry.second.second > lasts_/ | lab11_unit | Presence.*
labs/11_chat/chat_client.hpp | s/ \* chance)/)/ | lab11_unit | Backoff.*
labs/11_chat/checker.hpp | s/seen.offset > last + 1/seen.offset > last + 100/ | lab11_unit | Checker.FindsAGap
labs/19_connection_pool/pool.cpp | s/line.push_back(&me);/line.push_front(\&me);/ | lab19_unit | PoolTest.ServesTheLine*
labs/19_connection_pool/pool.cpp | s/!slot.connection->ping()/false/ | lab19_unit | PoolTest.ReplacesAnIdle*
labs/19_connection_pool/pool.cpp | s/!config.reset_on_return/true/ | lab19_unit | PoolTest.ResetsOnReturn*
labs/19_connection_pool/pool.cpp | s/std::erase(line, &me);// | lab19_unit | PoolTest.WhoGaveUp*
labs/19_connection_pool/pool.cpp | s/const bool usable = !slot.connection->broken() \&\&/const bool usable =/ | lab19_unit | PoolTest.*Broken*
labs/23_blocking/sliced.hpp | s/return defer_(\[self = shared_from_this()\] { self->go_on(); });/return go_on();/ | lab23_unit | Sliced.*
labs/23_blocking/sliced.hpp | s/while (run_first(ticks_))/if (run_first(ticks_))/ | lab23_unit | Ticks*
labs/23_blocking/loop_delay.hpp | s/if (last_) add(now - \*last_);/add(last_ ? now - *last_ : resolution_);/ | lab23_unit | DelayHistogramTest.*
labs/23_blocking/loop_delay.hpp | s/interval -= resolution_) filled_/interval = {}) filled_/ | lab23_unit | DelayHistogramTest.*
labs/23_blocking/worker.hpp | s/if (waiting_.size() >= kMostWaiting) return false;// | lab23_unit | WorkerTest.*
labs/23_blocking/server.cpp | s/!std::exchange(\*replied, true)/true/ | lab23_unit | ServerTest.*
labs/23_blocking/server.cpp | s/if (connections.size() >= limits.connections) return;.*$// | lab23_unit | ServerTest.*
labs/23_blocking/site.cpp | s/return std::max(turn, delay_.lateness());/return delay_.lateness();/ | lab23_unit | SiteTest.*
labs/30_event_emitter/event_emitter.cpp | s/if (list->use_count() > 1) list = new ListenerList(\*list);// | lab30_unit | EventEmitterTest.*
labs/30_event_emitter/event_emitter.cpp | s/all.size() <= max_listeners/all.size() < max_listeners/ | lab30_unit | ListenerLimit.*
labs/30_event_emitter/event_emitter.cpp | s/each->identity() == \&listener/false/ | lab30_unit | EventEmitterTest.*
labs/30_event_emitter/event_emitter.hpp | s/if (std::exchange(called_, true)) return;/static_cast<void>(called_);/ | lab30_unit | EventEmitterTest.*
labs/30_event_emitter/event_emitter.hpp | s/if (\*alive) f->call(args...);/f->call(args...);/ | lab30_unit | EventEmitterTest.*
common/src/trace.cpp | s/ring->head.store(ring->head.load(std::memory_order_relaxed) + size,/ring->head.store(ring->head.load(std::memory_order_relaxed) + size + 8,/ | common_trace | Trace.*
common/src/knob.cpp | s/value > knob.most/value > knob.most + 1/ | common_knob | Knob.*
runner/studio_pages.cpp | s/if (!has_cookie(request.cookie))/if (false)/ | studio_test | StudioTest.TellsNothing*
runner/studio_lab.cpp | s/const bool ours = .*$/const bool ours = true;/ | studio_test | StudioTest.ShowsNoFile*
runner/studio_pages.cpp | s/request.origin == "http:\/\/" + request.host/true/ | studio_test | StudioTest.*Origin*
runner/studio_store.cpp | s/fs::resize_file(path, whole, none);// | studio_test | RunStoreTest.Repairs*
runner/studio_store.cpp | s/kept <= limits_.runs/kept <= limits_.runs + 1/ | studio_test | RunStoreTest.KeepsSoManyRuns*
runner/studio_run.cpp | s/now - \*alone_since_ > limits_.alone/now - *alone_since_ >= limits_.alone/ | studio_test | StudioRunTest.EndsSomeTime*
runner/studio_run.cpp | s/now - began_ > most/now - began_ > 2 * most/ | studio_test | StudioRunTest.EndsAfter*
runner/studio_viewer.cpp | s/peer_->pause(true);// | studio_test | SlowViewer.IsNotListened*
runner/studio_drill.cpp | s/card.exit.value_or(2) > 1/card.exit.value_or(2) > 200/ | studio_test | StudioDrillTest.DoesNotJudge*
LIST
}

copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT

trim() { sed 's/^ *//; s/ *$//' <<<"$1"; }

# Breaks one file of the copy, builds what tests it, and puts the file back.
mutate() {  # mutate COPY FILE CHANGE TARGET FILTER
  local copy=$1 file=$2 change=$3 target=$4 filter=$5 end
  cp "$copy/$file" "$copy/original"
  sed -i "$change" "$copy/$file"
  if cmp -s "$copy/$file" "$copy/original"; then
    end="NOTHING TO CHANGE"
  elif ! cmake --build "$copy/build" --target "$target" >"$copy/log" 2>&1; then
    tail -n 20 "$copy/log" >&2
    end="DOES NOT COMPILE"
  elif timeout 30 "$copy/build/tests/$target" --gtest_filter="$filter" >"$copy/log" 2>&1; then
    end="SURVIVED"
  else
    end="noticed"
  fi
  cp "$copy/original" "$copy/$file"
  printf '%-18s %s: %s\n' "$end" "$file" "$change"
}

# A copy of the tree, and its share of the targets: those whose number leaves this rest.
work() {  # work REST PART
  local copy=$copies/$1 file change target filter
  local -A number=()
  mkdir "$copy"
  git ls-files -z | tar --null -cf - -T - | tar -xf - -C "$copy"
  cmake -S "$copy" -B "$copy/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS_RELEASE=-O0 >"$copy/log" 2>&1 || { cat "$copy/log" >&2; return 1; }
  while IFS='|' read -r file change target filter; do
    file=$(trim "$file") change=$(trim "$change") target=$(trim "$target") filter=$(trim "$filter")
    [[ ${number[$target]-} ]] || number[$target]=${#number[@]}
    ((number[$target] % workers == $1)) || continue
    [[ $file != *$2* ]] || mutate "$copy" "$file" "$change" "$target" "$filter"
  done < <(mutations)
}

# One copy for each core: a mutation is one compiler and one test, and keeps one core busy.
workers=$(nproc)
for ((i = 0; i < workers; i++)); do work "$i" "${1-}" & done | tee "$copies/ends"
all=$(mutations | cut -d '|' -f 1 | grep -cF -- "${1-}" || true)
killed=$(grep -c ^noticed "$copies/ends" || true)
echo "$killed passed, $((all - killed)) failed"
((killed > 0 && killed == all))
