// Rates of the kernels that stream through memory, on a GPU, by CUDA events, as a share of a device copy's. Before that,
// some rows of each result are compared with plain loops on the host. Needs nvcc only; see streaming.sh.
//
// The bytes are those that must move, by the formula in each line; the copy counts what it reads and writes. Several
// copies of the buffers are used in turn, so that what one launch leaves in the L2 does not serve the next.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>
#include <cuda_runtime.h>
#include "elements.h"

#define STEP float, float, float, float, float, float, float, float, float
extern "C" {
__global__ void rmsnorm_forward_bf16(bf16 *y, float *rstd, const bf16 *x, const bf16 *w, int dim, float eps);
__global__ void rmsnorm_backward_bf16(bf16 *gx, int add, float *parts, const bf16 *x, const bf16 *w, const float *rstd, const bf16 *gy, int rows, int dim);
__global__ void rmsnorm_columns_bf16(bf16 *gw, int add, const float *parts, int blocks, int dim);
__global__ void rope_bf16(bf16 *y, const bf16 *x, const float *cos, const float *sin, const int *positions, int heads, int half, float sign);
__global__ void swiglu_forward_bf16(bf16 *y, const bf16 *gate, const bf16 *up, long long n);
__global__ void swiglu_backward_bf16(bf16 *ggate, bf16 *gup, const bf16 *gate, const bf16 *up, const bf16 *gy, long long n);
__global__ void gather_rows(uint16_t *y, const uint16_t *table, const int *ids, int bytes);
__global__ void scatter_sort(unsigned long long *keys, const int *ids, int count);
__global__ void scatter_merge(unsigned long long *sorted, const unsigned long long *keys, int count);
__global__ void scatter_add_rows_bf16(bf16 *table, const bf16 *x, const unsigned long long *sorted, int count, int stride);
__global__ void log_prob_forward_bf16(float *y, float *stats, const bf16 *z, const int *targets, int columns);
__global__ void log_prob_forward_f32(float *y, float *stats, const float *z, const int *targets, int columns);
__global__ void log_prob_backward_bf16(bf16 *gz, const float *z, const int *targets, int first, const float *stats, const float *gy, int columns, int tiles);
__global__ void softmax_bf16(bf16 *y, const bf16 *x, int columns, float factor, int held);
__global__ void adamw_master_bf16(bf16 *w, float *p, float *m, float *v, const bf16 *g, STEP, const float *factor, long long n);
__global__ void adamw_f32_f32(float *p, float *m, float *v, const float *g, STEP, const float *factor, long long n);
__global__ void reduce_parts_bf16(double *parts, const bf16 *x, int squares, long long n);
__global__ void reduce_squares(double *y, const double *parts, int count);
__global__ void reduce_rows_bf16(bf16 *y, const bf16 *x, int rows, int columns);
__global__ void reduce_columns_bf16(float *parts, const bf16 *x, int rows, int columns);
__global__ void reduce_merge_bf16(bf16 *y, const float *parts, int count, int columns);
__global__ void reduce_max_bf16(bf16 *y, int *index, const bf16 *x, int rows, int columns);
__global__ void elementwise_unary_bf16(bf16 *y, const bf16 *x, int op, long long n);
__global__ void elementwise_binary_bf16(bf16 *y, const bf16 *a, const bf16 *b, int op, int spread, int columns, long long n);
__global__ void elementwise_axpby_bf16(bf16 *y, const bf16 *x, float alpha, float beta, long long n);
__global__ void elementwise_affine_bf16(bf16 *y, const bf16 *x, float alpha, float shift, long long n);
__global__ void elementwise_fill(uint16_t *y, unsigned long long pattern, long long n);
__global__ void cast_f32_bf16(bf16 *y, const float *x, long long n);
__global__ void cast_bf16_f32(float *y, const bf16 *x, long long n);
__global__ void sample_begin_bf16(void *parts, unsigned long long *histograms, const bf16 *logits, const void *asks, int columns);
__global__ void sample_level_bf16(void *found, unsigned long long *histograms, const void *parts, const bf16 *logits, const void *asks, int columns, int search, int level);
__global__ void sample_sums_bf16(void *kept, unsigned long long *sums, int *ties, void *found, const unsigned long long *histograms, const void *parts, const bf16 *logits, const void *asks, int columns);
__global__ void sample_finish_bf16(int *ids, float *logprobs, const void *kept, const unsigned long long *sums, const int *ties, const void *parts, const bf16 *logits, const void *asks, int columns);
}

