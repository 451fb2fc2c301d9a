// A weak function for each name of a list; the real ones, where they exist, take precedence when the library is linked.
#pragma once
#include <cstdio>

namespace simt {
inline const char *last_missing = "";
inline int missing(const char *name, int status) {
    fprintf(stderr, "SIMT emulator: %s is not emulated\n", name);
    last_missing = name;
    return status;
}
}  // namespace simt
