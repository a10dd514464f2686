// rolling.cpp: copies of the app under load, and how they are replaced.
#include "scenes/scenes.hpp"

namespace lab29 {

void pipeline(lab::Story&, const Knobs&) {
}
void manager(lab::Story&, const Knobs&) {
}
void proxy(lab::Story&, const Knobs&) {
}
void balance(lab::Story&, const Knobs&) {
}
void shutdown(lab::Story&, const Knobs&) {
}
void rollout(lab::Story&, const Knobs&) {
}
void keep_alive(lab::Story&, const Knobs&) {
}

}  // namespace lab29
