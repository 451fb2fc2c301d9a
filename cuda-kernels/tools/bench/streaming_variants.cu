// Variants of kernels that stream through memory, at the sizes of `gavel bench gpu`: each is compared with plain loops on
// the host, run twice for equal bits, and timed. One program for each folder of kernels; see streaming_variants.sh.
//
// OLD: the folder holds the kernels as they were before 2026-11-27, with other arguments.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>
#include <cuda_runtime.h>
#include "elements.h"

using u64 = unsigned long long;
#ifndef UNARY
#define UNARY 2
#endif
#ifndef SPREAD
#define SPREAD 2
#endif
extern "C" {
__global__ void rmsnorm_backward_bf16(bf16 *gx, int add, float *parts, const bf16 *x, const bf16 *w, const float *rstd, const bf16 *gy, int rows, int dim);
__global__ void rmsnorm_columns_bf16(bf16 *gw, int add, const float *parts, int blocks, int dim);
#ifdef OLD
__global__ void scatter_rank(int *order, const int *ids, int count);
__global__ void scatter_add_rows_bf16(bf16 *table, const bf16 *x, const int *order, const int *ids, int count, int stride);
__global__ void softmax_bf16(bf16 *y, const bf16 *x, int columns, float factor);
#else
__global__ void scatter_sort(u64 *keys, const int *ids, int count);
__global__ void scatter_merge(u64 *sorted, const u64 *keys, int count);
__global__ void scatter_add_rows_bf16(bf16 *table, const bf16 *x, const u64 *sorted, int count, int stride);
__global__ void softmax_bf16(bf16 *y, const bf16 *x, int columns, float factor, int held);
#endif
__global__ void reduce_max_bf16(bf16 *y, int *index, const bf16 *x, int rows, int columns);
__global__ void elementwise_unary_bf16(bf16 *y, const bf16 *x, int op, long long n);
__global__ void elementwise_binary_bf16(bf16 *y, const bf16 *a, const bf16 *b, int op, int spread, int columns, long long n);
#define SAMPLE(T)                                                                                                               \
    __global__ void sample_begin_##T(void *parts, u64 *histograms, const T *logits, const void *asks, int columns);              \
    __global__ void sample_level_##T(void *found, u64 *histograms, const void *parts, const T *logits, const void *asks,         \
                                     int columns, int search, int level);                                                        \
    __global__ void sample_sums_##T(void *kept, u64 *sums, int *ties, void *found, const u64 *histograms, const void *parts,     \
                                    const T *logits, const void *asks, int columns);                                             \
    __global__ void sample_finish_##T(int *ids, float *logprobs, const void *kept, const u64 *sums, const int *ties,             \
                                      const void *parts, const T *logits, const void *asks, int columns);
SAMPLE(bf16)
SAMPLE(f32)
}

static void need(cudaError_t e, const char *what) {
    if (e != cudaSuccess) { printf("%s: %s\n", what, cudaGetErrorString(e)); exit(1); }
}
static std::vector<void *> all_memory;
template <class T> static T *device(size_t n) {
    void *p;
    need(cudaMalloc(&p, n * sizeof(T)), "cudaMalloc");
    all_memory.push_back(p);
    return static_cast<T *>(p);
}
static void release() {
    need(cudaDeviceSynchronize(), "a kernel");
    for (void *p : all_memory) cudaFree(p);
    all_memory.clear();
}
/** Uniform in (-1, 1), times `scale`. */
template <class T> __global__ void fill_noise(T *x, size_t n, float scale, u64 seed) {
    for (size_t k = blockIdx.x * size_t(blockDim.x) + threadIdx.x; k < n; k += size_t(gridDim.x) * blockDim.x) {
        u64 i = (k + seed * 1000003) * 0x9e3779b97f4a7c15ull;
        i = (i ^ i >> 30) * 0xbf58476d1ce4e5b9ull;
        i = (i ^ i >> 27) * 0x94d049bb133111ebull;
        x[k] = T(scale * (float(unsigned(i >> 32)) * 4.6566129e-10f - 1));
    }
}
template <class T> static T *noise(size_t n, int seed, float scale = 1) {
    T *p = device<T>(n);
    fill_noise<<<1024, 256>>>(p, n, scale, seed);
    return p;
}
template <class T> static T *upload(const std::vector<T> &v) {
    T *p = device<T>(v.size());
    need(cudaMemcpy(p, v.data(), v.size() * sizeof(T), cudaMemcpyHostToDevice), "upload");
    return p;
}
template <class T> static std::vector<T> fetch(const T *p, size_t n) {
    std::vector<T> v(n);
    need(cudaMemcpy(v.data(), p, n * sizeof(T), cudaMemcpyDeviceToHost), "download");
    return v;
}
static float f(uint16_t bits) { uint32_t u = uint32_t(bits) << 16; float x; memcpy(&x, &u, 4); return x; }
static uint16_t rounded(float x) { uint32_t u; memcpy(&u, &x, 4); return uint16_t((u + 0x7fff + (u >> 16 & 1)) >> 16); }
static std::vector<uint16_t> bits(const bf16 *p, size_t n) { return fetch(reinterpret_cast<const uint16_t *>(p), n); }
static std::vector<float> host(const bf16 *p, size_t n) {
    const auto b = bits(p, n);
    std::vector<float> v(n);
    for (size_t i = 0; i < n; i++) v[i] = f(b[i]);
    return v;
}
static std::vector<float> host(const float *p, size_t n) { return fetch(p, n); }

