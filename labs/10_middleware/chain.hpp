// chain.hpp: the same chain, put together by the compiler.
//
//   Chain chain{authenticate, count, reply};      chain(request, response);
//
// A layer answers Done, which it has from response.send() or from next() and from nowhere
// else: one that neither replies nor goes on does not compile.
//
// Threads   As its layers.
// Errors    What a layer throws goes up through the layers above it, like any exception.
// Cost      None that the optimiser leaves (see bench/).
// Left out  Waiting: when next() returns, the reply is made. Mounts and methods: an `if`.
#pragma once

#include <concepts>
#include <tuple>
#include <utility>

#include "exchange.hpp"

namespace lab10 {

struct AnyNext {
  Done operator()() &&;
};

// What a layer of a Chain must be.
template <class F>
concept CompiledLayer = requires(const F& layer, Request& request, Response& response) {
  { layer(request, response, AnyNext{}) } -> std::same_as<Done>;
};

template <CompiledLayer... Layers>
class Chain {
 public:
  explicit constexpr Chain(Layers... layers) : layers_(std::move(layers)...) {}

  Done operator()(Request& request, Response& response) const {
    return from<0>(request, response);
  }

 private:
  // It may be called as an rvalue only, std::move(next)(): linters see the second one.
  // Unlike an App's it has its own place, so the second one runs the rest again.
  template <std::size_t I>
  struct Next {
    const Chain& chain;
    Request& request;
    Response& response;
    Done operator()() && { return chain.template from<I>(request, response); }
  };

  // Step 6: the layer at I, with a `next` that is the layer at I + 1, by its type.
  template <std::size_t I>
  Done from(Request& request, Response& response) const {
    if constexpr (I == sizeof...(Layers)) {
      return response.status(404).send("nobody replied\n");
    } else {
      return std::get<I>(layers_)(request, response,
                                  Next<I + 1>{*this, request, response});
    }
  }

  std::tuple<Layers...> layers_;
};

}  // namespace lab10
