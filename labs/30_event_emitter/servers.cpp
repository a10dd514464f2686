#include "servers.hpp"

#include <fcntl.h>

#include <sstream>

namespace lab30 {

namespace {

constexpr std::size_t kMostHead = 16 << 10;  // of a request

}  // namespace

// It is opened later: who makes a reader can listen before anything is emitted.
FileReader::FileReader(lab::uv::Loop& loop, std::filesystem::path path)
    : loop_(loop), path_(std::move(path)) {
  request_.data = this;
  lab::uv::check(
      uv_fs_open(loop_.raw(), &request_, path_.c_str(), O_RDONLY | O_CLOEXEC, 0,
                 [](uv_fs_t* opened) {
                   auto* self = static_cast<FileReader*>(opened->data);
                   const auto result = static_cast<int>(opened->result);
                   uv_fs_req_cleanup(opened);
                   if (result < 0) return self->fail(result, "open");
                   self->file_ = result;
                   self->read();
                 }),
      "uv_fs_open");
}

void FileReader::read() {
  const uv_buf_t piece =
      uv_buf_init(buffer_.data(), static_cast<unsigned>(buffer_.size()));
  lab::uv::check(uv_fs_read(loop_.raw(), &request_, file_, &piece, 1, -1,
                            [](uv_fs_t* done) {
                              const ssize_t result = done->result;
                              uv_fs_req_cleanup(done);
                              static_cast<FileReader*>(done->data)->got(result);
                            }),
                 "uv_fs_read");
}

void FileReader::got(ssize_t bytes) {
  if (bytes > 0) {
    emit(data, std::string_view(buffer_.data(), static_cast<std::size_t>(bytes)));
    return read();
  }
  uv_fs_t close;
  uv_fs_close(loop_.raw(), &close, file_, nullptr);  // without a callback: done now
  uv_fs_req_cleanup(&close);
  if (bytes < 0) return fail(static_cast<int>(bytes), "read");
  emit(end);
}

void FileReader::fail(int status, const char* tried) {
  emit(error, std::make_exception_ptr(
                  lab::Error(tried + (" " + path_.string()), uv_strerror(status))));
}

TcpServer::TcpServer(lab::uv::Loop& loop) {
  listener_.emplace(loop, [this, &loop] {
    auto socket = std::make_shared<lab::uv::Tcp>(loop);
    listener_->accept(*socket);
    emit(connection, socket);  // nobody listens: the last reference goes, and it closes
  });
}

void TcpServer::close() {
  listener_->close([this] { emit(closed); });
}

// Step 7: the HTTP server is the first listener to its own connections, as in Node.
HttpServer::HttpServer(lab::uv::Loop& loop) : TcpServer(loop) {
  on(connection, [this](const Socket& socket) { serve(socket); });
}

void HttpServer::serve(const Socket& socket) {
  auto head = std::make_shared<std::string>();
  socket->read_start([this, socket, head](std::string_view bytes, int status) {
    const Socket open = socket;  // what holds it, this function, may go below
    if (status < 0) return open->close();
    head->append(bytes);
    if (head->size() > kMostHead) return open->close();
    if (head->find("\r\n\r\n") == std::string::npos) return;
    open->read_stop();
    Request asked{};
    std::istringstream(*head) >> asked.method >> asked.target;
    asked.reply = [open](std::string_view body) {
      auto answer = std::make_shared<std::string>(
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\nConnection: close\r\n\r\n");
      answer->append(body);
      open->write(*answer, [open, answer](int) { open->close(); });
    };
    if (!emit(request, asked)) open->close();
  });
}

}  // namespace lab30
