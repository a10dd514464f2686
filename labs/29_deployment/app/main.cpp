// The app as a program of its own, for an image: the lab itself runs it as a role.
#include "world/app.hpp"

int main() {
  return lab29::app_main({});
}
