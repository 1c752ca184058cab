#include "idled/app.h"

int main(int argc, char** argv) {
  return idled::run_daemon(argc, argv);
}
