// Rates of few_rows on a GPU, for the products of a decode step of Llama 3.2 1B, beside cuBLAS's. Each variant is checked first,
// against sums in double, and for equal bits of a row alone and in a batch. Needs nvcc and cuBLAS; see few_rows.sh.
//
// Times are of a CUDA graph of many launches, each on other weights, so that the L2 holds none of them. Bytes are those of W.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include "few_rows.h"

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
__global__ void fill_normal(bf16 *x, size_t n, float sd, unsigned long long seed) {
    for (size_t i = blockIdx.x * size_t(blockDim.x) + threadIdx.x; i < n; i += size_t(gridDim.x) * blockDim.x) x[i] = bf16(sd * normal(i + seed * 1000003));
}
__global__ void product_in_double(double *y, const bf16 *x, const bf16 *w, int K, int n) {     // a warp an element
    const size_t i = (blockIdx.x * size_t(blockDim.x) + threadIdx.x) / 32;
    if (i >= size_t(32) * n) return;
    double sum = 0;
    for (int k = threadIdx.x % 32; k < K; k += 32) sum += double(float(x[i / n * K + k])) * double(float(w[i % n * K + k]));
    for (int d = 16; d; d >>= 1) sum += __shfl_xor_sync(~0u, sum, d);
    if (threadIdx.x % 32 == 0) y[i] = sum;
}

static cudaStream_t stream;
static cublasHandle_t cublas;
static int processors, wrong;
static double copy_rate;
constexpr size_t pool_size = size_t(3) << 29;                     // elements: 3 GiB
static bf16 *pool, *x, *residual;

