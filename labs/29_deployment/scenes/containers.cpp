// containers.cpp: the app in a real container.
#include "scenes/scenes.hpp"

namespace lab29 {

void containers(lab::Story&, const Knobs&) {
}

}  // namespace lab29
