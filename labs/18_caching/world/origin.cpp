#include "world/origin.hpp"

#include <fmt/format.h>

#include "http_cache.hpp"

namespace lab18 {

using lab::http::Request;
using lab::http::Response;

Origin::Origin(std::string cache_control, std::size_t bytes)
    : cache_control_(std::move(cache_control)),
      bytes_(bytes),
      server_([this](const Request& request, const lab::http::Server::Reply& reply) {
        ++runs_;
        Response page{.body = std::string(bytes_, 'x')};
        page.headers.emplace_back("ETag", fmt::format("W/\"{}\"", edition_.load()));
        if (!cache_control_.empty()) {
          page.headers.emplace_back("Cache-Control", cache_control_);
        }
        if (is_not_modified(request, page)) page.status = 304;  // and loses its body
        reply(std::move(page));
      }) {
}

}  // namespace lab18