static int wrong;
static void check(const char *what, bool ok) {
    if (!ok) printf("  %s: WRONG\n", what), wrong++;
}
static bool near(double got, double want, double floor) { return std::fabs(got - want) <= std::fabs(want) / 128 + floor; }

static double copy_rate;
/** As `gavel bench gpu`: the median of five turns of about 30 ms. */
static double microseconds(const std::function<void()> &launch) {
    static cudaEvent_t begin, end;
    if (!begin) cudaEventCreate(&begin), cudaEventCreate(&end);
    auto turn = [&](int times) {
        cudaEventRecord(begin);
        for (int i = 0; i < times; i++) launch();
        cudaEventRecord(end);
        need(cudaEventSynchronize(end), "kernel");
        float ms;
        cudaEventElapsedTime(&ms, begin, end);
        return ms / times;
    };
    turn(1);
    const float once = turn(1);
    std::vector<float> turns;
    for (int i = 0; i < 5; i++) turns.push_back(turn(std::clamp(int(30 / std::max(once, 1e-3f)), 3, 200)));
    need(cudaGetLastError(), "launch");
    std::sort(turns.begin(), turns.end());
    return turns[2] * 1e3;
}
static void rate(const std::string &name, double bytes, const std::function<void()> &launch) {
    const double us = microseconds(launch);
    printf("%-52s %8.1f us %7.0f GB/s %4.0f %%\n", name.c_str(), us, bytes / us / 1e3, 100 * bytes / us / 1e3 / copy_rate);
    fflush(stdout);
}

static void rmsnorm() {
    const int rows = 16384, dim = 4096, threads = 256;
    const size_t n = size_t(rows) * dim;
#ifndef OLD
    const int shared = 192 * threads;
    need(cudaFuncSetAttribute(rmsnorm_backward_bf16, cudaFuncAttributeMaxDynamicSharedMemorySize, shared), "shared");
#else
    const int shared = 0;
#endif
    bf16 *x = noise<bf16>(n, 1), *gy = noise<bf16>(n, 2), *w = noise<bf16>(dim, 3), *gx = noise<bf16>(n, 4), *gw = device<bf16>(dim);
    float *rstd = noise<float>(rows, 5), *parts = device<float>(size_t(1056) * dim);
    auto backward = [&](int add, int count, int blocks) {
        rmsnorm_backward_bf16<<<blocks, threads, shared>>>(gx, add, parts, x, w, rstd, gy, count, dim);
        rmsnorm_columns_bf16<<<dim / 32, dim3(32, 32)>>>(gw, 0, parts, blocks, dim);
    };
    const int some = 1000;
    const auto hx = host(x, some * size_t(dim)), hg = host(gy, some * size_t(dim)), hw = host(w, dim), before = host(gx, some * size_t(dim));
    const auto hs = fetch(rstd, some);
    backward(1, some, 264);
    const auto got = host(gx, some * size_t(dim)), sums = host(gw, dim);
    std::vector<double> want(dim);
    bool ok = true;
    for (int r = 0; r < some; r++) {
        double dot = 0;
        const double s = hs[r];
        const size_t at = size_t(r) * dim;
        for (int j = 0; j < dim; j++) dot += double(hg[at + j]) * hw[j] * hx[at + j], want[j] += double(hg[at + j]) * hx[at + j] * s;
        for (int j = 0; j < dim; j++) ok &= near(got[at + j], before[at + j] + s * (hw[j] * hg[at + j] - hx[at + j] * s * s * dot / dim), 1e-3);
    }
    for (int j = 0; j < dim; j++) ok &= near(sums[j], want[j], 1e-2);
    check("rmsnorm backward", ok);
    backward(0, rows, 264);
    const auto once = bits(gx, n), weights = bits(gw, dim);
    backward(0, rows, 264);
    check("rmsnorm backward twice", once == bits(gx, n) && weights == bits(gw, dim));
    for (int per : {2, 3, 4}) {
        rate("rmsnorm backward, adds, " + std::to_string(132 * per) + " blocks", 8.0 * n, [&] { backward(1, rows, 132 * per); });
        fill_noise<<<1024, 256>>>(gx, n, 1.0f, 4);
    }
    rate("rmsnorm backward, overwrites, 264 blocks", 6.0 * n, [&] { backward(0, rows, 264); });
    rate("  the sum of columns of 264", 4.0 * 264 * dim, [&] { rmsnorm_columns_bf16<<<dim / 32, dim3(32, 32)>>>(gw, 0, parts, 264, dim); });
    release();
}

