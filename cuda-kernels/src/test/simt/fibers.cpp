// Threads of a block as fibers of one thread of the operating system. A fiber runs until it blocks; whoever releases it
// puts it on a stack of ready ones, so that a warp runs ahead to its next barrier.
#include "emulator.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include <sys/mman.h>

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace simt {

State state;
std::vector<Thread> threads;
Thread *current;
int alive, arrived;
bool shuffled;
std::mt19937_64 random_source;
char error[1024];
static std::vector<Thread *> ready;
static void *launcher;                    // stack pointer of run_threads()
static void *owner;                       // the operating system's thread that it runs on

/** Saves the callee-saved registers and the stack pointer, and goes on where another fiber did so. */
extern "C" void simt_switch(void **save, void *load);
asm(R"(
    .text
    .globl simt_switch
    .hidden simt_switch
simt_switch:
    pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
    ret
)");

/** Host code may run beside a launch, on other threads. */
Thread *running() { return current && __builtin_thread_pointer() == owner ? current : nullptr; }
int lane() { return current->id % 32; }

static void resume(Thread *next, void **save) {
    current = next;
    threadIdx = next->index;
    simt_switch(save, next->sp);
}

static void leave(void **save) {          // back to run_threads()
    current = nullptr;
    simt_switch(save, launcher);
}

void wake(Thread *t) {
    if (!std::exchange(t->queued, true)) ready.push_back(t);
}

static Thread *take() {
    if (ready.empty()) return nullptr;
    if (shuffled) std::swap(ready[random_source() % ready.size()], ready.back());
    Thread *t = ready.back();
    ready.pop_back();
    t->queued = false;
    return t;
}

void block() {
    Thread *me = current, *next = take();
    if (next == me) return;
    if (next) resume(next, &me->sp); else leave(&me->sp);
}

void fail(const char *format, ...) {
    const int half = sizeof error / 2;
    va_list args;
    va_start(args, format);
    const int n = std::min(vsnprintf(error, half, format, args), half);
    va_end(args);
    snprintf(error + n, half, " [%s, block (%u,%u,%u), thread (%u,%u,%u)]", state.kernel, blockIdx.x, blockIdx.y, blockIdx.z,
             threadIdx.x, threadIdx.y, threadIdx.z);
    void *gone;
    leave(&gone);
    abort();
}

void check_aligned(const void *p, size_t alignment) {
    if (uintptr_t(p) % alignment) fail("address not a multiple of %zu", alignment);
}

// --- the block's barrier --------------------------------------------------------------------------------------------

void release_barrier() {
    int line = -1;
    for (Thread &t : threads)
        if (t.waiting == Wait::barrier) {
            if (line >= 0 && t.line != line) fail("threads of one block wait at different barriers, lines %d and %d", line, t.line);
            line = t.line;
        }
    arrived = 0;
    state.block_sync = ++state.tick;
    for (auto t = threads.rbegin(); t != threads.rend(); ++t)
        if (t->waiting == Wait::barrier) {
            t->waiting = Wait::none;
            wake(&*t);
        }
}

void barrier(int line) {
    current->waiting = Wait::barrier;
    current->line = line;
    if (++arrived == alive) release_barrier();
    block();
}

/** The others may have waited for this thread alone. */
void thread_ends() {
    Thread *me = current, *warp = me - lane();
    me->waiting = Wait::exited;
    alive--;
    if (arrived && arrived == alive) release_barrier();
    for (Thread *t = warp; t < warp + 32 && t <= &threads.back(); t++)
        if (t->waiting > Wait::barrier) wake(t);
    block();
    abort();
}

// --- one block ------------------------------------------------------------------------------------------------------

/** A stack for each thread, between pages that may not be touched; made once. */
static char *stacks() {
    static char *const all = [] {
        void *p = mmap(nullptr, max_threads * stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        for (size_t i = 0; i < max_threads; i++) mprotect(static_cast<char *>(p) + i * stack_bytes, 4096, PROT_NONE);
        return static_cast<char *>(p);
    }();
    return all;
}

static void report_deadlock() {
    int count[int(Wait::count)] = {};
    int n = snprintf(error, sizeof error, "deadlock in %s, block (%u,%u,%u):", state.kernel, blockIdx.x, blockIdx.y, blockIdx.z);
    for (Thread &t : threads) count[int(t.waiting)]++;
    for (int w = 1; w < int(Wait::count); w++)
        if (count[w]) n += snprintf(error + n, sizeof error - n, " %d threads %s;", count[w], wait_names[w]);
}

void run_threads(unsigned count, void (*main)()) {
    owner = __builtin_thread_pointer();
    alive = int(count);
    arrived = 0;
    ready.clear();
    for (unsigned i = count; i-- > 0;) {
        Thread &t = threads[i];
        t.stack = {stacks() + i * stack_bytes, stack_bytes};
        t.waiting = Wait::none;
        t.copies.clear();
        t.group = 0;
        t.queued = false;
        void **top = reinterpret_cast<void **>(t.stack.start + t.stack.bytes) - 1;
        *--top = reinterpret_cast<void *>(main);   // simt_switch returns here, with the stack aligned as after a call
        t.sp = top - 6;
        wake(&t);
    }
    resume(take(), &launcher);
    if (!*error && alive) report_deadlock();
}

}  // namespace simt
