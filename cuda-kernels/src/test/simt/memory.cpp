// Device memory and kernels, by address and by name.
#include "emulator.h"
#include "simt_api.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace simt {

std::map<uintptr_t, size_t> &allocations() {
    static std::map<uintptr_t, size_t> all;
    return all;
}
static std::mutex lock;

struct Entry { std::string source; Kernel kernel; };
static std::map<std::string, Entry> &kernels() {
    static std::map<std::string, Entry> all;
    return all;
}
bool add_kernel(const char *source, const char *name, Kernel kernel) {
    auto [at, fresh] = kernels().try_emplace(name, Entry{source, kernel});
    if (!fresh) {
        fprintf(stderr, "SIMT emulator: two kernels are named %s, in %s.cu and %s.cu\n", name, at->second.source.c_str(), source);
        abort();
    }
    return true;
}

}  // namespace simt

using namespace simt;

void *simt_alloc(size_t bytes) {          // the gap: running over the end does not hit the next one
    std::lock_guard guard(lock);
    void *p = aligned_alloc(256, (bytes + 255) / 256 * 256 + 4096);
    if (!p) return nullptr;
    __builtin_memset(p, 0xff, bytes);
    allocations()[uintptr_t(p)] = bytes;
    return p;
}

int simt_free(void *p) {
    std::lock_guard guard(lock);
    if (!allocations().erase(uintptr_t(p))) return 0;
    free(p);
    return 1;
}

int simt_inside(uintptr_t p, size_t bytes) {
    std::lock_guard guard(lock);
    auto it = allocations().upper_bound(p);
    return it != allocations().begin() && p + bytes <= std::prev(it)->first + std::prev(it)->second;
}

size_t simt_allocated() {
    std::lock_guard guard(lock);
    size_t sum = 0;
    for (auto &a : allocations()) sum += a.second;
    return sum;
}

void simt_seed(uint64_t seed) {
    shuffled = seed != 0;
    random_source.seed(seed);
}

const Kernel *simt_kernel(const char *name) {
    auto it = kernels().find(name);
    return it == kernels().end() ? nullptr : &it->second.kernel;
}

const char *simt_kernels() {
    static std::string all;
    all.clear();
    for (auto &[name, entry] : kernels()) all += entry.source + " " + name + "\n";
    return all.c_str();
}