static void need(cudaError_t e, const char *what) {
    if (e != cudaSuccess) { printf("%s: %s\n", what, cudaGetErrorString(e)); exit(1); }
}
template <class T> static T *device(size_t n) {
    void *p;
    need(cudaMalloc(&p, n * sizeof(T)), "cudaMalloc");
    return static_cast<T *>(p);
}

__device__ float normal(unsigned long long i) {                   // splitmix64 and Box-Muller
    i = i * 0x9e3779b97f4a7c15ull + 0x632be59bd9b4e019ull;
    i = (i ^ i >> 30) * 0xbf58476d1ce4e5b9ull;
    i = (i ^ i >> 27) * 0x94d049bb133111ebull;
    i ^= i >> 31;
    const float u = (unsigned(i) + 1.0f) * 2.3283064e-10f, v = unsigned(i >> 32) * 2.3283064e-10f;
    return sqrtf(-2 * logf(fminf(u, 1.0f))) * cospif(2 * v);
}
template <class T> __global__ void fill_normal(T *x, size_t n, float sd, unsigned long long seed) {
    for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < n; i += size_t(gridDim.x) * blockDim.x) x[i] = T(sd * normal(i + seed * 1000003));
}
__global__ void fill_ids(int *x, size_t n, int bound) {
    for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < n; i += size_t(gridDim.x) * blockDim.x) x[i] = int((i * 2654435761u ^ i >> 7) % unsigned(bound));
}
template <class T> static T *normals(size_t n, float sd, int seed) {
    T *p = device<T>(n);
    fill_normal<<<1024, 256>>>(p, n, sd, seed);
    return p;
}

static double copy_rate;
/** Microseconds of `launch(turn)`, the least of three batches. */
static double time_of(const std::function<void(int)> &launch, int times = 20) {
    static cudaEvent_t begin, end;
    if (!begin) cudaEventCreate(&begin), cudaEventCreate(&end);
    int turn = 0;
    for (int i = 0; i < 2; i++) launch(turn++);
    float best = 1e30f;
    for (int batch = 0; batch < 3; batch++) {
        cudaEventRecord(begin);
        for (int i = 0; i < times; i++) launch(turn++);
        cudaEventRecord(end);
        need(cudaEventSynchronize(end), "kernel");
        float ms;
        cudaEventElapsedTime(&ms, begin, end);
        best = std::min(best, ms / times);
    }
    need(cudaGetLastError(), "launch");
    return best * 1e3;
}
static void rate(const std::string &name, double bytes, const std::function<void(int)> &launch, int times = 20) {
    const double us = time_of(launch, times);
    printf("%-58s %9.1f us %8.1f GB/s %5.1f %%\n", name.c_str(), us, bytes / us / 1e3, 100 * bytes / us / 1e3 / copy_rate);
    fflush(stdout);
}

static std::vector<double> host(const bf16 *p, size_t n) {
    std::vector<uint16_t> raw(n);
    need(cudaMemcpy(raw.data(), p, 2 * n, cudaMemcpyDeviceToHost), "download");
    std::vector<double> v(n);
    for (size_t i = 0; i < n; i++) { uint32_t u = uint32_t(raw[i]) << 16; float f; memcpy(&f, &u, 4); v[i] = f; }
    return v;
}
template <class T> static std::vector<T> fetch(const T *p, size_t n) {
    std::vector<T> v(n);
    need(cudaMemcpy(v.data(), p, n * sizeof(T), cudaMemcpyDeviceToHost), "download");
    return v;
}
static int wrong;
struct Check {
    const char *name;
    double worst = 0;
    void near(double got, double want, double floor) {
        const double e = std::fabs(got - want) / (std::fabs(want) / 256 + floor);
        worst = std::max(worst, e == e ? e : INFINITY);
    }
    ~Check() {
        printf("  check %-32s %.3f of bf16's rounding%s\n", name, worst, worst <= 2 ? "" : "   WRONG");
        wrong += !(worst <= 2);
    }
};

