// Attention forward and decode on a device: TFLOP/s or GB/s of every variant, and the greatest error against a plain kernel.
// Built and run by attention_forward_bench.sh, which compiles every variant into a cubin of its name.
//
// First run, H200, T = 4096, causal half counted, TFLOP/s (before it was expected):
//   wgmma D 128   2 groups x 128 keys 430 (450 to 550)   3 x 64 371 (400 to 500)   2 x 64 431 (350 to 450)
//                 1 x 64, two blocks a multiprocessor 495 (300 to 400): blocks that share no barrier fill each other's gaps
//   wgmma D 64    2 x 128 308   3 x 64 269   2 x 64 283   1 x 128 408
//   mma   D 128   32 rows x 4 warps 291 (300 to 350)   32 x 8 297   16 x 8 256   16 x 4 249 (220 to 280);   D 64   281
// Decode, device copy 4211 GB/s: 64 sequences of 4096, D 128: 1 warp a block 4130 (75 to 90 %), 2 warps 4189, 2 stages 3650;
//   D 64: 3595, 2 stages 3835, 3 stages 3916. All cuts gave equal bits. Two things were slow, and are changed since, not measured again:
//   merging one long sequence (20 us: now groups of pages are read side by side) and 32 sequences on one prompt (55 us: groups were
//   16 pages, now 4; page numbers were looked up in a list, now they stand in the part). The wgmma version then waited before the
//   softmax, not after it; this too is changed since.
#include <cuda.h>
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>
#define CU(x) do { CUresult r_ = (x); if (r_) { const char *s; cuGetErrorString(r_, &s); printf("%s: %s (line %d)\n", #x, s, __LINE__); return false; } } while (0)
using bf = __nv_bfloat16;
typedef unsigned short u16;

