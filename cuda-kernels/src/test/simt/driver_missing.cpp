#include "missing.h"

constexpr int not_supported = 801;
#define MISSING(name) \
    extern "C" __attribute__((weak, visibility("default"))) int name() { return simt::missing(#name, not_supported); }
#include "driver_functions.h"

const char *missing_driver_function() { return simt::last_missing; }
