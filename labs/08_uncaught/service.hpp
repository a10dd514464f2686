// service.hpp: a server that fails when it is told to, and what it does then.
//
//   count    "pid n", the n-th of this process    work     "done", once more is sent
//   crash    throws where nobody catches          hang     nothing, ever
//
// One line a connection. Anything else, or more than 100 bytes, is told so and closed.
//
// exit   a line in the log, and the end with 1: what was under way is lost
// drain  a line in the log, no new connections, what is under way finished, the end with 1;
//        or the same at a deadline, because something may never finish
// go on  the exception is swallowed: the state is whatever the exception left
#pragma once

#include <span>
#include <string>

namespace lab08 {

enum class OnError { exit, drain, go_on };

// The role "service": args are a listening descriptor, an OnError as a number, the path of
// the log, and the deadline of a drain in milliseconds.
int service_main(std::span<const std::string> args);

}  // namespace lab08
