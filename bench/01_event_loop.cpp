// What a loop costs: a turn, a timer, a wake-up from another thread. libuv (Node's loop)
// beside Asio's io_context (the usual one in C++), each doing the same.
#include <benchmark/benchmark.h>
#include <uv.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <random>
#include <semaphore>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;

void BM_Loop_Baseline_DirectCall(benchmark::State& state) {
  std::uint64_t calls = 0;
  const std::function<void()> callback = [&] { ++calls; };
  for (auto _ : state) {
    callback();
    benchmark::DoNotOptimize(calls);
  }
}
BENCHMARK(BM_Loop_Baseline_DirectCall);

// --- a turn that finds one callback to run and looks at the kernel once ---

void BM_Loop_Turn_Libuv(benchmark::State& state) {
  uv_loop_t loop;
  uv_idle_t idle;
  uv_loop_init(&loop);
  uv_idle_init(&loop, &idle);
  std::uint64_t calls = 0;
  idle.data = &calls;
  uv_idle_start(&idle,
                [](uv_idle_t* handle) { ++*static_cast<std::uint64_t*>(handle->data); });
  for (auto _ : state) uv_run(&loop, UV_RUN_NOWAIT);
  benchmark::DoNotOptimize(calls);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle), nullptr);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
}
BENCHMARK(BM_Loop_Turn_Libuv);

void BM_Loop_Turn_Asio(benchmark::State& state) {
  asio::io_context context(1);
  asio::steady_timer open(context, std::chrono::hours(1));  // else it asks no kernel
  open.async_wait([](const boost::system::error_code&) {});
  std::uint64_t calls = 0;
  for (auto _ : state) {
    asio::post(context, [&] { ++calls; });
    context.poll();
  }
  benchmark::DoNotOptimize(calls);
}
BENCHMARK(BM_Loop_Turn_Asio);

// --- so many timers, started with mixed delays, all run ---

std::vector<int> delays(std::int64_t count) {
  std::minstd_rand random(1);
  std::vector<int> delays(static_cast<std::size_t>(count));
  for (int& delay : delays) delay = static_cast<int>(random() % 3);
  return delays;
}

void BM_Loop_Timers_Libuv(benchmark::State& state) {
  const auto all = delays(state.range(0));
  std::vector<uv_timer_t> timers(all.size());
  uv_loop_t loop;
  uv_loop_init(&loop);
  for (auto& timer : timers) uv_timer_init(&loop, &timer);
  std::uint64_t fired = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < timers.size(); ++i) {
      timers[i].data = &fired;
      uv_timer_start(
          &timers[i],
          [](uv_timer_t* timer) { ++*static_cast<std::uint64_t*>(timer->data); },
          static_cast<std::uint64_t>(all[i]), 0);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  if (fired != static_cast<std::uint64_t>(state.iterations()) * all.size()) {
    state.SkipWithError("a timer did not fire");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  for (auto& timer : timers) uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
}
BENCHMARK(BM_Loop_Timers_Libuv)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMillisecond);

void BM_Loop_Timers_Asio(benchmark::State& state) {
  const auto all = delays(state.range(0));
  asio::io_context context(1);
  std::vector<asio::steady_timer> timers;
  timers.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) timers.emplace_back(context);
  std::uint64_t fired = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < timers.size(); ++i) {
      timers[i].expires_after(std::chrono::milliseconds(all[i]));
      timers[i].async_wait([&](const boost::system::error_code&) { ++fired; });
    }
    context.restart();
    context.run();
  }
  if (fired != static_cast<std::uint64_t>(state.iterations()) * all.size()) {
    state.SkipWithError("a timer did not fire");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Loop_Timers_Asio)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Unit(benchmark::kMillisecond);

// --- another thread wakes the loop, which answers: there and back ---

void BM_Loop_WakeUp_Libuv(benchmark::State& state) {
  struct World {
    uv_loop_t loop;
    uv_async_t wake;
    uv_async_t quit;
    std::binary_semaphore answered{0};
  } world;
  uv_loop_init(&world.loop);
  uv_async_init(&world.loop, &world.wake, [](uv_async_t* async) {
    static_cast<World*>(async->data)->answered.release();
  });
  uv_async_init(&world.loop, &world.quit, [](uv_async_t* async) {
    auto* all = static_cast<World*>(async->data);
    uv_close(reinterpret_cast<uv_handle_t*>(&all->wake), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&all->quit), nullptr);
  });
  world.wake.data = world.quit.data = &world;
  std::thread thread([&] { uv_run(&world.loop, UV_RUN_DEFAULT); });
  for (auto _ : state) {
    uv_async_send(&world.wake);
    world.answered.acquire();
  }
  uv_async_send(&world.quit);
  thread.join();
  uv_loop_close(&world.loop);
}
BENCHMARK(BM_Loop_WakeUp_Libuv)->UseRealTime();

void BM_Loop_WakeUp_Asio(benchmark::State& state) {
  asio::io_context context(1);
  auto work = asio::make_work_guard(context);
  std::binary_semaphore answered(0);
  std::thread thread([&] { context.run(); });
  for (auto _ : state) {
    asio::post(context, [&] { answered.release(); });
    answered.acquire();
  }
  work.reset();
  thread.join();
}
BENCHMARK(BM_Loop_WakeUp_Asio)->UseRealTime();

void BM_Loop_WakeUp_Baseline_Semaphores(benchmark::State& state) {
  std::binary_semaphore asked(0), answered(0);
  std::atomic<bool> quit = false;
  std::thread thread([&] {
    for (;;) {
      asked.acquire();
      if (quit) return;
      answered.release();
    }
  });
  for (auto _ : state) {
    asked.release();
    answered.acquire();
  }
  quit = true;
  asked.release();
  thread.join();
}
BENCHMARK(BM_Loop_WakeUp_Baseline_Semaphores)->UseRealTime();

}  // namespace
