// Times variants of the attention backward kernels on a GPU, each checked against the plain kernels. Stands alone:
// Expected on an H200 for T = 4096, 32 heads of 128, 8 of keys: keys 0.45 ms, queries 0.34 ms by wgmma as measured before the clean-up
// (420 TFLOP/s with five products counted, bar 180); prepare 0.019 ms instead of 0.026 (16 bytes a load, 8 in flight); mma.sync as before
// (1.08 and 0.74 ms). Heads of 64: keys with three blocks a multiprocessor (168 registers) 5 % faster than with two, if they do not spill.
//   tools/bench/attention_backward.sh
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <vector>
#include <cuda_runtime.h>
#include "attention_backward.h"
#include "hopper.h"
namespace mma_version {
#include "attention_backward.cu"
}
namespace wgmma_version {
#include "attention_backward_wgmma.cu"
}
namespace plain_version {
#include "attention_backward_plain.cu"
}

#define CHECK(call) do { cudaError_t e_ = (call); if (e_ != cudaSuccess) { printf("%s:%d %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(e_)); exit(1); } } while (0)

template <int D, bool keys, int Blocks> __global__ void __launch_bounds__(128, Blocks)
variant_wgmma(bf16 *out, bf16 *gv, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy, const float *level, const float *delta,
              const int *offsets, const int2 *tiles, int tokens, int heads, int kv_heads, float scale) {
    wgmma_version::backward<D, keys>(out, gv, q, k, v, gy, level, delta, offsets, tiles, tokens, heads, kv_heads, scale);
}
template <int D, bool keys, int Blocks> __global__ void __launch_bounds__(128, Blocks)
variant_mma(bf16 *out, bf16 *gv, const bf16 *q, const bf16 *k, const bf16 *v, const bf16 *gy, const float *level, const float *delta,
            const int *offsets, const int2 *tiles, int tokens, int heads, int kv_heads, float scale) {
    mma_version::backward<D, keys>(out, gv, q, k, v, gy, level, delta, offsets, tiles, tokens, heads, kv_heads, scale);
}

/** y and lse: a block of 128 a (query, head), scores in shared memory. */
__global__ void forward_plain(bf16 *y, float *lse, const bf16 *q, const bf16 *k, const bf16 *v, const int *offsets, const int *of_token,
                              int kv_heads, int D, float scale) {
    extern __shared__ float s[];
    const int t = blockIdx.x, heads = gridDim.y, head = blockIdx.y, kv = head / (heads / kv_heads), begin = offsets[of_token[t]];
    const size_t at = (size_t(t) * heads + head) * D;
    float sum = 0;
    for (int u = begin + threadIdx.x; u <= t; u += blockDim.x) {
        float x = 0;
        for (int d = 0; d < D; d++) x += float(q[at + d]) * float(k[(size_t(u) * kv_heads + kv) * D + d]);
        s[u - begin] = x = expf(x * scale);                        // scores of such data are small
        sum += x;
    }
    sum = block_sum(sum);
    __syncthreads();
    if (threadIdx.x == 0) lse[size_t(t) * heads + head] = logf(sum);
    for (int d = threadIdx.x; d < D; d += blockDim.x) {
        float x = 0;
        for (int u = begin; u <= t; u++) x += s[u - begin] * float(v[(size_t(u) * kv_heads + kv) * D + d]);
        y[at + d] = bf16(x / sum);
    }
}

