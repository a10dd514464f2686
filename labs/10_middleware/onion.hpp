// onion.hpp: Koa's way: next() is awaited, so what stands after it really is after.
//
// Errors    A throw goes up through the awaiting layers. A second next() of one layer
//           throws std::logic_error, as koa-compose does.
// Lifetime  The Onion outlives its Tasks; request and response outlive them, too.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "exchange.hpp"
#include "task.hpp"

namespace lab10 {

class Onion {
 public:
  using Go = std::function<Task()>;
  using Layer = std::function<Task(Request&, Response&, Go next)>;

  void use(Layer layer) { layers_.push_back(std::move(layer)); }
  Task operator()(Request& request, Response& response) const {
    return from(0, std::make_shared<std::size_t>(0), request, response);
  }

 private:
  // Step 7: `reached` is how far this request ever came. Who asks for less asks twice.
  Task from(std::size_t i, std::shared_ptr<std::size_t> reached, Request& request,
            Response& response) const {
    if (i < *reached) throw std::logic_error("next() called multiple times");
    *reached = i + 1;
    if (i == layers_.size()) co_return;
    // Named: GCC 12 destroys a closure twice that is a temporary of a co_await.
    const Go next = [=, this, &request, &response] {
      return from(i + 1, reached, request, response);
    };
    co_await layers_[i](request, response, next);
  }

  std::vector<Layer> layers_;
};

}  // namespace lab10