static void scatter() {
    const int count = 16384, rows = 128256, stride = 4096;
    bf16 *table = noise<bf16>(size_t(rows) * stride, 1), *x = noise<bf16>(size_t(count) * stride, 2);
    u64 *keys = device<u64>(2 * count);
    auto order = [&](const int *ids, int n) {
#ifdef OLD
        scatter_rank<<<(n + 31) / 32, dim3(32, 8)>>>((int *) keys, ids, n);
#else
        scatter_sort<<<(n + 255) / 256, 256>>>(keys, ids, n);
        scatter_merge<<<(n + 31) / 32, dim3(32, 8)>>>(keys + n, keys, n);
#endif
    };
    auto add = [&](const int *ids, int n, int columns, int threads, int y) {
#ifdef OLD
        scatter_add_rows_bf16<<<dim3(n, y), threads>>>(table, x, (int *) keys, ids, n, columns);
#else
        scatter_add_rows_bf16<<<dim3(n, y), threads>>>(table, x, keys + n, n, columns);
#endif
    };
    {                                                             // 5001 rows into 700, a third of them into 7
        const int n = 5001, columns = 264;
        std::vector<int> ids(n);
        for (int i = 0; i < n; i++) ids[i] = i % 3 ? int(i * 7919ll % 700) : 11 + i % 7;
        auto sums = host(table, 700 * columns);
        const auto hx = host(x, size_t(n) * columns), before = sums;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < columns; j++) sums[ids[i] * columns + j] += hx[size_t(i) * columns + j];
        const int *on_device = upload(ids);
        order(on_device, n), add(on_device, n, columns, 32, 2);
        const auto got = bits(table, 700 * columns);
        bool ok = true;
        for (int i = 0; i < 700 * columns; i++) ok &= got[i] == rounded(sums[i]);
        check("scatter add", ok);
    }
    std::vector<int> h(count);
    for (int i = 0; i < count; i++) h[i] = int(i * 7919ll % rows);
    const int *ids = upload(h);
    rate("scatter: order of 16384 ids", 8.0 * count, [&] { order(ids, count); });
    for (int y : {1, 2, 4}) rate("scatter: add alone, " + std::to_string(y) + " blocks a row", 6.0 * count * stride, [&] { add(ids, count, stride, 256, y); });
    for (int y : {1, 2}) rate("scatter add, whole, " + std::to_string(y) + " blocks a row", 6.0 * count * stride, [&] { order(ids, count), add(ids, count, stride, 256, y); });
    for (int threads : {128, 512}) rate("scatter add, whole, " + std::to_string(threads) + " threads", 6.0 * count * stride, [&] { order(ids, count), add(ids, count, stride, threads, 512 / threads); });
    release();
}

static void softmax() {
    const int rows = 2048, columns = 128256;
    const size_t n = size_t(rows) * columns;
    const float factor = 1.442695041f / 0.7f;
    bf16 *x = noise<bf16>(n, 1), *y = device<bf16>(n);
    auto run = [&](int threads, int held) {
#ifdef OLD
        softmax_bf16<<<rows, threads>>>(y, x, columns, factor);
#else
        need(cudaFuncSetAttribute(softmax_bf16, cudaFuncAttributeMaxDynamicSharedMemorySize, held * threads * 16), "shared");
        softmax_bf16<<<rows, threads, held * threads * 16>>>(y, x, columns, factor, held);
#endif
    };
    std::vector<std::pair<int, int>> kinds = {{512, 0}, {1024, 0}, {1024, 6}, {1024, 12}, {1024, 14}, {512, 12}, {768, 8}, {512, 8}};
#ifdef OLD
    kinds = {{512, 0}};
#endif
    for (const auto &kind : kinds) {
        const int threads = kind.first, held = kind.second;
        cudaMemset(y, 0xff, 2 * n);
        run(threads, held);
        bool ok = true;
        for (int r : {0, 1, 1000, 2047}) {
            const auto hx = host(x + size_t(r) * columns, columns), hy = host(y + size_t(r) * columns, columns);
            double sum = 0;
            for (double v : hx) sum += std::exp(v / 0.7);
            for (int j = 0; j < columns; j++) ok &= near(hy[j], std::exp(hx[j] / 0.7) / sum, 0);
        }
        const std::string name = "softmax, " + std::to_string(threads) + " threads, " + std::to_string(held) + " held";
        check(name.c_str(), ok);
        rate(name, 4.0 * n, [&] { run(threads, held); });
    }
    release();
}