constexpr int V = 128256;
struct Ask { double u, top_p; float factor, min_p; int top_k, unused; };

static void rms(int rows, int dim) {
    const int turns = std::max(1, int((400 << 20) / (size_t(rows) * dim * 2)) + 1);
    const size_t n = size_t(rows) * dim;
    bf16 *x = normals<bf16>(n * turns, 1, 1), *gy = normals<bf16>(n * turns, 1, 2), *w = normals<bf16>(dim, 1, 3), *y = device<bf16>(n * turns), *gw = device<bf16>(dim);
    float *r = device<float>(rows), *parts = device<float>(size_t(2048) * dim);
    const int threads = (dim / 16 + 31) / 32 * 32, ring = 192 * threads;
    cudaFuncSetAttribute(rmsnorm_backward_bf16, cudaFuncAttributeMaxDynamicSharedMemorySize, ring);
    const std::string size = std::to_string(rows) + " x " + std::to_string(dim);
    rate("rmsnorm forward " + size + ", 4 B", 4.0 * n, [&](int t) { rmsnorm_forward_bf16<<<rows, threads>>>(y + t % turns * n, r, x + t % turns * n, w, dim, 1e-5f); });
    {
        Check c{"rmsnorm forward"};
        rmsnorm_forward_bf16<<<rows, threads>>>(y, r, x, w, dim, 1e-5f);
        const auto hx = host(x, n), hw = host(w, dim), hy = host(y, n);
        for (int i = 0; i < rows; i += 97) {
            double s = 0;
            for (int j = 0; j < dim; j++) s += hx[size_t(i) * dim + j] * hx[size_t(i) * dim + j];
            for (int j = 0; j < dim; j++) c.near(hy[size_t(i) * dim + j], hx[size_t(i) * dim + j] / std::sqrt(s / dim + 1e-5) * hw[j], 1e-6);
        }
    }
    for (int per : {1, 2, 3, 4, 8}) {
        const int blocks = 132 * per * std::max(1, 256 / threads);
        for (int add = 0; add < (per == 2 ? 2 : 1); add++)
            rate("rmsnorm backward " + size + (add ? ", 8 B, adds, " : ", 6 B, ") + std::to_string(blocks) + " blocks", (6.0 + 2 * add) * n, [&](int t) {
                rmsnorm_backward_bf16<<<blocks, threads, ring>>>(y + t % turns * n, add, parts, x + t % turns * n, w, r, gy + t % turns * n, rows, dim);
                rmsnorm_columns_bf16<<<(dim + 31) / 32, dim3(32, 32)>>>(gw, 0, parts, blocks, dim);
            });
        if (per == 2) rate("  its sum of columns alone", 4.0 * blocks * dim, [&](int) { rmsnorm_columns_bf16<<<(dim + 31) / 32, dim3(32, 32)>>>(gw, 0, parts, blocks, dim); });
    }
    {
        Check c{"rmsnorm backward"};
        rmsnorm_backward_bf16<<<264, threads, ring>>>(y, 0, parts, x, w, r, gy, rows, dim);
        rmsnorm_columns_bf16<<<(dim + 31) / 32, dim3(32, 32)>>>(gw, 0, parts, 264, dim);
        const auto hx = host(x, n), hw = host(w, dim), hg = host(gy, n), hy = host(y, n), hgw = host(gw, dim);
        const auto hr = fetch(r, rows);
        std::vector<double> want(dim);
        for (int i = 0; i < rows; i++) {
            double dot = 0;
            const double s = hr[i];
            for (int j = 0; j < dim; j++) dot += hg[size_t(i) * dim + j] * hw[j] * hx[size_t(i) * dim + j], want[j] += hg[size_t(i) * dim + j] * hx[size_t(i) * dim + j] * s;
            if (i % 97 == 0) for (int j = 0; j < dim; j++) c.near(hy[size_t(i) * dim + j], s * (hw[j] * hg[size_t(i) * dim + j] - hx[size_t(i) * dim + j] * s * s * dot / dim), 1e-5);
        }
        for (int j = 0; j < dim; j++) c.near(hgw[j], want[j], 1e-3);
    }
    for (void *p : {(void *) x, (void *) gy, (void *) w, (void *) y, (void *) gw, (void *) r, (void *) parts}) cudaFree(p);
}

