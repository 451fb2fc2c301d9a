// Modules and launches. Of a module's PTX only the names of the kernels count: they run from this library.
#include "driver.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

using Module = std::string;               // its PTX
struct Function { const simt::Kernel *kernel; int max_shared = 48 << 10; };

// --- what ran -------------------------------------------------------------------------------------------------------

/** With SIMT_PROFILE in the environment: where the time went, at the end of the process. */
struct Profile {
    struct Row { int launches = 0; double ms = 0; };
    std::map<std::string, Row> rows;
    void add(const char *name, std::chrono::duration<double, std::milli> time) {
        auto &row = rows[name];
        row.launches++;
        row.ms += time.count();
    }
    ~Profile() {
        if (!getenv("SIMT_PROFILE")) return;
        std::vector<std::pair<std::string, Row>> all(rows.begin(), rows.end());
        std::sort(all.begin(), all.end(), [](auto &a, auto &b) { return a.second.ms > b.second.ms; });
        for (auto &[name, row] : all) fprintf(stderr, "SIMT profile: %-40s %7d launches %10.1f ms\n", name.c_str(), row.launches, row.ms);
    }
};
static Profile profile;

/** The kernels that were launched, in a line each: for a test that none is left out. */
extern "C" __attribute__((visibility("default"))) const char *simt_launched() {
    static std::string all;
    all.clear();
    for (auto &[name, row] : profile.rows) all += name + "\n";
    return all.c_str();
}

// --- modules --------------------------------------------------------------------------------------------------------

API cuModuleLoadData(Module **m, const void *image) {
    if (!image) return invalid_value;
    *m = new Module(static_cast<const char *>(image));
    return (*m)->find(".version ") != Module::npos ? success : invalid_ptx;
}
API cuModuleLoadDataEx(Module **m, const void *image, unsigned, void *, void *) { return cuModuleLoadData(m, image); }
API cuModuleUnload(Module *m) { return delete m, success; }
API cuModuleGetFunction(Function **f, Module *m, const char *name) {
    const simt::Kernel *k = simt_kernel(name);
    if (!k || m->find(std::string(".entry ") + name + "(") == Module::npos) return not_found;
    return *f = new Function{k}, success;
}
API cuFuncSetAttribute(Function *f, int attribute, int value) {
    if (attribute != 8) return success;        // dynamic shared memory
    if (value < 0 || value > int(simt::max_shared)) return invalid_value;
    return f->max_shared = value, success;
}
API cuFuncGetAttribute(int *v, int attribute, Function *f) { return *v = attribute == 8 ? f->max_shared : attribute == 0 ? 1024 : 0, success; }
API cuFuncSetCacheConfig(Function *, int) { return success; }
API cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, Function *, int threads, size_t shared) {
    if (threads <= 0) return invalid_value;
    return *blocks = int(std::min<size_t>(2048 / threads, (simt::max_shared + 1024) / (shared + 1024))), success;
}

// --- launches -------------------------------------------------------------------------------------------------------

static int run(const simt::Kernel *kernel, const void *bank, SimtGrid grid) {
    const auto start = std::chrono::steady_clock::now();
    const bool ok = simt_run(kernel, bank, grid);
    profile.add(kernel->name, std::chrono::steady_clock::now() - start);
    if (!ok) fprintf(stderr, "SIMT emulator: %s\n", simt_error());
    return ok ? success : illegal_address;
}

API cuLaunchKernel(Function *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, Stream *s, void **parameters, void **) {
    if (!f || int(shared) > f->max_shared || gy > 65535 || gz > 65535) return invalid_value;
    struct alignas(16) Bank { char bytes[simt::max_parameters]; } bank;
    f->kernel->gather(parameters, &bank);
    const SimtGrid grid{{gx, gy, gz}, {bx, by, bz}, shared};
    return enqueue(s, [=, kernel = f->kernel] { return run(kernel, &bank, grid); });
}
