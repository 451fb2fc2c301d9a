#include "missing.h"

constexpr int not_supported = 15;
#define MISSING(name) \
    extern "C" __attribute__((weak, visibility("default"))) int name() { return simt::missing(#name, not_supported); }
#include "cublas_functions.h"