/** Microseconds of what is put on the stream: the least of four times after a first. */
static double time_of(const std::function<void()> &work) {
    static cudaEvent_t begin, end;
    if (!begin) cudaEventCreate(&begin), cudaEventCreate(&end);
    float best = 1e30f;
    for (int i = 0; i < 5; i++) {
        cudaEventRecord(begin, stream);
        work();
        cudaEventRecord(end, stream);
        need(cudaEventSynchronize(end), "kernel");
        float ms;
        cudaEventElapsedTime(&ms, begin, end);
        if (i) best = std::min(best, ms);
    }
    return best * 1e3;
}
/** Microseconds of one launch of `times` in a graph. */
static double time_of(int times, const std::function<void(int)> &launch) {
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    need(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
    for (int i = 0; i < times; i++) launch(i);
    need(cudaStreamEndCapture(stream, &graph), "capture");
    need(cudaGraphInstantiate(&exec, graph, 0), "graph");
    const double us = time_of([&] { need(cudaGraphLaunch(exec, stream), "graph"); });
    cudaGraphExecDestroy(exec), cudaGraphDestroy(graph);
    return us / times;
}
/** GB/s of a copy of half the pool, bytes read and written. Not in a graph, where a copy engine does it at less. */
static double rate_of_copy() {
    const size_t half = pool_size / 2 * sizeof(bf16);
    const int times = 32;
    const double us = time_of([&] {
        for (int i = 0; i < times; i++) need(cudaMemcpyAsync(pool + pool_size / 2, pool, half, cudaMemcpyDeviceToDevice, stream), "copy");
    });
    return 2.0 * half * times / us / 1e3;
}

/** A product of the step: rows of W in up to three matrices. */
struct Shape {
    const char *name;
    int n[3], K;
    After after;
    int rows() const { return n[0] + n[1] + n[2]; }
    size_t size() const { return size_t(rows()) * K; }
    const bf16 *weights(int turn) const { return pool + size_t(turn) % (pool_size / size()) * size(); }
    int columns() const { return after == After::gate ? n[0] : rows(); }
};

template <int MT, int T, int Stages, int Warps> __global__ void __launch_bounds__(32 * Warps) kernel(const FewRows a) {
    DYNAMIC_SHARED(unsigned char, shared);
    FewRowsBlock<MT, T, Stages, Warps>(a, shared).run();
}
struct Variant {
    int MT, T, stages, warps, shared;
    void (*kernel)(FewRows);
    int per = 0;                                                  // blocks of a multiprocessor
};
#define VARIANT(MT, T, Stages, Warps) {MT, T, Stages, Warps, FewRowsBlock<MT, T, Stages, Warps>::shared_bytes, kernel<MT, T, Stages, Warps>}
static std::vector<Variant> variants = {                          // those of few_rows.cu first, then others of their size
    VARIANT(1, 1, 7, 8), VARIANT(1, 2, 5, 8), VARIANT(4, 1, 4, 8), VARIANT(4, 4, 4, 8),
    VARIANT(1, 1, 4, 8), VARIANT(1, 1, 12, 4), VARIANT(1, 2, 3, 8), VARIANT(1, 4, 3, 8),
    VARIANT(4, 1, 8, 8), VARIANT(4, 1, 3, 8), VARIANT(4, 2, 3, 8), VARIANT(4, 4, 2, 8), VARIANT(2, 1, 6, 8), VARIANT(2, 4, 4, 8),
};

static void run(const Variant &v, const Shape &s, int M, void *y, int turn) {
    const bf16 *w = s.weights(turn), *w1 = w + size_t(s.n[0]) * s.K, *w2 = w1 + size_t(s.n[1]) * s.K;
    const int wide = s.after == After::widen ? 4 : 2;
    char *y0 = static_cast<char *>(y), *y1 = y0 + size_t(wide) * M * s.n[0], *y2 = y1 + size_t(wide) * M * s.n[1];
    const FewRows a = {x, w, w1, w2, y0, y1, y2, residual, s.n[0], s.n[1], s.n[2], s.K, M, s.after};
    int groups = 0;
    const int height = s.after == After::gate ? 8 * v.T : 16 * v.T;
    for (int i = 0; i < (s.after == After::gate ? 1 : 3); i++) groups += (s.n[i] + height - 1) / height;
    v.kernel<<<std::min(groups, v.per * processors), 32 * v.warps, v.shared, stream>>>(a);
    need(cudaGetLastError(), "launch");
}
static void by_cublas(const Shape &s, int M, void *y, int turn) {
    const bf16 *w = s.weights(turn);
    const float one = 1, zero = 0;
    const int wide = s.after == After::widen ? 4 : 2;
    char *to = static_cast<char *>(y);
    for (int n : s.n) {
        if (n == 0) continue;
        if (cublasGemmEx(cublas, CUBLAS_OP_T, CUBLAS_OP_N, n, M, s.K, &one, w, CUDA_R_16BF, s.K, x, CUDA_R_16BF, s.K, &zero, to,
                         wide == 4 ? CUDA_R_32F : CUDA_R_16BF, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT)) printf("cuBLAS failed\n"), exit(1);
        w += size_t(n) * s.K, to += size_t(wide) * M * n;
    }
}

static float value(const std::vector<char> &raw, const Shape &s, int M, int row, int column) {
    int m = 0, at = 0, c = column;                                // which matrix, where its results begin
    if (s.after != After::gate) while (c >= s.n[m]) at += M * s.n[m], c -= s.n[m++];
    const size_t i = size_t(at) + size_t(row) * s.n[m] + c;
    float f = 0;
    if (s.after == After::widen) memcpy(&f, &raw[4 * i], 4);
    else memcpy(reinterpret_cast<char *>(&f) + 2, &raw[2 * i], 2);
    return f;
}
static std::vector<char> results(const Variant &v, const Shape &s, int M) {
    const size_t bytes = size_t(4) * 32 * s.rows();
    static char *y = device<char>(size_t(4) * 32 * 128256);
    cudaMemsetAsync(y, 0xff, bytes, stream);
    run(v, s, M, y, 0);
    std::vector<char> raw(bytes);
    need(cudaStreamSynchronize(stream), "kernel");
    need(cudaMemcpy(raw.data(), y, bytes, cudaMemcpyDeviceToHost), "download");
    return raw;
}
/** What the product should be, unrounded. */
static std::vector<double> expected(const Shape &s) {
    static double *y = device<double>(size_t(32) * 128256);
    std::vector<double> all(size_t(32) * s.rows());
    size_t at = 0;
    const bf16 *w = s.weights(0);
    for (int n : s.n) {
        if (n == 0) continue;
        product_in_double<<<(32 * n + 7) / 8, 256, 0, stream>>>(y, x, w, s.K, n);
        need(cudaStreamSynchronize(stream), "product_in_double");
        std::vector<double> one(size_t(32) * n);
        need(cudaMemcpy(one.data(), y, one.size() * 8, cudaMemcpyDeviceToHost), "download");
        for (int r = 0; r < 32; r++)
            for (int c = 0; c < n; c++) all[size_t(r) * s.rows() + at + c] = one[size_t(r) * n + c];
        at += n, w += size_t(n) * s.K;
    }
    return all;
}
/** @param bits of row 0 as the first variant of 8 warps had them; filled by it */
static const char *check(const Variant &v, const Shape &s, int M, const std::vector<double> &want, const std::vector<float> &others, std::vector<float> &bits) {
    const std::vector<char> got = results(v, s, M);
    double worst = 0;
    for (int r = 0; r < M; r++)
        for (int c = 0; c < s.columns(); c++) {
            const double p = want[size_t(r) * s.rows() + c];
            double e = p, slack = 1e-4;
            if (s.after == After::add) e += others[size_t(r) * s.columns() + c], slack += std::fabs(p) / 256;
            if (s.after == After::gate) {
                const double up = want[size_t(r) * s.rows() + s.n[0] + c], silu = p / (1 + std::exp(-p));
                e = silu * up, slack += std::fabs(e) / 64 + std::fabs(up) / 256 * std::fabs(p);
            }
            const double error = std::fabs(value(got, s, M, r, c) - e) / (slack + (s.after == After::widen ? 0 : std::fabs(e) / 256));
            if (!(error <= worst)) worst = error;
        }
    if (!(worst <= 1)) return wrong++, "WRONG";
    if (v.warps != 8) return "ok";
    const bool first = bits.empty();
    for (int c = 0; c < s.columns(); c++) {
        const float f = value(got, s, M, 0, c);
        if (first) bits.push_back(f);
        else if (memcmp(&f, &bits[c], 4)) return wrong++, "OTHER BITS";
    }
    return "ok, equal bits";
}

int main(int count, char **words) {
    cudaDeviceProp d;
    cudaGetDeviceProperties(&d, 0);
    processors = d.multiProcessorCount;
    printf("%s, %d multiprocessors, L2 %d MB\n", d.name, processors, d.l2CacheSize >> 20);
    cudaStreamCreate(&stream);
    cublasCreate(&cublas);
    cublasSetStream(cublas, stream);
    cublasSetWorkspace(cublas, device<char>(32 << 20), 32 << 20);
    pool = device<bf16>(pool_size), x = device<bf16>(32 * 16384), residual = device<bf16>(32 * 16384);
    char *y = device<char>(size_t(4) * 32 * 128256);
    fill_normal<<<4096, 256, 0, stream>>>(pool, pool_size, 0.02f, 1);
    fill_normal<<<256, 256, 0, stream>>>(x, 32 * 16384, 1, 2);
    fill_normal<<<256, 256, 0, stream>>>(residual, 32 * 16384, 1, 3);
    copy_rate = rate_of_copy();                                   // the second half now holds the first
    printf("device copy of %zu MiB: %.1f GB/s read + written\n", pool_size * sizeof(bf16) >> 21, copy_rate);
    for (Variant &v : variants) {
        need(cudaFuncSetAttribute(v.kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, v.shared), "shared memory");
        need(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&v.per, v.kernel, 32 * v.warps, v.shared), "occupancy");
    }
    const Shape shapes[] = {{"qkv", {2048, 512, 512}, 2048, After::round}, {"o", {2048, 0, 0}, 2048, After::add},
                            {"gate up", {8192, 8192, 0}, 2048, After::gate}, {"down", {2048, 0, 0}, 8192, After::add},
                            {"logits", {128256, 0, 0}, 2048, After::widen}};
    double sum[2][33] = {};
    for (const Shape &s : shapes) {
        const double bytes = 2.0 * s.size();
        const int times = int(std::max<size_t>(4, std::min<size_t>(64, pool_size / s.size())));
        const std::vector<double> want = expected(s);
        std::vector<float> others(size_t(32) * 2048), bits;
        std::vector<uint16_t> raw(others.size());
        need(cudaMemcpy(raw.data(), residual, raw.size() * 2, cudaMemcpyDeviceToHost), "download");
        for (size_t i = 0; i < raw.size(); i++) { const uint32_t u = uint32_t(raw[i]) << 16; memcpy(&others[i], &u, 4); }
        for (int M : {1, 8, 16, 32}) {
            printf("\n%s: %d x %d, M = %d; a copy would take %.2f us\n", s.name, s.rows(), s.K, M, bytes / copy_rate / 1e3);
            const double theirs = time_of(times, [&](int turn) { by_cublas(s, M, y, turn); });
            printf("  %-34s %8.2f us %5.1f %%\n", "cuBLAS, the products alone", theirs, 100 * bytes / theirs / 1e3 / copy_rate);
            double best = 1e30;
            for (const Variant &v : variants) {
                if (8 * v.MT < M || (v.MT > 1 && M == 1) || (v.T == 1 && s.after == After::gate)) continue;
                const char *verdict = check(v, s, M, want, others, bits);
                const double us = time_of(times, [&](int turn) { run(v, s, M, y, turn); });
                if (v.warps == 8) best = std::min(best, us);
                printf("  MT %d, T %d, %2d stages, %2d warps, %d/SM %7.2f us %5.1f %%  %s\n", v.MT, v.T, v.stages, v.warps, v.per, us,
                       100 * bytes / us / 1e3 / copy_rate, verdict);
            }
            fflush(stdout);
            const int layers = s.after == After::widen ? 1 : 16;
            sum[0][M] += layers * theirs, sum[1][M] += layers * best;
        }
    }
    for (int M : {1, 8, 16, 32}) printf("\nall products of a step, M = %2d: cuBLAS %.0f us, the best of 8 warps %.0f us", M, sum[0][M], sum[1][M]);
    need(cudaDeviceSynchronize(), "end");
    printf(wrong ? "\n%d WRONG\n" : "\nall checks ok\n", wrong);
    return wrong != 0;
}