static void activations() {
    const size_t n = size_t(4096) * 14336;                        // one layer of an 8B Llama
    bf16 *a = normals<bf16>(n, 2, 1), *b = normals<bf16>(n, 1, 2), *c = normals<bf16>(n, 1, 3), *y = device<bf16>(n), *z = device<bf16>(n);
    float *f = device<float>(n);
    auto grid = [&](int depth) { return unsigned(n / 8 / 256 / depth); };
    rate("swiglu forward 4096 x 14336, 6 B", 6.0 * n, [&](int) { swiglu_forward_bf16<<<grid(2), 256>>>(y, a, b, n); });
    rate("swiglu backward 4096 x 14336, 10 B", 10.0 * n, [&](int) { swiglu_backward_bf16<<<grid(2), 256>>>(y, z, a, b, c, n); });
    rate("swiglu backward 4096 x 14336, 10 B, in place", 10.0 * n, [&](int) { swiglu_backward_bf16<<<grid(2), 256>>>(b, c, a, b, c, n); }, 5);
    {
        Check check{"swiglu"};
        fill_normal<<<1024, 256>>>(b, n, 1.0f, 2), fill_normal<<<1024, 256>>>(c, n, 1.0f, 3);
        swiglu_forward_bf16<<<grid(2), 256>>>(y, a, b, n);
        auto ha = host(a, 100000), hb = host(b, 100000), hc = host(c, 100000), hy = host(y, 100000);
        for (int i = 0; i < 100000; i++) check.near(hy[i], ha[i] / (1 + std::exp(-ha[i])) * hb[i], 1e-6);
        swiglu_backward_bf16<<<grid(2), 256>>>(y, z, a, b, c, n);
        hy = host(y, 100000);
        auto hz = host(z, 100000);
        for (int i = 0; i < 100000; i++) {
            const double s = 1 / (1 + std::exp(-ha[i]));
            check.near(hy[i], hc[i] * hb[i] * (s + ha[i] * s * (1 - s)), 1e-6);
            check.near(hz[i], hc[i] * ha[i] * s, 1e-6);
        }
    }
    rate("unary exp, 4 B", 4.0 * n, [&](int) { elementwise_unary_bf16<<<grid(2), 256>>>(y, a, 1, n); });
    rate("unary silu, 4 B", 4.0 * n, [&](int) { elementwise_unary_bf16<<<grid(2), 256>>>(y, a, 10, n); });
    rate("unary log sigmoid, 4 B", 4.0 * n, [&](int) { elementwise_unary_bf16<<<grid(2), 256>>>(y, a, 9, n); });
    rate("binary add, 6 B", 6.0 * n, [&](int) { elementwise_binary_bf16<<<grid(2), 256>>>(y, a, b, 0, 0, 14336, n); });
    rate("binary add, in place, 6 B", 6.0 * n, [&](int) { elementwise_binary_bf16<<<grid(2), 256>>>(y, y, b, 0, 0, 14336, n); });
    rate("binary mul by a row, 4 B", 4.0 * n, [&](int) { elementwise_binary_bf16<<<grid(2), 256>>>(y, a, b, 2, 2, 14336, n); });
    rate("binary mul by a column, 4 B", 4.0 * n, [&](int) { elementwise_binary_bf16<<<grid(2), 256>>>(y, a, b, 2, 3, 14336, n); });
    rate("axpby, 6 B", 6.0 * n, [&](int) { elementwise_axpby_bf16<<<grid(2), 256>>>(y, a, 0.5f, 0.5f, n); });
    for (int depth : {1, 2, 4}) rate("affine, 4 B, grid for depth " + std::to_string(depth), 4.0 * n, [&](int) { elementwise_affine_bf16<<<grid(depth), 256>>>(y, a, 0.5f, 0.5f, n); });
    rate("fill, 2 B", 2.0 * n, [&](int) { elementwise_fill<<<2048, 256>>>(reinterpret_cast<uint16_t *>(y), 0, n); });
    rate("cast f32 to bf16, 6 B", 6.0 * n, [&](int) { cast_f32_bf16<<<unsigned(n / 4 / 1024), 256>>>(y, f, n); });
    rate("cast bf16 to f32, 6 B", 6.0 * n, [&](int) { cast_bf16_f32<<<unsigned(n / 4 / 1024), 256>>>(f, a, n); });
    double *parts = device<double>(4096), *total = device<double>(1);
    for (int blocks : {264, 528, 1056}) rate("sum of squares, 2 B, " + std::to_string(blocks) + " blocks", 2.0 * n, [&](int) {
        reduce_parts_bf16<<<blocks, 256>>>(parts, a, 1, n);
        reduce_squares<<<1, 256>>>(total, parts, blocks);
    });
    const auto sum = fetch(total, 1);
    printf("  mean square %.6f (about 4)\n", sum[0] / n);
    rate("sum of rows 4096 x 14336, 2 B", 2.0 * n, [&](int) { reduce_rows_bf16<<<4096, dim3(256, 1)>>>(y, a, 4096, 14336); });
    for (int splits : {8, 16, 32}) rate("sum over rows 4096 x 14336, 2 B, " + std::to_string(splits) + " splits", 2.0 * n, [&](int) {
        reduce_columns_bf16<<<dim3(14336 / 32, splits), dim3(32, 8)>>>(f, a, 4096, 14336);
        reduce_merge_bf16<<<14336 / 32, dim3(32, 32)>>>(y, f, splits, 14336);
    });
    for (void *p : {(void *) a, (void *) b, (void *) c, (void *) y, (void *) z, (void *) f, (void *) parts, (void *) total}) cudaFree(p);
}

