// What the emulator's files share. Kernels see simt.h alone; the driver and the self-test see simt_api.h alone.
#pragma once
#include "simt.h"
#include <map>
#include <random>
#include <vector>

namespace simt {

constexpr size_t max_threads = 1024, stack_bytes = 128 << 10, max_shared = 227 << 10;

/** Where a thread stands. What comes after `barrier` is a collective of a warp. */
enum class Wait { none, exited, barrier, sync_warp, shuffle, ballot, ldmatrix, mma, wgmma, count };
inline const char *const wait_names[] = {"running", "exited", "at __syncthreads", "at __syncwarp", "at a shuffle",
                                         "at a vote", "at ldmatrix", "at mma", "at wgmma"};

struct Range {
    char *start;
    size_t bytes;
    bool has(uintptr_t p) const { return p - uintptr_t(start) < bytes; }
};

/** A cp.async on its way: `valid` bytes come from `from`, the rest become zero. */
struct Copy { void *to; const void *from; int bytes, valid, group; };

struct Thread {
    uint3 index;
    int id, line, group;
    Wait waiting;
    bool queued;
    unsigned mask;
    void *argument, *sp;
    Range stack;
    std::vector<Copy> copies;
};

struct State {
    // A clock that advances at every launch, block start and synchronisation; it orders accesses for the checker.
    uint32_t tick, launch_start, block_start, block_sync, warp_sync[max_threads / 32], proxy_fence[max_threads];
    Range dynamic_shared, static_shared, module;
    uint64_t bank_conflicts;
    const char *kernel;                   // the name of the one that runs
};

extern State state;
extern std::vector<Thread> threads;       // of the current block, in order of their id
extern Thread *current;                   // the one that runs; null in host code
extern int alive, arrived;                // threads that have not ended; those at the block's barrier
extern bool shuffled;                     // random order; else the natural one
extern std::mt19937_64 random_source;
inline bool coin() { return shuffled && random_source() & 1; }

// fibers.cpp
extern char error[1024];                  // of the last launch; empty: none
Thread *running();                        // the CUDA thread that the caller is; null in host code
void wake(Thread *t);
void block();                             // suspends the running thread until someone wakes it
void run_threads(unsigned count, void (*main)());  // all threads of a block, to their end or to the first failure
void release_barrier();
void thread_ends();

// warp.cpp
/** The last lane of `mask` to arrive runs `work` on everyone's arguments (null where a lane takes no part); all go on. */
using Work = void (*)(void **lanes, void *context);
void collective(Wait op, unsigned mask, void *argument, Work work, void *context);

template <class A, class F> void together(Wait op, unsigned mask, A &argument, F work) {
    collective(op, mask, &argument, [](void **lanes, void *f) { (*static_cast<F *>(f))(reinterpret_cast<A **>(lanes)); }, &work);
}
template <class A> void need_whole_warp(A **lanes) {
    for (int l = 0; l < 32; l++) if (!lanes[l]) fail("a matrix instruction needs all 32 lanes");
}

// copies.cpp, wgmma.cpp: state of a block
void reset_products();
void expect_nothing_in_flight();          // when a thread ends

// memory.cpp
std::map<uintptr_t, size_t> &allocations();

// check.cpp, where it is linked in
void check_fenced(const void *p);         // that what wgmma reads was fenced by who wrote it

}  // namespace simt