static void maximum() {
    const int rows = 32768, columns = 8192;
    const size_t n = size_t(rows) * columns;
    bf16 *x = noise<bf16>(n, 1), *y = device<bf16>(rows);
    int *index = device<int>(rows);
    for (int threads : {512, 256, 128}) {
        cudaMemset(index, 0xff, 4 * rows);
        reduce_max_bf16<<<rows, threads>>>(y, index, x, rows, columns);
        bool ok = true;
        const auto hi = fetch(index, rows);
        const auto hy = host(y, rows);
        for (int r = 0; r < rows; r += 331) {
            const auto h = host(x + size_t(r) * columns, columns);
            const int best = int(std::max_element(h.begin(), h.end()) - h.begin());
            ok &= hi[r] == best && hy[r] == h[best];
        }
        const std::string name = "row max, " + std::to_string(threads) + " threads";
        check(name.c_str(), ok);
        rate(name, 2.0 * n, [&] { reduce_max_bf16<<<rows, threads>>>(y, index, x, rows, columns); });
    }
    release();
}

static void elements() {
    const long long n = 1 << 28;
    const int columns = 4096;
    bf16 *x = noise<bf16>(n, 1, 4), *y = device<bf16>(n);
    auto grid = [&](int depth) { return unsigned(n / 8 / 256 / depth); };
    const auto hx = host(x, 100000);
    elementwise_unary_bf16<<<grid(UNARY), 256>>>(y, x, 10, n);
    auto hy = host(y, 100000);
    bool ok = true;
    for (int i = 0; i < 100000; i++) ok &= near(hy[i], hx[i] / (1 + std::exp(-double(hx[i]))), 1e-9);
    check("silu", ok);
    elementwise_binary_bf16<<<grid(SPREAD), 256>>>(y, x, x, 0, 2, columns, n);
    hy = host(y, 100000);
    ok = true;
    for (int i = 0; i < 100000; i++) ok &= near(hy[i], double(hx[i]) + hx[i % columns], 1e-9);
    check("add a row", ok);
    rate("silu, depth " + std::to_string(UNARY), 4.0 * n, [&] { elementwise_unary_bf16<<<grid(UNARY), 256>>>(y, x, 10, n); });
    rate("log sigmoid, depth " + std::to_string(UNARY), 4.0 * n, [&] { elementwise_unary_bf16<<<grid(UNARY), 256>>>(y, x, 9, n); });
    rate("add a row, depth " + std::to_string(SPREAD), 4.0 * n, [&] { elementwise_binary_bf16<<<grid(SPREAD), 256>>>(y, x, x, 0, 2, columns, n); });
    rate("add a column, depth " + std::to_string(SPREAD), 4.0 * n, [&] { elementwise_binary_bf16<<<grid(SPREAD), 256>>>(y, x, x, 0, 3, columns, n); });
    release();
}

struct Ask { double u, top_p; float factor, min_p; int top_k, unused; };
template <class T> struct Sampler;
template <> struct Sampler<bf16> {
    static constexpr auto begin = sample_begin_bf16; static constexpr auto level = sample_level_bf16;
    static constexpr auto sums = sample_sums_bf16; static constexpr auto finish = sample_finish_bf16;
};
template <> struct Sampler<float> {
    static constexpr auto begin = sample_begin_f32; static constexpr auto level = sample_level_f32;
    static constexpr auto sums = sample_sums_f32; static constexpr auto finish = sample_finish_f32;
};

