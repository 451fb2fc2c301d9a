// A launch: blocks one after the other, one launch at a time.
#include "emulator.h"
#include "simt_api.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <link.h>

namespace simt {

static Kernel running_kernel;
alignas(16) static char parameter_bank[max_parameters];

__attribute__((weak)) void touch(const void *, size_t, Access) {}  // check.cpp has the real ones
__attribute__((weak)) void check_fenced(const void *) {}

void *dynamic_shared() { return state.dynamic_shared.start; }

static void thread_main() {
    running_kernel.call(parameter_bank);
    expect_nothing_in_flight();
    thread_ends();
}

/** Finds this module, and in it the static __shared__ arrays of the kernels, which are its thread-local storage. */
static int find_module(dl_phdr_info *info, size_t, void *) {
    Range module = {}, tls = {};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const auto &h = info->dlpi_phdr[i];
        char *start = reinterpret_cast<char *>(info->dlpi_addr + h.p_vaddr);
        if (h.p_type == PT_TLS && info->dlpi_tls_data) tls = {static_cast<char *>(info->dlpi_tls_data), h.p_memsz};
        if (h.p_type != PT_LOAD) continue;
        if (!module.start) module.start = start;
        module.bytes = start + h.p_memsz - module.start;
    }
    if (!module.has(uintptr_t(&find_module))) return 0;
    state.module = module;
    state.static_shared = tls;
    return 1;
}

static void lay_out(dim3 block, size_t shared_bytes) {
    const unsigned count = block.x * block.y * block.z;
    threads.resize(count);
    for (unsigned i = 0; i < count; i++) {
        threads[i].id = int(i);
        threads[i].index = {i % block.x, i / block.x % block.y, i / block.x / block.y};
    }
    static char *const shared = static_cast<char *>(aligned_alloc(1024, max_shared));
    [[maybe_unused]] static thread_local volatile char own;
    own = 0;                              // thread-local storage comes into being when first used
    dl_iterate_phdr(find_module, nullptr);
    state.dynamic_shared = {shared, shared_bytes};
}

static void run_block(size_t b) {
    blockIdx = {unsigned(b % gridDim.x), unsigned(b / gridDim.x % gridDim.y), unsigned(b / gridDim.x / gridDim.y)};
    state.block_start = state.block_sync = ++state.tick;
    for (Range r : {state.dynamic_shared, state.static_shared}) __builtin_memset(r.start, 0xff, r.bytes);  // NaN in any float format
    reset_products();
    run_threads(unsigned(threads.size()), thread_main);
}

static bool complain(const char *text) { return snprintf(error, sizeof error, "%s: %s", state.kernel, text), false; }

static bool launch(dim3 grid, dim3 block, size_t shared_bytes, const Kernel &kernel, const void *bank) {
    const size_t count = size_t(block.x) * block.y * block.z, blocks = size_t(grid.x) * grid.y * grid.z;
    *error = 0;
    state.kernel = kernel.name;
    if (!count || count > max_threads || !blocks || shared_bytes > max_shared) return complain("invalid launch configuration");
    lay_out(block, shared_bytes);
    blockDim = block;
    gridDim = grid;
    running_kernel = kernel;
    __builtin_memcpy(parameter_bank, bank, kernel.bytes);
    state.launch_start = ++state.tick;
    state.bank_conflicts = 0;
    std::vector<size_t> order(blocks);
    for (size_t i = 0; i < blocks; i++) order[i] = i;
    if (shuffled) std::shuffle(order.begin(), order.end(), random_source);
    for (size_t b : order) {
        run_block(b);
        if (*error) return false;
    }
    return !state.bank_conflicts || complain("bank conflicts: 8 rows of an ldmatrix must lie in 8 different groups of 4 banks");
}

}  // namespace simt

using namespace simt;

const char *simt_error() { return error; }

int simt_run(const Kernel *kernel, const void *bank, SimtGrid g) {
    static std::mutex one_at_a_time;
    std::lock_guard guard(one_at_a_time);
    return launch({g.grid[0], g.grid[1], g.grid[2]}, {g.block[0], g.block[1], g.block[2]}, g.shared, *kernel, bank);
}
