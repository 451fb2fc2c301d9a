// The emulator as the driver (driver*.cpp) and the self-test see it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace simt { struct Kernel; }

#pragma GCC visibility push(default)
extern "C" {
/** Memory that starts as NaN, with a gap behind it. Null: no room. */
void *simt_alloc(size_t bytes);
/** 0: no such allocation. */
int simt_free(void *p);
/** Is all of it within one allocation? */
int simt_inside(uintptr_t p, size_t bytes);
size_t simt_allocated();

/** 0: threads and blocks run in their natural order; else in a random one drawn from the seed. */
void simt_seed(uint64_t seed);

const simt::Kernel *simt_kernel(const char *name);
/** "source kernel" in a line each, of all kernels. */
const char *simt_kernels();

struct SimtGrid { unsigned grid[3], block[3]; size_t shared; };
/** Runs a kernel on gathered parameters. 0: it failed, simt_error() tells. */
int simt_run(const simt::Kernel *kernel, const void *bank, SimtGrid grid);
const char *simt_error();
}
#pragma GCC visibility pop