static void rope(int tokens) {
    const int heads = 32, half = 64;
    const size_t n = size_t(tokens) * heads * half * 2;
    bf16 *x = normals<bf16>(n, 1, 1), *y = device<bf16>(n);
    float *c = normals<float>(size_t(tokens) * half, 0.7f, 2), *s = normals<float>(size_t(tokens) * half, 0.7f, 3);
    std::vector<int> p(tokens);
    for (int i = 0; i < tokens; i++) p[i] = i;
    int *positions = device<int>(tokens);
    cudaMemcpy(positions, p.data(), 4 * tokens, cudaMemcpyHostToDevice);
    for (int threads : {128, 256}) rate("rope " + std::to_string(tokens) + " x 32 x 128, 4 B, " + std::to_string(threads) + " threads", 4.0 * n, [&](int) { rope_bf16<<<tokens, threads>>>(y, x, c, s, positions, heads, half, 1); });
    Check check{"rope"};
    const auto hx = host(x, 100 * 4096), hy = host(y, 100 * 4096);
    const auto hc = fetch(c, 100 * half), hs = fetch(s, 100 * half);
    for (int row = 0; row < 100 * heads; row++)
        for (int j = 0; j < half; j++) {
            const int a = row * 128 + j, t = row / heads * half + j;
            check.near(hy[a], hx[a] * hc[t] - hx[a + half] * hs[t], 1e-6);
            check.near(hy[a + half], hx[a + half] * hc[t] + hx[a] * hs[t], 1e-6);
        }
    for (void *q : {(void *) x, (void *) y, (void *) c, (void *) s, (void *) positions}) cudaFree(q);
}