template <class T> static void sampling(const char *type, int rows, float scale) {
    const int columns = 128256, chunks = (columns + 255) / 256;
    const T *logits = noise<T>(size_t(rows) * columns, 1, scale);
    const char *names[] = {"greedy", "top-p", "top-k and top-p"};
    for (int kind = 0; kind < 3; kind++) {
        std::vector<Ask> asks(rows);
        for (int i = 0; i < rows; i++) asks[i] = {rows == 1 ? 0.3 : (i + 0.5) / rows, kind ? 0.95 : 1.0, kind ? 1.4426950f / 0.8f : 0.0f, 0, kind == 2 ? 50 : 0, 0};
        const Ask *on_device = upload(asks);
        char *parts = device<char>(rows * 512), *found = device<char>(rows * 256), *kept = device<char>(rows * 32);
        u64 *histograms = device<u64>(size_t(rows) * 2048), *sums = device<u64>(size_t(rows) * chunks);
        int *ties = device<int>(size_t(rows) * chunks), *ids = device<int>(rows);
        float *logprobs = device<float>(rows);
        using S = Sampler<T>;
        const dim3 grid(16, rows);
        auto run = [&] {
            S::begin<<<grid, 256>>>(parts, histograms, logits, on_device, columns);
            for (int search = 2 - kind; search < 2 && kind; search++)
                for (int level = 0; level < int(sizeof(T)); level++) S::level<<<grid, 256>>>(found, histograms, parts, logits, on_device, columns, search, level);
            if (kind) S::sums<<<grid, 256>>>(kept, sums, ties, found, histograms, parts, logits, on_device, columns);
            S::finish<<<rows, 256>>>(ids, logprobs, kept, sums, ties, parts, logits, on_device, columns);
        };
        run();
        const auto got = fetch(ids, rows);
        const auto lp = fetch(logprobs, rows);
        int off = 0;
        for (int r = 0; r < rows; r += 17) {
            const auto row = host(logits + size_t(r) * columns, columns);
            std::vector<int> by(columns);
            for (int j = 0; j < columns; j++) by[j] = j;
            std::stable_sort(by.begin(), by.end(), [&](int a, int b) { return row[a] > row[b]; });
            int id = by[0];
            if (kind) {
                int last = columns;
                while (kind == 2 && last > 50 && row[by[last - 1]] < row[by[49]]) last--;
                std::vector<double> p(columns);
                std::vector<char> in(columns);
                double all = 0, sum = 0, running = 0;
                for (int k = 0; k < last; k++) all += p[by[k]] = std::exp((row[by[k]] - row[by[0]]) / 0.8);
                for (int k = 0; k < last; k++) {
                    in[by[k]] = 1;
                    if ((sum += p[by[k]]) >= 0.95 * all) break;
                }
                for (id = 0; id < columns; id++) if (in[id] && (running += p[id]) > asks[r].u * sum) break;
            }
            off += id != got[r];
            double whole = 0;
            for (int j = 0; j < columns; j++) whole += std::exp(double(row[j]) - row[got[r]]);
            check("log-probability", std::fabs(lp[r] + std::log(whole)) < 1e-4);
        }
        const std::string name = std::string("sample ") + type + " " + std::to_string(rows) + " x " + std::to_string(columns) + ", " + names[kind];
        if (off) printf("  %s: %d rows differ from the host (one may: its limit is a rounding away)\n", name.c_str(), off);
        check(name.c_str(), off <= 1);
        rate(name, double(sizeof(T)) * rows * columns, run);
        const auto again = fetch(ids, rows);
        check("sample twice", again == got && fetch(logprobs, rows) == lp);
    }
    release();
}

int main(int argc, char **argv) {
    const std::string wanted = argc > 1 ? argv[1] : "rgsmep";
    cudaDeviceProp d;
    cudaGetDeviceProperties(&d, 0);
    const size_t size = size_t(1) << 30;
    char *from = device<char>(size), *to = device<char>(size);
    cudaMemset(from, 1, size);
    copy_rate = 2.0 * size / microseconds([&] { cudaMemcpyAsync(to, from, size, cudaMemcpyDeviceToDevice); }) / 1e3;
    printf("== %s: %s, %d multiprocessors, L2 %d MB, copy %.0f GB/s\n", argv[0], d.name, d.multiProcessorCount, d.l2CacheSize >> 20, copy_rate);
    release();
    for (char c : wanted) {
        if (c == 'r') rmsnorm();
        if (c == 'g') scatter();
        if (c == 's') softmax();
        if (c == 'm') maximum();
        if (c == 'e') elements();
        if (c == 'p') sampling<bf16>("bf16", 128, 1), sampling<bf16>("bf16", 32, 8), sampling<bf16>("bf16", 1, 8), sampling<float>("f32", 32, 8), sampling<float>("f32", 1, 8);
    }
    printf(wrong ? "%d WRONG\n" : "all right\n", wrong);
    return wrong != 0;
}
