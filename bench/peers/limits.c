// The machine's own limits: memory read bandwidth and f32 FMA peak. The shares in PERFORMANCE.md are shares of these.
//
//   gcc -O3 -pthread limits.c -o limits
//   {"work":"read","threads":2,"seconds":2}              -> {"gb_per_s":...}   the better of two plain readings (pages of 4 KiB, huge)
//   {"work":"fma","isa":"avx2|avx512","threads":2}       -> {"gflop_per_s":...}
//
// Instruction sets are chosen per function, not by -march, so that the program starts anywhere.
#include <immintrin.h>
#include <pthread.h>
#include <sys/mman.h>

#include "peer.h"

static const size_t BYTES = 1UL << 30;
static const long STEPS = 4000000;
enum { MOST = 256 };

static char *small_pages, *huge_pages;
static volatile float sink;

__attribute__((target("avx2"))) static float read_range(const char *p, size_t n) {
    __m256 a = _mm256_setzero_ps(), b = a, c = a, d = a;
    for (size_t i = 0; i < n; i += 128) {
        a = _mm256_add_ps(a, _mm256_load_ps((const float *) (p + i)));
        b = _mm256_add_ps(b, _mm256_load_ps((const float *) (p + i + 32)));
        c = _mm256_add_ps(c, _mm256_load_ps((const float *) (p + i + 64)));
        d = _mm256_add_ps(d, _mm256_load_ps((const float *) (p + i + 96)));
    }
    float f[8];
    _mm256_storeu_ps(f, _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d)));
    return f[0] + f[5];
}

// Ten independent chains hide the latency of a fused multiply-add; the empty asm keeps the loop from being folded. Every loop over
// the chains is unrolled: one that is not would keep them in memory and measure stores.
__attribute__((target("avx2,fma"))) static float fma256(void) {
    __m256 r[10], x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-3f);
#pragma GCC unroll 32
    for (int i = 0; i < 10; i++) r[i] = _mm256_set1_ps(i);
    for (long s = 0; s < STEPS; s++) {
#pragma GCC unroll 32
        for (int i = 0; i < 10; i++) r[i] = _mm256_fmadd_ps(r[i], x, y);
        __asm__ volatile("" : "+x"(r[0]));
    }
    float sum = 0, f[8];
#pragma GCC unroll 32
    for (int i = 0; i < 10; i++) { _mm256_storeu_ps(f, r[i]); sum += f[0]; }
    return sum;
}

__attribute__((target("avx512f"))) static float fma512(void) {
    __m512 r[24], x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-3f);
#pragma GCC unroll 32
    for (int i = 0; i < 24; i++) r[i] = _mm512_set1_ps(i);
    for (long s = 0; s < STEPS; s++) {
#pragma GCC unroll 32
        for (int i = 0; i < 24; i++) r[i] = _mm512_fmadd_ps(r[i], x, y);
        __asm__ volatile("" : "+v"(r[0]));
    }
    float sum = 0, f[16];
#pragma GCC unroll 32
    for (int i = 0; i < 24; i++) { _mm512_storeu_ps(f, r[i]); sum += f[0]; }
    return sum;
}

typedef struct Work { int threads, kind; const char *buffer; } Work;
typedef struct { const Work *work; int id; } Part;

static void *part(void *arg) {
    const Part *p = arg;
    size_t share = BYTES / p->work->threads & ~4095UL;
    if (p->work->kind == 0) sink = read_range(p->work->buffer + p->id * share, share);
    else if (p->work->kind == 1) sink = fma256();
    else sink = fma512();
    return 0;
}

static void step(void *state) {
    const Work *work = state;
    pthread_t thread[MOST];
    Part parts[MOST];
    for (int i = 0; i < work->threads; i++) {
        parts[i] = (Part) {work, i};
        if (i > 0) pthread_create(&thread[i], 0, part, &parts[i]);
    }
    part(&parts[0]);
    for (int i = 1; i < work->threads; i++) pthread_join(thread[i], 0);
}

static void make_buffers(void) {
    if (small_pages) return;
    small_pages = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(small_pages, BYTES, MADV_NOHUGEPAGE);
    huge_pages = aligned_alloc(2 << 20, BYTES);
    madvise(huge_pages, BYTES, MADV_HUGEPAGE);
    memset(small_pages, 0, BYTES);
    memset(huge_pages, 0, BYTES);
}

static void read_bandwidth(int threads, double seconds) {
    make_buffers();
    double bytes = (double) (BYTES / threads & ~4095UL) * threads;
    Times small = timed(step, &(Work) {threads, 0, small_pages}, seconds / 2);
    Times huge = timed(step, &(Work) {threads, 0, huge_pages}, seconds / 2);
    double best = small.best < huge.best ? small.best : huge.best, median = small.median < huge.median ? small.median : huge.median;
    printf("{\"work\":\"read\",\"threads\":%d,\"gb_per_s\":%.3f,\"gb_per_s_median\":%.3f,\"gb_per_cpu_s\":%.3f,\"small_pages\":%.3f,\"huge_pages\":%.3f}\n",
           threads, bytes / best * 1e-9, bytes / median * 1e-9, bytes / (small.cpu < huge.cpu ? small.cpu : huge.cpu) * 1e-9,
           bytes / small.best * 1e-9, bytes / huge.best * 1e-9);
}

static void fma_peak(const char *isa, int threads, double seconds) {
    int wide = strcmp(isa, "avx512") == 0;
    if (wide ? !__builtin_cpu_supports("avx512f") : !__builtin_cpu_supports("fma")) {
        printf("{\"work\":\"fma\",\"error\":\"this processor has no %s\"}\n", isa);
        return;
    }
    Times t = timed(step, &(Work) {threads, wide ? 2 : 1, 0}, seconds);
    double flops = 2.0 * (wide ? 16 * 24 : 8 * 10) * STEPS * threads;
    printf("{\"work\":\"fma\",\"isa\":\"%s\",\"threads\":%d,\"gflop_per_s\":%.2f,\"gflop_per_s_median\":%.2f,\"gflop_per_cpu_s\":%.2f}\n", isa, threads,
           flops / t.best * 1e-9, flops / t.median * 1e-9, flops / t.cpu * 1e-9);
}

int main(void) {
    char line[4096], work[64], isa[64];
    setvbuf(stdout, 0, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        string(line, "work", "", work, sizeof work);
        string(line, "isa", __builtin_cpu_supports("avx512f") ? "avx512" : "avx2", isa, sizeof isa);
        int threads = (int) number(line, "threads", 1);
        double seconds = number(line, "seconds", 2);
        if (threads < 1 || threads > MOST) printf("{\"work\":\"%s\",\"error\":\"threads must be 1 to %d\"}\n", work, MOST);
        else if (strcmp(work, "quit") == 0) return 0;
        else if (strcmp(work, "read") == 0) read_bandwidth(threads, seconds);
        else if (strcmp(work, "fma") == 0) fma_peak(isa, threads, seconds);
        else printf("{\"work\":\"%s\",\"error\":\"unknown work; known: read, fma\"}\n", work);
    }
    return 0;
}