static void embedding() {
    const int dim = 4096, count = 8192;
    bf16 *table = normals<bf16>(size_t(V) * dim, 0.02f, 1), *y = device<bf16>(size_t(count) * dim), *x = normals<bf16>(size_t(count) * dim, 1, 2);
    int *ids = device<int>(count);
    auto *keys = device<unsigned long long>(count), *sorted = device<unsigned long long>(count);
    auto order = [&] {
        scatter_sort<<<count / 256, 256>>>(keys, ids, count);
        scatter_merge<<<count / 32, dim3(32, 8)>>>(sorted, keys, count);
    };
    fill_ids<<<64, 256>>>(ids, count, V);
    rate("gather 8192 x 4096, 4 B", 4.0 * count * dim, [&](int) { gather_rows<<<count, 256>>>((uint16_t *) y, (const uint16_t *) table, ids, dim * 2); });
    rate("scatter: order of 8192 ids", 8.0 * count, [&](int) { order(); });
    rate("scatter add 8192 x 4096, 6 B", 6.0 * count * dim, [&](int) { scatter_add_rows_bf16<<<dim3(count, 2), 256>>>(table, x, sorted, count, dim); });
    std::vector<int> h = fetch(ids, count);
    for (int i = 0; i < count; i += 3) h[i] = 11 + i % 7;         // a third are seven ids
    cudaMemcpy(ids, h.data(), 4 * count, cudaMemcpyHostToDevice);
    order();
    rate("scatter add, a third of the ids are 7 ids", 6.0 * count * dim, [&](int) { scatter_add_rows_bf16<<<dim3(count, 2), 256>>>(table, x, sorted, count, dim); }, 5);
    for (void *q : {(void *) table, (void *) x, (void *) y, (void *) ids, (void *) keys, (void *) sorted}) cudaFree(q);
}

