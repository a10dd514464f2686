// 10_chain.hpp: the same middleware, put together by the compiler, as a limit to compare with.
//
//   Chain chain{authenticate, count, reply};      chain(request, response);
//
// `next` is the middleware behind it, by its type: nothing is looked up while a request runs.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

#include "exchange.hpp"

namespace lab10 {

template <class... Middleware>
class Chain {
 public:
  explicit constexpr Chain(Middleware... all) : all_(std::move(all)...) {}

  void operator()(Request& request, Response& response) const {
    from<0>(request, response);
  }

 private:
  template <std::size_t I>
  void from(Request& request, Response& response) const {
    if constexpr (I == sizeof...(Middleware)) {
      response.status(404).send("");
    } else {
      std::get<I>(all_)(request, response, [&] { from<I + 1>(request, response); });
    }
  }

  std::tuple<Middleware...> all_;
};

}  // namespace lab10