template <class T> T *device(size_t n) { T *p; CHECK(cudaMalloc(&p, n * sizeof(T))); return p; }
template <class T> T *upload(const std::vector<T> &x) { T *p = device<T>(x.size()); CHECK(cudaMemcpy(p, x.data(), x.size() * sizeof(T), cudaMemcpyHostToDevice)); return p; }
static bf16 *random_bf16(size_t n, unsigned seed) {
    std::mt19937 rng(seed);
    std::normal_distribution<float> d;
    std::vector<uint16_t> h(1 << 20), all(n);
    for (auto &x : h) { float f = d(rng); uint32_t u; memcpy(&u, &f, 4); x = (u + 0x7fff + (u >> 16 & 1)) >> 16; }
    for (size_t i = 0; i < n; i++) all[i] = h[(i * 2654435761u + (i >> 20) * 40503u + seed) & ((1 << 20) - 1)];
    return (bf16 *) upload(all);
}
static double error(const bf16 *got, const bf16 *want, size_t n) {
    std::vector<uint16_t> a(n), b(n);
    CHECK(cudaMemcpy(a.data(), got, 2 * n, cudaMemcpyDeviceToHost));
    CHECK(cudaMemcpy(b.data(), want, 2 * n, cudaMemcpyDeviceToHost));
    double e = 0, w = 0;
    for (size_t i = 0; i < n; i++) {
        float x, y; uint32_t u = uint32_t(a[i]) << 16, z = uint32_t(b[i]) << 16;
        memcpy(&x, &u, 4); memcpy(&y, &z, 4);
        e += double(x - y) * (x - y); w += double(y) * y;
    }
    return std::sqrt(e / w);
}
static double milliseconds(const std::function<void()> &f) {        // the median of 7 of 3 each
    cudaEvent_t a, b;
    CHECK(cudaEventCreate(&a)); CHECK(cudaEventCreate(&b));
    f();
    std::vector<float> all;
    for (int i = 0; i < 7; i++) {
        CHECK(cudaEventRecord(a));
        for (int j = 0; j < 3; j++) f();
        CHECK(cudaEventRecord(b));
        CHECK(cudaEventSynchronize(b));
        float ms; CHECK(cudaEventElapsedTime(&ms, a, b));
        all.push_back(ms / 3);
    }
    std::sort(all.begin(), all.end());
    return all[3];
}

struct Problem {
    int heads, kv_heads, D, tokens = 0;
    double pairs = 0;                                              // query-key pairs under the mask, diagonal half counted as T^2 / 2
    std::vector<int> lengths;
    int *offsets, *of_token;
    bf16 *q, *k, *v, *y, *gy, *gq, *gk, *gv, *wq, *wk, *wv;
    float *lse, *level, *delta, *delta2, scale;
    size_t n, nk;
    Problem(std::vector<int> l, int heads, int kv_heads, int D) : heads(heads), kv_heads(kv_heads), D(D), lengths(l) {
        std::vector<int> o = {0}, of;
        for (size_t s = 0; s < l.size(); s++) { for (int i = 0; i < l[s]; i++) of.push_back(s); o.push_back(tokens += l[s]); pairs += 0.5 * l[s] * l[s] * heads; }
        offsets = upload(o); of_token = upload(of);
        n = size_t(tokens) * heads * D; nk = size_t(tokens) * kv_heads * D; scale = 1 / std::sqrt(float(D));
        q = random_bf16(n, 1); k = random_bf16(nk, 2); v = random_bf16(nk, 3); gy = random_bf16(n, 4);
        y = device<bf16>(n); gq = device<bf16>(n); gk = device<bf16>(nk); gv = device<bf16>(nk);
        wq = device<bf16>(n); wk = device<bf16>(nk); wv = device<bf16>(nk);
        const size_t rows = size_t(tokens) * heads;
        lse = device<float>(rows); level = device<float>(rows); delta = device<float>(rows); delta2 = device<float>(rows);
    }
    ~Problem() { for (void *p : {(void *) offsets, (void *) of_token, (void *) q, (void *) k, (void *) v, (void *) y, (void *) gy, (void *) gq, (void *) gk, (void *) gv, (void *) wq, (void *) wk, (void *) wv, (void *) lse, (void *) level, (void *) delta, (void *) delta2}) cudaFree(p); }
    void reference() {
        const int longest = *std::max_element(lengths.begin(), lengths.end());
        forward_plain<<<dim3(tokens, heads), 128, longest * 4>>>(y, lse, q, k, v, offsets, of_token, kv_heads, D, scale);
        plain_version::attention_backward_plain_prepare_bf16<<<(tokens * heads + 7) / 8, 256>>>(delta2, y, gy, tokens, heads, D);
        plain_version::attention_backward_plain_queries_bf16<<<dim3(tokens, heads), 32, 4 * D>>>(wq, q, k, v, gy, lse, delta2, offsets, of_token, kv_heads, D, scale);
        plain_version::attention_backward_plain_keys_bf16<<<dim3(tokens, kv_heads), 32, 8 * D>>>(wk, wv, q, k, v, gy, lse, delta2, offsets, of_token, heads, D, scale);
        CHECK(cudaDeviceSynchronize());
    }
    /** Tiles of `rows`, the most work first; keys: after them; queries: before them. */
    int2 *tiles(int rows, bool keys, int &count) {
        std::vector<std::pair<int, int2>> l;
        for (size_t s = 0; s < lengths.size(); s++)
            for (int t = 0; t * rows < lengths[s]; t++) l.push_back({keys ? lengths[s] - t * rows : t * rows, make_int2(s, t * rows)});
        std::stable_sort(l.begin(), l.end(), [](auto &a, auto &b) { return a.first > b.first; });
        std::vector<int2> r;
        for (auto &x : l) r.push_back(x.second);
        count = int(r.size());
        return upload(r);
    }
};