static void log_probs() {
    const int rows = 2048;
    const size_t n = size_t(rows) * V;
    bf16 *z = normals<bf16>(n, 2.5f, 1), *g = device<bf16>(n);
    float *wide_z = normals<float>(n, 2.5f, 1);
    int *targets = device<int>(rows);
    float *y = device<float>(rows), *stats = device<float>(rows * 3), *gy = device<float>(rows);
    fill_ids<<<64, 256>>>(targets, rows, V);
    fill_normal<<<64, 256>>>(gy, rows, 1.0f, 5);
    for (int threads : {256, 512}) rate("log prob forward 2048 x 128256, 2 B, " + std::to_string(threads) + " threads", 2.0 * n, [&](int) { log_prob_forward_bf16<<<rows, threads>>>(y, stats, z, targets, V); }, 5);
    rate("log prob forward 32 x 128256, 2 B", 2.0 * 32 * V, [&](int t) { log_prob_forward_bf16<<<32, 512>>>(y, stats, z + size_t(t % 64) * 32 * V, targets, V); });
    rate("log prob forward 2048 x 128256 f32, 4 B", 4.0 * n, [&](int) { log_prob_forward_f32<<<rows, 512>>>(y, stats, wide_z, targets, V); }, 5);
    for (int tiles : {2, 4, 8, 16}) rate("log prob backward 2048 x 128256, 6 B, " + std::to_string(tiles) + " tiles", 6.0 * n, [&](int) { log_prob_backward_bf16<<<rows * tiles, 256>>>(g, wide_z, targets, 0, stats, gy, V, tiles); }, 5);
    {
        Check check{"log prob"};
        const auto hy = fetch(y, rows), hs = fetch(stats, 3 * rows), hgy = fetch(gy, rows);
        const auto ht = fetch(targets, rows);
        for (int r : {0, 1, 777, 2047}) {
            const auto row = fetch(wide_z + size_t(r) * V, V);
            const auto grad = host(g + size_t(r) * V, V);
            double top = *std::max_element(row.begin(), row.end()), sum = 0, weighted = 0;
            for (double v : row) sum += std::exp(v - top), weighted += std::exp(v - top) * (v - top);
            const double lse = top + std::log(sum);
            check.near(hy[r] * 1000, (row[ht[r]] - lse) * 1000, -3.9 * std::fabs(row[ht[r]] - lse) + 0.01);   // to 1e-5
            check.near(hs[3 * r], lse, 1e-6), check.near(hs[3 * r + 1], std::log(sum) - weighted / sum, 1e-6);
            for (int j = 0; j < V; j++) check.near(grad[j], ((j == ht[r]) - std::exp(row[j] - lse)) * hgy[r], 1e-9);
        }
    }
    const int held = 12, shared = held * 1024 * 16;
    cudaFuncSetAttribute(softmax_bf16, cudaFuncAttributeMaxDynamicSharedMemorySize, shared);
    rate("softmax 2048 x 128256, 4 B", 4.0 * n, [&](int) { softmax_bf16<<<rows, 1024, shared>>>(g, z, V, 1.4426950f, held); }, 5);
    int *index = device<int>(rows);
    rate("row max 2048 x 128256, 2 B", 2.0 * n, [&](int) { reduce_max_bf16<<<rows, dim3(512, 1)>>>(g, index, z, rows, V); }, 5);
    rate("row max 32 x 128256, 2 B", 2.0 * 32 * V, [&](int t) { reduce_max_bf16<<<32, dim3(512, 1)>>>(g, index, z + size_t(t % 64) * 32 * V, 32, V); });

    // sampling
    const int chunks = (V + 255) / 256;
    for (int kind = 0; kind < 5; kind++)
        for (int r : {32, 1}) {
            std::vector<Ask> asks(r);
            for (int i = 0; i < r; i++) asks[i] = {(i + 0.5) / r, kind == 1 || kind == 3 ? 0.95 : 1.0, kind == 4 ? 0.0f : kind ? 1.4426950f / 0.7f : 1.4426950f, 0, kind >= 2 && kind < 4 ? 50 : 0, 0};
            char *da = device<char>(r * 32), *parts = device<char>(r * 512), *found = device<char>(r * 256), *kept = device<char>(r * 32);
            cudaMemcpy(da, asks.data(), r * 32, cudaMemcpyHostToDevice);
            auto *hist = device<unsigned long long>(size_t(r) * 2048), *sums = device<unsigned long long>(size_t(r) * chunks);
            int *ties = device<int>(size_t(r) * chunks), *ids = device<int>(r);
            float *lp = device<float>(r);
            const char *names[] = {"temperature 1", "temperature 0.7, top-p 0.95", "top-k 50", "top-k 50, top-p 0.95", "greedy"};
            rate("sample " + std::to_string(r) + " x 128256, " + names[kind], 2.0 * r * V, [&](int t) {
                const bf16 *l = z + size_t(t % 64) * 32 * V;
                const dim3 grid(16, r);
                sample_begin_bf16<<<grid, 256>>>(parts, hist, l, da, V);
                for (int search = 0; search < 2; search++)
                    if (search ? kind == 1 || kind == 3 : kind == 2 || kind == 3)
                        for (int level = 0; level < 2; level++) sample_level_bf16<<<grid, 256>>>(found, hist, parts, l, da, V, search, level);
                if (kind < 4) sample_sums_bf16<<<grid, 256>>>(kept, sums, ties, found, hist, parts, l, da, V);
                sample_finish_bf16<<<r, 256>>>(ids, lp, kept, sums, ties, parts, l, da, V);
            });
            if (r == 32 && kind == 1) {                           // the last turn was 61: against sorting on the host
                const auto got = fetch(ids, r);
                int off = 0;
                for (int i = 0; i < r; i += 5) {
                    const auto row = host(z + size_t(61) * 32 * V + size_t(i) * V, V);
                    std::vector<int> by(V);
                    for (int j = 0; j < V; j++) by[j] = j;
                    std::stable_sort(by.begin(), by.end(), [&](int a, int b) { return row[a] > row[b]; });
                    std::vector<double> p(V);
                    double all = 0, sum = 0, run = 0;
                    for (int j = 0; j < V; j++) all += p[j] = std::exp((row[j] - row[by[0]]) / 0.7);
                    std::vector<char> in(V);
                    for (int j : by) { in[j] = 1; if ((sum += p[j]) >= 0.95 * all) break; }
                    int id = 0;
                    for (; id < V; id++) if (in[id] && (run += p[id]) > asks[i].u * sum) break;
                    off += id != got[i];
                    if (id != got[i]) printf("  sample: row %d: %d, host %d\n", i, got[i], id);
                }
                printf("  check sample: %d of 7 rows differ from the host\n", off);
                wrong += off > 1;
            }
            for (void *q : {(void *) da, (void *) parts, (void *) found, (void *) kept, (void *) hist, (void *) sums, (void *) ties, (void *) ids, (void *) lp}) cudaFree(q);
        }
    for (void *q : {(void *) z, (void *) wide_z, (void *) g, (void *) targets, (void *) y, (void *) stats, (void *) gy, (void *) index}) cudaFree(q);
}

