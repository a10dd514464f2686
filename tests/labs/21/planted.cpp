// Plants one fault 300 times and ends: LeakSanitizer says what it lost.
#include <cstdlib>
#include <string_view>

#include "world/zoo.hpp"

int main(int, char** argv) {
  using namespace lab21;
  const std::string_view fault = argv[1];
  static Calls& listeners = *new Calls;  // held until the end
  for (int i = 0; i < 300; ++i) {
    if (fault == "lost") forget_buffer(1000);
    if (fault == "cycle") open_session(1000);
    if (fault == "listener") subscribe(listeners, 1000);
  }
}