template <int D> void prepare(Problem &p) {
    auto f = [&] {
        const dim3 blocks(p.heads, (p.tokens + 63) / 64);
        if (D == 64) mma_version::attention_backward_prepare_64<<<blocks, 256>>>(p.level, p.delta, p.y, p.gy, p.lse, p.tokens);
        else mma_version::attention_backward_prepare_128<<<blocks, 256>>>(p.level, p.delta, p.y, p.gy, p.lse, p.tokens);
    };
    const double ms = milliseconds(f);
    printf("  %-34s %8.3f ms %6.0f GB/s\n", "prepare", ms, p.tokens * p.heads * (4.0 * D + 12) / ms / 1e6);
}
template <class K> void measure(Problem &p, const char *name, K kernel, bool keys, int bytes) {
    const int rows = 64, threads = 128;
    int count, blocks;
    int2 *tiles = p.tiles(rows, keys, count);
    CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
    CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, threads, bytes));
    cudaFuncAttributes a;
    CHECK(cudaFuncGetAttributes(&a, kernel));
    CHECK(cudaMemset(p.gq, 255, 2 * p.n)); CHECK(cudaMemset(p.gk, 255, 2 * p.nk)); CHECK(cudaMemset(p.gv, 255, 2 * p.nk));
    auto f = [&] {
        kernel<<<dim3(keys ? p.kv_heads : p.heads, count), threads, bytes>>>(keys ? p.gk : p.gq, p.gv, p.q, p.k, p.v, p.gy, p.level, p.delta,
                                                                              p.offsets, tiles, p.tokens, p.heads, p.kv_heads, p.scale);
        CHECK(cudaGetLastError());
    };
    const double ms = milliseconds(f), products = keys ? 4 : 3;
    const double tflops = products * 2 * p.pairs * p.D / ms / 1e9, e = keys ? error(p.gk, p.wk, p.nk) : error(p.gq, p.wq, p.n);
    printf("  %-34s %8.3f ms %6.0f TFLOP/s of %g products; %d registers, %d bytes local, %d blocks/SM, errors %.2e %.2e%s\n", name, ms, tflops, products,
           a.numRegs, int(a.localSizeBytes), blocks, e, keys ? error(p.gv, p.wv, p.nk) : 0.0, e < 8e-3 ? "" : " WRONG");
    cudaFree(tiles);
}
#define MEASURE(kind, D, keys, blocks) \
    measure(p, #kind " " #keys " x" #blocks, variant_##kind<D, keys, blocks>, keys, sizeof(BackwardBuffers<Panels<D>>))

template <int D> void run(std::vector<int> lengths, int heads, int kv_heads) {
    Problem p(lengths, heads, kv_heads, D);
    printf("%zu sequences, %d tokens, %d heads of %d, %d kv heads; five products = %.3f TFLOP: bar of 180 TFLOP/s = %.3f ms\n", lengths.size(), p.tokens,
           heads, D, kv_heads, 10 * p.pairs * D / 1e12, 10 * p.pairs * D / 1e12 / 180 * 1e3);
    p.reference();
    prepare<D>(p);
    MEASURE(wgmma, D, true, 2);
    if constexpr (D == 64) MEASURE(wgmma, D, true, 3);
    MEASURE(wgmma, D, false, 2);
    if constexpr (D == 64) MEASURE(wgmma, D, false, 3);
    if constexpr (D == 64) MEASURE(wgmma, D, false, 4);
    MEASURE(mma, D, true, 2);
    MEASURE(mma, D, false, 2);
    if constexpr (D == 64) MEASURE(mma, D, true, 3);
    if constexpr (D == 64) MEASURE(mma, D, false, 3);
}

int main() {
    run<128>({4096}, 32, 8);
    run<128>({4096}, 32, 32);
    run<64>({4096}, 32, 8);
    run<128>({1, 63, 700, 65, 129, 1500, 2, 1634}, 32, 8);
    return 0;
}