static void optimizer() {
    const size_t n = 100 << 20;
    bf16 *w = device<bf16>(n), *g = normals<bf16>(n, 0.01f, 1);
    float *p = normals<float>(n, 0.02f, 2), *m = device<float>(n), *v = device<float>(n), *gf = normals<float>(n, 0.01f, 3);
    cudaMemset(m, 0, 4 * n), cudaMemset(v, 0, 4 * n);
    auto before = fetch(p, 10000);
    adamw_master_bf16<<<unsigned(n / 2048), 256>>>(w, p, m, v, g, 0.9f, 0.1f, 0.95f, 0.05f, 0.9999f, 1e-2f, 4.47f, 1e-8f, 1.0f, nullptr, n);
    {
        Check check{"adamw"};
        const auto after = fetch(p, 10000);
        const auto hw = host(w, 10000), hg = host(g, 10000);
        for (int i = 0; i < 10000; i++) {
            const double want = before[i] * 0.9999 - 1e-2 * 0.1 * hg[i] / (std::sqrt(0.05 * hg[i] * hg[i]) * 4.47 + 1e-8);
            check.near(hw[i], want, 1e-8);
            check.near(after[i] * 100, want * 100, 1e-6 - 100 * std::fabs(want) / 256 + std::fabs(want) * 1e-3);
        }
    }
    rate("adamw bf16 + master, 100 M, 28 B", 28.0 * n, [&](int) { adamw_master_bf16<<<unsigned(n / 2048), 256>>>(w, p, m, v, g, 0.9f, 0.1f, 0.95f, 0.05f, 0.9999f, 1e-4f, 1.5f, 1e-8f, 1.0f, nullptr, n); }, 5);
    rate("adamw f32, 100 M, 28 B", 28.0 * n, [&](int) { adamw_f32_f32<<<unsigned(n / 2048), 256>>>(p, m, v, gf, 0.9f, 0.1f, 0.95f, 0.05f, 0.9999f, 1e-4f, 1.5f, 1e-8f, 1.0f, nullptr, n); }, 5);
    for (void *q : {(void *) w, (void *) g, (void *) p, (void *) m, (void *) v, (void *) gf}) cudaFree(q);
}

int main() {
    cudaDeviceProp d;
    cudaGetDeviceProperties(&d, 0);
    printf("%s, %d multiprocessors, L2 %d MB\n", d.name, d.multiProcessorCount, d.l2CacheSize >> 20);
    char *from = device<char>(size_t(1) << 30), *to = device<char>(size_t(1) << 30);
    cudaMemset(from, 1, size_t(1) << 30);
    copy_rate = 2.0 * (size_t(1) << 30) / time_of([&](int) { cudaMemcpyAsync(to, from, size_t(1) << 30, cudaMemcpyDeviceToDevice); }, 10) / 1e3;
    printf("device copy of 1 GiB: %.1f GB/s read + written\n", copy_rate);
    const size_t small = 4096 * 4096 * 2;
    rate("device copy of 32 MiB", 2.0 * small, [&](int t) { cudaMemcpyAsync(to + t % 30 * small, from + t % 30 * small, small, cudaMemcpyDeviceToDevice); });
    cudaFree(from), cudaFree(to);
    rms(4096, 4096), rms(8192, 2048);
    activations();
    rope(4096);
    embedding();
    optimizer();
    log_probs();
    need(cudaDeviceSynchronize(), "end");
    printf(wrong ? "%d WRONG\n" : "all checks ok\n", wrong);
    return wrong != 0;
}
