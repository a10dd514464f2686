#include "world/servers.hpp"

#include <sys/socket.h>

#include <array>
#include <fstream>

namespace lab30 {

// The file is read later, so whoever makes a reader can listen before anything is emitted.
FileReader::FileReader(lab::uv::Loop& loop, std::filesystem::path path) : later_(loop) {
  later_.start({}, [this, path = std::move(path)] { read(path); });
}

void FileReader::read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 16 << 10> buffer{};
  while (file.read(buffer.data(), buffer.size()), file.gcount() > 0)
    emit(data, std::string_view(buffer.data(), static_cast<std::size_t>(file.gcount())));
  if (file.is_open() && !file.bad()) return void(emit(end));
  emit(error, std::make_exception_ptr(lab::Error("read " + path.string(), "failed")));
}

TcpServer::TcpServer(lab::uv::Loop& loop) : acceptable_(loop, listener_.get()) {
  acceptable_.start(UV_READABLE, [this] { accept(); });
}

void TcpServer::accept() {
  const auto socket = std::make_shared<lab::Descriptor>(
      accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket->get() >= 0) emit(connection, socket);
}

void TcpServer::close() {
  acceptable_.close([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;  // libuv tells it later, and the server may have gone
    listener_.reset();
    emit(closed);
  });
}

// Step 9: the HTTP server is the first listener to its own connections, as in Node.
HttpServer::HttpServer(lab::uv::Loop& loop)
    : TcpServer(loop), http_(loop, [this](const Request& asked, const Reply& reply) {
        emit(request, asked, reply);  // nobody listens: no reply, and the connection ends
      }) {
  on(connection, [this](const Socket& socket) { http_.adopt(std::move(*socket)); });
}

}  // namespace lab30
