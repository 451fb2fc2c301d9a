// Decode attention on a device: microseconds of every variant and cut, checked against doubles. Built and run by attention_decode.sh.
//
// cold: as in a model, each call has keys and values of its own (a layer), which are not in the L2 cache; hot: the same ones again.
// Calls wait in the stream behind a kernel that spins, so the host's time to launch them does not count.
#include <cuda.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <fstream>
#include <map>
#include <string>
#include <vector>
#define CU(x) do { CUresult r_ = (x); if (r_) { const char *s; cuGetErrorString(r_, &s); printf("%s: %s (line %d)\n", #x, s, __LINE__); exit(1); } } while (0)
using bf = __nv_bfloat16;
using std::string; using std::vector;

__global__ void random_values(bf *p, size_t n, unsigned seed) {
    for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < n; i += size_t(gridDim.x) * blockDim.x) {
        unsigned h = unsigned(i) * 2654435761u + seed; h ^= h >> 16; h *= 0x85ebca6b; h ^= h >> 13; h *= 0xc2b2ae35; h ^= h >> 16;
        float a = (h & 0xffff) / 65536.f + 1e-5f, b = (h >> 16) / 65536.f;
        p[i] = __float2bfloat16(sqrtf(-2 * logf(a)) * cospif(2 * b));
    }
}
__global__ void spin(long long clocks) { const long long begin = clock64(); while (clock64() - begin < clocks) {} }
/** The plain version: a block for a sequence and head, in doubles. */
__global__ void plain(double *y, const bf *q, const bf *pool, const int *pages, const int *first_page, const int *length, long long page_stride, long long value_offset, int heads, int kv, int D, float scale) {
    extern __shared__ double p[];
    __shared__ double red[256];
    const int s = blockIdx.x, h = blockIdx.y, n = length[s]; const size_t row = (size_t(s) * heads + h) * D;
    auto at = [&](int u) { return pages[first_page[s] + u / 64] * page_stride + (size_t(h / (heads / kv)) * 64 + u % 64) * D; };
    double m = -1e300, z = 0, o = 0;
    for (int u = threadIdx.x; u < n; u += 256) { double x = 0; size_t key = at(u); for (int d = 0; d < D; d++) x += double(__bfloat162float(q[row + d])) * __bfloat162float(pool[key + d]); p[u] = x * scale; m = fmax(m, p[u]); }
    red[threadIdx.x] = m; __syncthreads(); for (int i = 0; i < 256; i++) m = fmax(m, red[i]); __syncthreads();
    for (int u = threadIdx.x; u < n; u += 256) z += p[u] = exp(p[u] - m);
    red[threadIdx.x] = z; __syncthreads(); z = 0; for (int i = 0; i < 256; i++) z += red[i];
    __syncthreads();
    const int strands = 256 / D, d = threadIdx.x % D;
    for (int u = threadIdx.x / D; u < n; u += strands) o += p[u] * __bfloat162float(pool[at(u) + value_offset + d]);
    red[threadIdx.x] = o; __syncthreads();
    if (threadIdx.x < D) { for (int i = 1; i < strands; i++) o += red[d + i * D]; y[row + d] = o / z; }
}
template <class T> T *dev(size_t n) { T *p = nullptr; if (cudaMalloc(&p, std::max<size_t>(n, 1) * sizeof(T))) { puts("out of memory"); exit(1); } return p; }
template <class T> T *dev(const vector<T> &x) { T *p = dev<T>(x.size()); cudaMemcpy(p, x.data(), x.size() * sizeof(T), cudaMemcpyHostToDevice); return p; }
bf *noise(size_t n, unsigned seed) { bf *p = dev<bf>(n); random_values<<<1024, 256>>>(p, n, seed); return p; }
static char *flushed; static size_t flush_bytes = 256 << 20; static double copy_rate; static int multiprocessors;

struct Run { CUfunction f; unsigned gx, gy, threads, shared; vector<void *> args; };
/** The least of a few batches of calls; call(i) launches call i of a batch. */
double time_us(int calls, bool cold, const std::function<void(int)> &call) {
    cudaEvent_t a, b; cudaEventCreate(&a); cudaEventCreate(&b); float best = 1e30f;
    for (int r = 0; r < 4; r++) {
        if (cold) cudaMemsetAsync(flushed, r, flush_bytes);
        spin<<<1, 1>>>(400000 + 9000 * calls);
        cudaEventRecord(a); for (int i = 0; i < calls; i++) call(i); cudaEventRecord(b); cudaEventSynchronize(b);
        float ms; cudaEventElapsedTime(&ms, a, b); if (r) best = std::min(best, ms);
    }
    cudaEventDestroy(a); cudaEventDestroy(b);
    return best * 1000 / calls;
}
CUfunction function(const string &name, int shared) {
    static std::map<string, CUfunction> known;
    CUfunction &f = known[name];
    if (!f) { CUmodule m; CU(cuModuleLoad(&m, (name + ".cubin").c_str())); const size_t merge = name.find("merge_"); CU(cuModuleGetFunction(&f, m, (merge == string::npos ? name : "attention_decode_" + name.substr(merge)).c_str())); }
    if (shared > 48 << 10) CU(cuFuncSetAttribute(f, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared));
    return f;
}
struct alignas(16) Part { int sequences, member, tokens, result, pages[4]; };
struct Shape { const char *name; int D, n, prefix, own; };    // prefix: shared pages; own: positions after them, of each
/** kind: before (three launches), both (one), heads (one, all heads of a part in turn), two (narrow and wide apart), narrow (no wide parts). */
struct Variant { string kind, narrow, wide; int narrow_stages, wide_stages; };