__global__ void random_values(bf *p, size_t n, unsigned seed) {
    for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < n; i += size_t(gridDim.x) * blockDim.x) {
        unsigned h = unsigned(i) * 2654435761u + seed; h ^= h >> 16; h *= 0x85ebca6b; h ^= h >> 13; h *= 0xc2b2ae35; h ^= h >> 16;
        float a = (h & 0xffff) / 65536.f + 1e-5f, b = (h >> 16) / 65536.f;
        p[i] = __float2bfloat16(sqrtf(-2 * logf(a)) * cospif(2 * b));
    }
}
// one row of attention in double: keys at k + at(u) * D. Rows are sampled.
__global__ void check_forward(double *worst, const bf *y, const float *lse, const bf *q, const bf *k, const bf *v, int begin, int time, int step, int heads, int kv, int D, float scale) {
    extern __shared__ double p[];
    __shared__ double red[256];
    int t = blockIdx.x * step + blockIdx.x % 61; if (t >= time) t = time - 1;
    int h = blockIdx.y; size_t row = (size_t(begin + t) * heads + h) * D;
    double m = -1e300, z = 0;
    for (int u = threadIdx.x; u <= t; u += 256) { double s = 0; size_t key = (size_t(begin + u) * kv + h / (heads / kv)) * D; for (int d = 0; d < D; d++) s += double(__bfloat162float(q[row + d])) * __bfloat162float(k[key + d]); p[u] = s * scale; m = fmax(m, p[u]); }
    red[threadIdx.x] = m; __syncthreads(); for (int i = 0; i < 256; i++) m = fmax(m, red[i]); __syncthreads();
    for (int u = threadIdx.x; u <= t; u += 256) z += p[u] = exp(p[u] - m);
    red[threadIdx.x] = z; __syncthreads(); z = 0; for (int i = 0; i < 256; i++) z += red[i];
    double bad = 0;
    if (threadIdx.x < D) { double o = 0; for (int u = 0; u <= t; u++) o += p[u] * __bfloat162float(v[(size_t(begin + u) * kv + h / (heads / kv)) * D + threadIdx.x]); bad = fabs(o / z - __bfloat162float(y[row + threadIdx.x])); if (!(bad < 1e9)) bad = 1e9; }
    if (threadIdx.x == 0) { double e = fabs(lse[row / D] - m - log(z)); if (!(e * 20 < bad)) bad = !(e < 1e9) ? 1e9 : fmax(bad, e * 20); }
    atomicMax((unsigned long long *) worst, (unsigned long long) __double_as_longlong(bad));
}
__global__ void check_decode(double *worst, const bf *y, const bf *q, const bf *pool, const int *pages, const int *first_page, const int *length, long long page_stride, long long value_offset, int heads, int kv, int D, float scale) {
    extern __shared__ double p[];
    __shared__ double red[256];
    int s = blockIdx.x, h = blockIdx.y, n = length[s]; size_t row = (size_t(s) * heads + h) * D;
    auto at = [&](int u) { return pages[first_page[s] + u / 64] * page_stride + (size_t(h / (heads / kv)) * 64 + u % 64) * D; };
    double m = -1e300, z = 0;
    for (int u = threadIdx.x; u < n; u += 256) { double x = 0; size_t key = at(u); for (int d = 0; d < D; d++) x += double(__bfloat162float(q[row + d])) * __bfloat162float(pool[key + d]); p[u] = x * scale; m = fmax(m, p[u]); }
    red[threadIdx.x] = m; __syncthreads(); for (int i = 0; i < 256; i++) m = fmax(m, red[i]); __syncthreads();
    for (int u = threadIdx.x; u < n; u += 256) z += p[u] = exp(p[u] - m);
    red[threadIdx.x] = z; __syncthreads(); z = 0; for (int i = 0; i < 256; i++) z += red[i];
    if (threadIdx.x < D) { double o = 0; for (int u = 0; u < n; u++) o += p[u] * __bfloat162float(pool[at(u) + value_offset + threadIdx.x]); double bad = fabs(o / z - __bfloat162float(y[row + threadIdx.x])); if (!(bad < 1e9)) bad = 1e9; atomicMax((unsigned long long *) worst, (unsigned long long) __double_as_longlong(bad)); }
}
template <class T> T *dev(size_t n) { T *p = nullptr; cudaMalloc(&p, n * sizeof(T)); return p; }
template <class T> T *dev(const std::vector<T> &x) { T *p = dev<T>(x.size()); cudaMemcpy(p, x.data(), x.size() * sizeof(T), cudaMemcpyHostToDevice); return p; }
bf *noise(size_t n, unsigned seed) { bf *p = dev<bf>(n); random_values<<<1024, 256>>>(p, n, seed); return p; }
static double *worst_at;
double worst() { double w; cudaDeviceSynchronize(); cudaMemcpy(&w, worst_at, 8, cudaMemcpyDeviceToHost); cudaMemset(worst_at, 0, 8); return w; }
struct Run { CUfunction f; unsigned gx, gy, threads, shared; std::vector<void *> args; };
bool go(const Run &r) { CU(cuLaunchKernel(r.f, r.gx, r.gy, 1, r.threads, 1, 1, r.shared, 0, const_cast<void **>(r.args.data()), nullptr)); return true; }
double time_us(const std::vector<Run> &rs, int n) {
    for (int i = 0; i < 3; i++) for (auto &r : rs) if (!go(r)) return -1;
    cudaEvent_t a, b; cudaEventCreate(&a); cudaEventCreate(&b); float best = 1e30f;
    for (int i = 0; i < n; i++) { cudaEventRecord(a); for (auto &r : rs) go(r); cudaEventRecord(b); cudaEventSynchronize(b); float ms; cudaEventElapsedTime(&ms, a, b); best = std::min(best, ms); }
    if (cudaGetLastError()) return -1;
    return best * 1000;
}
bool function(CUfunction &f, const std::string &name, int shared) {
    CUmodule m;
    CU(cuModuleLoad(&m, (name + ".cubin").c_str()));
    CU(cuModuleGetFunction(&f, m, name.c_str()));
    CU(cuFuncSetAttribute(f, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared));
    return true;
}
bool forward(const std::string &name, int D, int rows, int threads, int shared, std::vector<int> lengths, int heads, int kv) {
    std::vector<int> offsets{0}; std::vector<int2> tiles; double flop = 0;
    for (int s = 0; s < (int) lengths.size(); s++) { offsets.push_back(offsets.back() + lengths[s]); flop += 2.0 * lengths[s] * lengths[s] * D * heads; for (int t = 0; t < lengths[s]; t += rows) tiles.push_back({s, t}); }
    std::stable_sort(tiles.begin(), tiles.end(), [](int2 a, int2 b) { return a.y > b.y; });
    int T = offsets.back(); size_t n = size_t(T) * heads * D, nk = size_t(T) * kv * D;
    bf *q = noise(n, 1), *k = noise(nk, 2), *v = noise(nk, 3), *y = dev<bf>(n); float *lse = dev<float>(size_t(T) * heads); cudaMemset(y, 0xff, n * 2); cudaMemset(lse, 0xff, size_t(T) * heads * 4);
    int *off = dev(offsets); int2 *tl = dev(tiles); float scale = 1 / sqrtf(D);
    CUfunction f; if (!function(f, name, shared)) return false;
    int regs, blocks; cuFuncGetAttribute(&regs, CU_FUNC_ATTRIBUTE_NUM_REGS, f); cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, f, threads, shared);
    Run r{f, unsigned(heads), unsigned(tiles.size()), unsigned(threads), unsigned(shared), {&y, &lse, &q, &k, &v, &off, &tl, &kv, &scale}};
    double us = time_us({r}, 10);
    for (size_t s = 0; s < lengths.size(); s++) { int step = std::max(1, lengths[s] / 64); check_forward<<<dim3(std::min(lengths[s], 64), heads), 256, lengths[s] * 8>>>(worst_at, y, lse, q, k, v, offsets[s], lengths[s], step, heads, kv, D, scale); }
    double w = worst(); cudaError_t e = cudaGetLastError();
    printf("%-22s %zu x %-5d D %-3d %2d/%d  %8.1f us %6.1f TFLOP/s  error %.2g %s  (%d registers, %d blocks/SM) %s\n", name.c_str(), lengths.size(), lengths[0], D, heads, kv, us, flop / us / 1e6, w, w < 0.03 ? "ok" : "WRONG", regs, blocks, e ? cudaGetErrorString(e) : "");
    for (void *p : {(void *) q, (void *) k, (void *) v, (void *) y, (void *) lse, (void *) off, (void *) tl}) cudaFree(p);
    return !e;
}
struct alignas(16) Part { int sequences, member, tokens, result, pages[4]; };
struct Decode { int warps, stages, wide_warps, wide_stages; };
bool decode(Decode c, int D, int heads, int kv, int prefix, std::vector<int> own, int span, std::vector<u16> *first) {
    const int n = own.size(), group = heads / kv, most = 16 * c.wide_warps / group;
    std::vector<int> pages, first_page, length, members; std::vector<Part> narrow, wide; std::vector<std::vector<int4>> entries(n);
    int slot = 0, fresh = 0; double bytes = 0;
    for (int s = 0; s < n; s++) members.push_back(s);
    auto cut = [&](int member, int count, int begin, int tokens, int at) {
        int np = (tokens + 63) / 64;
        for (int p = begin; p < begin + np;) {
            int e = std::min({begin + np, (p / 4 + 1) * 4, p + span}); bool fold = p % 4 == 0;
            Part part{count, count == 1 ? members[member] : member, std::min((e - begin) * 64, tokens) - (p - begin) * 64, 2 * slot + fold, {}};
            for (int i = p; i < e; i++) part.pages[i - p] = pages[at + i - begin];
            (count * group > 16 * c.warps ? wide : narrow).push_back(part);
            for (int s = 0; s < count; s++) {
                auto &list = entries[member + s];
                for (int i = 0; i < (fold ? 1 : e - p); i++) { if ((p + i) % 4 == 0 || list.empty()) list.push_back({-1, -1, -1, -1}); int *l = (int *) &list.back(); while (*l >= 0) l++; *l = slot + i * count + s; }
            }
            slot += (fold ? 1 : e - p) * count; p = e;
        }
    };
    for (int p = 0; p < prefix; p++) pages.push_back(fresh++);
    bytes += double(prefix) * 64 * kv * D * 4;
    for (int s = 0; s < n; s += most) if (prefix) cut(s, std::min(most, n - s), 0, prefix * 64, 0);
    for (int s = 0; s < n; s++) { int at = pages.size(); for (int p = 0; p * 64 < own[s]; p++) pages.push_back(fresh++); cut(s, 1, prefix, own[s], at); bytes += double(own[s]) * kv * D * 4; }
    std::vector<int> place(fresh); for (int i = 0; i < fresh; i++) place[i] = i; srand(1); for (int i = fresh - 1; i > 0; i--) std::swap(place[i], place[rand() % (i + 1)]);
    for (int &p : pages) p = place[p];
    for (auto *l : {&narrow, &wide}) for (Part &x : *l) for (int i = 0; i * 64 < x.tokens; i++) x.pages[i] = place[x.pages[i]];
    std::vector<int> flat; { int at = prefix; for (int s = 0; s < n; s++) { first_page.push_back(flat.size()); length.push_back(prefix * 64 + own[s]); flat.insert(flat.end(), pages.begin(), pages.begin() + prefix); int np = (own[s] + 63) / 64; flat.insert(flat.end(), pages.begin() + at, pages.begin() + at + np); at += np; } }
    long long value_offset = (long long) kv * 64 * D, page_stride = 2 * value_offset;
    bf *pool = noise(page_stride * fresh, 5), *q = noise(size_t(n) * heads * D, 6), *y = dev<bf>(size_t(n) * heads * D);
    float *results = dev<float>(size_t(slot) * heads * D), *levels = dev<float>(size_t(slot) * heads * 2);
    std::vector<int> starts{0}; std::vector<int4> list; for (auto &e : entries) { list.insert(list.end(), e.begin(), e.end()); starts.push_back(list.size()); }
    Part *np = dev(narrow), *wp = dev(wide); int4 *en = dev(list); int *mem = dev(members), *st = dev(starts), *fl = dev(flat), *fp = dev(first_page), *ln = dev(length); float scale = 1 / sqrtf(D);
    auto stem = "dec_" + std::to_string(D) + "_"; std::vector<Run> runs; CUfunction f, g, h; int b1 = 0, b2 = 0;
    unsigned s1 = (16 * c.warps + 128 * c.stages) * D * 2, s2 = (16 * c.wide_warps + 128 * c.wide_stages) * D * 2;
    std::string n1 = stem + std::to_string(c.warps) + "_" + std::to_string(c.stages), n2 = stem + std::to_string(c.wide_warps) + "_" + std::to_string(c.wide_stages);
    if (narrow.size()) { if (!function(f, n1, s1)) return false; cuOccupancyMaxActiveBlocksPerMultiprocessor(&b1, f, 32 * c.warps, s1); runs.push_back({f, unsigned(narrow.size()), unsigned(kv), unsigned(32 * c.warps), s1, {&results, &levels, &q, &pool, &page_stride, &value_offset, &np, &mem, &heads, &scale}}); }
    if (wide.size()) { if (!function(g, n2, s2)) return false; cuOccupancyMaxActiveBlocksPerMultiprocessor(&b2, g, 32 * c.wide_warps, s2); runs.push_back({g, unsigned(wide.size()), unsigned(kv), unsigned(32 * c.wide_warps), s2, {&results, &levels, &q, &pool, &page_stride, &value_offset, &wp, &mem, &heads, &scale}}); }
    if (!function(h, "attention_decode_merge_" + std::to_string(D), 0)) return false;
    Run merge{h, unsigned(n), unsigned(heads), 256, 0, {&y, &results, &levels, &st, &en, &mem}};
    double parts_us = time_us(runs, 10), merge_us = time_us({merge}, 10); runs.push_back(merge); double us = time_us(runs, 10);
    int longest = *std::max_element(length.begin(), length.end()); cudaFuncSetAttribute(check_decode, cudaFuncAttributeMaxDynamicSharedMemorySize, 200000);
    check_decode<<<dim3(n, heads), 256, longest * 8>>>(worst_at, y, q, pool, fl, fp, ln, page_stride, value_offset, heads, kv, D, scale);
    double w = worst(); std::vector<u16> bits(size_t(n) * heads * D); cudaMemcpy(bits.data(), y, bits.size() * 2, cudaMemcpyDeviceToHost); bool same = true; if (first) { if (first->empty()) *first = bits; else same = bits == *first; }
    cudaError_t e = cudaGetLastError();
    printf("%s|%s D %d %d/%d %d seq, prefix %d + own %d, span %2d: %4zu+%4zu parts (%d,%d blocks/SM): %7.1f us (parts %.1f, merge %.1f) %6.0f GB/s error %.2g %s%s %s\n", n1.c_str(), n2.c_str(), D, heads, kv, n, prefix * 64, own[0], span, narrow.size() * kv, wide.size() * kv, b1, b2, us, parts_us, merge_us, bytes / us / 1e3, w, w < 0.02 ? "ok" : "WRONG", same ? "" : " DIFFERENT BITS", e ? cudaGetErrorString(e) : "");
    for (void *p : {(void *) pool, (void *) q, (void *) y, (void *) results, (void *) levels, (void *) np, (void *) wp, (void *) mem, (void *) st, (void *) en, (void *) fl, (void *) fp, (void *) ln}) cudaFree(p);
    return !e;
}
int main(int argc, char **argv) {
    const std::string only = argc > 1 ? argv[1] : "wgmmadec";
    auto wanted = [&](const char *x) { return only.find(x) != std::string::npos; };
    cudaDeviceProp p; cudaGetDeviceProperties(&p, 0); printf("%s, %d SMs\n", p.name, p.multiProcessorCount);
    worst_at = dev<double>(1); cudaMemset(worst_at, 0, 8);
    if (wanted("dec")) { size_t n = 1 << 30; char *a = dev<char>(n), *b = dev<char>(n); cudaEvent_t e0, e1; cudaEventCreate(&e0); cudaEventCreate(&e1); float best = 1e9f; for (int i = 0; i < 6; i++) { cudaEventRecord(e0); cudaMemcpyAsync(b, a, n, cudaMemcpyDeviceToDevice); cudaEventRecord(e1); cudaEventSynchronize(e1); float ms; cudaEventElapsedTime(&ms, e0, e1); best = std::min(best, ms); } printf("device copy: %.0f GB/s (read + written)\n", 2.0 * n / best / 1e6); cudaFree(a); cudaFree(b); }
    std::vector<int> one{4096}, ragged{1000, 1, 63, 2000, 129, 640}, many(16, 512);
    auto stage = [](int rows, int keys, int D) { return (rows + 4 * keys) * D * 2; };
    if (wanted("wg")) {
        struct { int D, G, K; } all[] = {{128, 1, 64}, {128, 1, 96}, {128, 2, 96}, {64, 1, 128}, {64, 1, 96}, {64, 1, 64}};
        for (auto c : all) for (auto &l : {one, ragged, many}) { if (!forward("wg_" + std::to_string(c.D) + "_" + std::to_string(c.G) + "_" + std::to_string(c.K), c.D, 64 * c.G, 128 * c.G, stage(64 * c.G, c.K, c.D), l, 32, 8)) return 1; }
    }
    if (wanted("mma")) {
        struct { int D, M, W; } all[] = {{128, 2, 4}, {128, 2, 8}, {64, 2, 4}};
        for (auto c : all) for (auto &l : {one, ragged}) if (!forward("mma_" + std::to_string(c.D) + "_" + std::to_string(c.M) + "_" + std::to_string(c.W), c.D, 16 * c.M * c.W, 32 * c.W, stage(16 * c.M * c.W, 64, c.D), l, 32, 8)) return 1;
    }
    if (wanted("dec")) {
        std::vector<u16> a, b, c, d, e, f, g;
        for (Decode x : {Decode{1, 1, 4, 2}, {2, 1, 4, 2}, {1, 2, 4, 2}, {2, 2, 4, 2}}) if (!decode(x, 128, 32, 8, 0, std::vector<int>(64, 4096), 4, &a)) return 1;
        for (int span : {4, 2, 1}) for (Decode x : {Decode{1, 1, 4, 2}, {2, 1, 4, 2}, {1, 2, 4, 2}}) if (!decode(x, 128, 32, 8, 0, {8192}, span, &b)) return 1;
        for (int span : {4, 2, 1}) for (Decode x : {Decode{1, 1, 4, 2}}) if (!decode(x, 128, 32, 8, 0, {1000}, span, &g)) return 1;
        for (int span : {4, 2, 1}) for (Decode x : {Decode{1, 1, 4, 1}, {1, 1, 4, 2}}) if (!decode(x, 128, 32, 8, 64, std::vector<int>(32, 300), span, &c)) return 1;
        for (Decode x : {Decode{1, 1, 4, 1}, {1, 1, 4, 2}}) if (!decode(x, 128, 32, 8, 64, std::vector<int>(128, 300), 4, &e)) return 1;
        for (Decode x : {Decode{1, 1, 4, 2}, {1, 2, 4, 1}, {1, 3, 4, 2}, {2, 1, 4, 2}, {2, 2, 4, 2}}) if (!decode(x, 64, 32, 8, 0, std::vector<int>(64, 4096), 4, &d)) return 1;
        for (int span : {4, 2, 1}) for (Decode x : {Decode{1, 2, 4, 1}, {1, 2, 4, 2}, {1, 3, 4, 2}}) if (!decode(x, 64, 32, 8, 16, std::vector<int>(32, 300), span, &f)) return 1;
    }
}