int main(int argc, char **argv) {
    const string only = argc > 1 ? argv[1] : "";
    const int heads = 32, kv = 8, group = 4, most = 16;
    cudaDeviceProp prop; cudaGetDeviceProperties(&prop, 0); multiprocessors = prop.multiProcessorCount; flushed = dev<char>(flush_bytes);
    { size_t n = 1 << 30; char *a = dev<char>(n), *b = dev<char>(n); copy_rate = 2.0 * n / 1e3 / time_us(3, false, [&](int) { cudaMemcpyAsync(b, a, n, cudaMemcpyDeviceToDevice); }); cudaFree(a); cudaFree(b); }
    printf("%s, %d SMs, device copy %.0f GB/s\n", prop.name, multiprocessors, copy_rate);
    cudaFuncSetAttribute(plain, cudaFuncAttributeMaxDynamicSharedMemorySize, 160000);
    const bool before = std::ifstream("before_merge_64.cubin").good();
    vector<Shape> shapes{{"1 of 16384", 128, 1, 0, 16384}, {"64 of 8192 + 2048", 128, 64, 128, 2048}, {"32 of 2048 shared", 128, 32, 32, 64}, {"128 of 1024 + 256", 128, 128, 16, 256},
        {"64 of 4096", 128, 64, 0, 4096}, {"1B 64 of 4096", 64, 64, 0, 4096}, {"1B 32 of 2048 + 100", 64, 32, 32, 100}};
    static vector<string> names;
    names.reserve(12);
    for (int n : {1, 8, 32, 128}) for (int tail : {1, 100, 500}) { names.push_back("1B " + std::to_string(n) + " of 500 + " + std::to_string(tail)); shapes.push_back({names.back().c_str(), 64, n, n == 1 ? 0 : 7, (n == 1 ? 448 : 0) + 52 + tail}); }
    int wrong = 0;
    for (const Shape &x : shapes) {
        if (string(x.name).find(only) == string::npos) continue;
        const int D = x.D, n = x.n, own_pages = (x.own + 63) / 64, fresh = x.prefix + n * own_pages;
        const double bytes = (double(x.prefix) * 64 + double(n) * x.own) * kv * D * 4;
        long long value_offset = (long long) kv * 64 * D, page_stride = 2 * value_offset; size_t layer = size_t(page_stride) * fresh;
        const int calls = int(std::max(3.0, std::min(20.0, 2000e6 / (layer * 2.0)))), layers = int(std::max(1.0, std::min<double>(calls, 4e9 / (layer * 2.0))));
        vector<int> place(fresh); for (int i = 0; i < fresh; i++) place[i] = i;
        srand(1); for (int i = fresh - 1; i > 0; i--) std::swap(place[i], place[rand() % (i + 1)]);
        auto page = [&](int s, int p) { return place[p < x.prefix ? p : x.prefix + s * own_pages + p - x.prefix]; };
        vector<int> flat, first_page, length; for (int s = 0; s < n; s++) { first_page.push_back(flat.size()); length.push_back(x.prefix * 64 + x.own); for (int p = 0; p < x.prefix + own_pages; p++) flat.push_back(page(s, p)); }
        bf *pool = noise(layer * layers, 5), *q = noise(size_t(n) * heads * D, 6), *y = dev<bf>(size_t(n) * heads * D); double *exact = dev<double>(size_t(n) * heads * D);
        int *fl = dev(flat), *fp = dev(first_page), *ln = dev(length); float scale = 1 / sqrtf(D);
        plain<<<dim3(n, heads), 256, length[0] * 8>>>(exact, q, pool, fl, fp, ln, page_stride, value_offset, heads, kv, D, scale);
        vector<double> right(size_t(n) * heads * D); cudaMemcpy(right.data(), exact, right.size() * 8, cudaMemcpyDeviceToHost);
        printf("\n%s, D %d, %.1f MB, a copy of it %.1f us (%d calls, %d layers)\n", x.name, D, bytes / 1e6, bytes / copy_rate / 1e3, calls, layers);
        vector<Variant> variants; string d = std::to_string(D);
        if (before) variants.push_back({"before", D == 64 ? "before_64_1_2" : "before_128_1_1", "before_" + d + "_4_2", D == 64 ? 2 : 1, 2});
        if (D == 64) variants.insert(variants.end(), {{"both", "", "both_64_2_3", 0, 2}, {"both", "", "both_64_3_3", 0, 3}, {"heads", "", "heads_64_2_3", 0, 2}});
        else variants.insert(variants.end(), {{"both", "", "both_128_2_2", 0, 2}, {"both", "", "both_128_1_2", 0, 1}, {"heads", "", "heads_128_2_2", 0, 2}});
        for (string k : {string(x.prefix ? "two" : "narrow")})
            for (auto v : D == 64 ? vector<std::pair<string, int>>{{"64_2_6", 2}, {"64_1_8", 1}, {"64_3_4", 3}} : vector<std::pair<string, int>>{{"128_1_5", 1}, {"128_2_3", 2}, {"128_1_4", 1}})
                if (k == "narrow" || v == std::make_pair(string("64_2_6"), 2) || v == std::make_pair(string("128_1_5"), 1)) variants.push_back({k, "narrow_" + v.first, D == 64 ? "both_64_2_3" : "both_128_2_2", v.second, 2});
        vector<unsigned short> same_bits;
        for (const Variant &v : variants) {
            const bool old = v.kind == "before";
            for (auto span : vector<std::pair<int, int>>{{4, 4}, {2, 2}, {1, 1}, {4, 1}, {1, 4}, {4, 2}}) {
                if (span.first != span.second && (!x.prefix || v.wide != (D == 64 ? "both_64_2_3" : "both_128_2_2") || v.kind != "both")) continue;
                if (fresh * kv > 20000 && span.first != 4) continue;
                vector<Part> narrow, wide; vector<vector<int4>> entries(n); vector<int> members; int slots = 0;
                for (int s = 0; s < n; s++) members.push_back(s);
                auto cut = [&](int member, int count, int begin, int end) {
                    const bool w = count * group > 16;
                    for (int p = begin; p < end;) {
                        const int e = std::min({end, (p / 4 + 1) * 4, p + (w ? span.second : span.first)}); const bool fold = p % 4 == 0;
                        Part part{count, member, std::min(length[member], e * 64) - p * 64, 2 * slots + fold, {}};
                        for (int i = p; i < e; i++) part.pages[i - p] = page(member, i);
                        (w ? wide : narrow).push_back(part);
                        for (int i = p; i < (fold ? p + 1 : e); i++) for (int s = member; s < member + count; s++) {
                            if (i % 4 == 0) entries[s].push_back({-1, -1, -1, -1});
                            int *l = (int *) &entries[s].back(); while (*l >= 0) l++;
                            *l = slots++;
                        }
                        p = e;
                    }
                };
                for (int s = 0; s < n; s += most) if (x.prefix) cut(s, std::min(most, n - s), 0, x.prefix);
                for (int s = 0; s < n; s++) cut(s, 1, x.prefix, x.prefix + own_pages);
                const bool two = old || v.kind == "two";
                vector<Part> all = wide; all.insert(all.end(), narrow.begin(), narrow.end());
                vector<int> starts{0}; vector<int4> list; for (auto &e : entries) { list.insert(list.end(), e.begin(), e.end()); starts.push_back(list.size()); }
                float *results = dev<float>(size_t(slots) * heads * D), *levels = dev<float>(size_t(slots) * heads * 2);
                Part *np = dev(narrow), *wp = dev(two ? wide : all); int4 *en = dev(list); int *mem = dev(members), *st = dev(starts); bf *at = pool; int h = heads;
                unsigned narrow_shared = old ? (16 + 128 * v.narrow_stages) * D * 2 : (16 + 128 * v.narrow_stages) * D * 2 + 2304, wide_shared = (64 + 128 * v.wide_stages) * D * 2;
                vector<Run> runs; int b = 0;
                auto add = [&](const string &name, Part *&parts, size_t count, int threads, unsigned shared) {
                    if (!count) return;
                    Run r{function(name, shared), unsigned(count), unsigned(kv), unsigned(threads), shared, {&results, &levels, &q, &at, &page_stride, &value_offset, &parts, &mem, &h, &scale}};
                    if (v.kind == "heads") std::swap(r.gx, r.gy);
                    cuOccupancyMaxActiveBlocksPerMultiprocessor(&b, r.f, threads, shared);
                    runs.push_back(r);
                };
                if (two || v.kind == "narrow") add(v.narrow, np, narrow.size(), old ? 32 : 128, narrow_shared);
                if (v.kind != "narrow") add(v.wide, wp, two ? wide.size() : all.size(), 128, wide_shared);
                auto launch = [](const Run &r) { CU(cuLaunchKernel(r.f, r.gx, r.gy, 1, r.threads, 1, 1, r.shared, 0, const_cast<void **>(r.args.data()), nullptr)); };
                Run merge{function((old ? "before_merge_" : "attention_decode_merge_") + d, 0), unsigned(n), unsigned(heads), 256, 0, {&y, &results, &levels, &st, &en, &mem}};
                auto launch_early = [](const Run &r) {     // programmatic dependent launch: its blocks may start while the last of the parts still run
                    CUlaunchAttribute early; early.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION; early.value.programmaticStreamSerializationAllowed = 1;
                    CUlaunchConfig c{}; c.gridDimX = r.gx; c.gridDimY = r.gy; c.gridDimZ = 1; c.blockDimX = r.threads; c.blockDimY = c.blockDimZ = 1; c.attrs = &early; c.numAttrs = 1;
                    CU(cuLaunchKernelEx(&c, r.f, const_cast<void **>(r.args.data()), nullptr));
                };
                string merges; if (!old) {
                    unsigned least = 256; while (least > 32 && n * heads * (least / 32) > 64 * multiprocessors) least /= 2;
                    if (v.kind == "both" && span.first == span.second && (v.wide == "both_64_2_3" || v.wide == "both_128_2_2")) {
                        merges = " merge alone, by warps of a block:";
                        for (unsigned w : {1, 2, 4, 8}) { merge.threads = 32 * w; char text[40]; snprintf(text, 40, " %u %.1f", w, time_us(calls, false, [&](int) { launch(merge); })); merges += text; }
                    }
                    merge.threads = least;
                }
                Run early = merge; if (!old) early.f = function("pdl_merge_" + d, 0);
                cudaMemset(y, 0xff, right.size() * 2); cudaMemset(results, 0xff, size_t(slots) * heads * D * 4);
                for (auto &r : runs) launch(r);
                launch(merge);
                vector<unsigned short> bits(right.size()); cudaMemcpy(bits.data(), y, bits.size() * 2, cudaMemcpyDeviceToHost);
                double error = 0; for (size_t i = 0; i < bits.size(); i++) { unsigned u = unsigned(bits[i]) << 16; float f; memcpy(&f, &u, 4); double e = fabs(f - right[i]); if (!(e <= error)) error = e == e ? e : 1e9; }
                string verdict = error < 0.02 ? "ok" : "WRONG";
                if (!old) { if (same_bits.empty()) same_bits = bits; else if (bits != same_bits) verdict += " DIFFERENT BITS"; }
                double parts_us = time_us(calls, true, [&](int i) { at = pool + i % layers * layer; for (auto &r : runs) launch(r); });
                double cold = time_us(calls, true, [&](int i) { at = pool + i % layers * layer; for (auto &r : runs) launch(r); launch(merge); });
                at = pool;
                double hot = time_us(calls, false, [&](int) { for (auto &r : runs) launch(r); launch(merge); });
                double pdl = old ? 0 : time_us(calls, true, [&](int i) { at = pool + i % layers * layer; for (auto &r : runs) launch(r); launch_early(early); });
                at = pool; for (auto &r : runs) launch(r);
                if (old) launch(merge); else launch_early(early);
                cudaMemcpy(bits.data(), y, bits.size() * 2, cudaMemcpyDeviceToHost); if (!old && bits != same_bits) verdict += " OTHER BITS AT THE END";
                cudaError_t e = cudaGetLastError(); if (e) verdict += string(" ") + cudaGetErrorString(e);
                wrong += verdict != "ok";
                printf("  %-7s %-14s %-13s span %d %d  %5zu wide %5zu narrow blocks, %d a multiprocessor: cold %7.1f us (parts %6.1f, merge launched early %6.1f) %4.0f GB/s %3.0f %%  hot %7.1f us  error %.2g %s%s\n", v.kind.c_str(), two || v.kind == "narrow" ? v.narrow.c_str() : "",
                       v.kind == "narrow" ? "" : v.wide.c_str(), span.first, span.second, wide.size() * kv, narrow.size() * kv, b, cold, parts_us, pdl, bytes / cold / 1e3, 100 * bytes / cold / 1e3 / copy_rate, hot, error, verdict.c_str(), merges.c_str());
                fflush(stdout);
                for (void *p : {(void *) results, (void *) levels, (void *) np, (void *) wp, (void *) en, (void *) mem, (void *) st}) cudaFree(p);
            }
        }
        for (void *p : {(void *) pool, (void *) q, (void *) y, (void *) exact, (void *) fl, (void *) fp, (void *) ln}) cudaFree(p);
    }
    printf("%d wrong\n", wrong);
    return wrong > 0;
}
