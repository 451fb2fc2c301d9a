// The machine's own limits: memory read bandwidth and f32 FMA peak. The shares in PERFORMANCE.md are shares of these.
//
//   gcc -O3 -pthread limits.c -o limits
//   {"work":"read","threads":2,"seconds":2}              -> {"gb_per_s":...}   the best of four plain readings: pages of 4 KiB or
//                                                           huge ones, one stream of addresses per thread or two
//   {"work":"fma","isa":"avx2|avx512","threads":2}       -> {"gflop_per_s":...}   of calls of "flops" operations, all threads together
//
// Instruction sets are chosen per function, not by -march, so that the program starts anywhere.
#include <immintrin.h>
#include <pthread.h>
#include <sys/mman.h>

#include "peer.h"

static size_t BYTES;
static long STEPS;
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

// Likewise both halves of the range at once: more of the memory's banks and of the prefetchers' streams are in use.
__attribute__((target("avx2"))) static float read_halves(const char *p, size_t n) {
    __m256 a = _mm256_setzero_ps(), b = a, c = a, d = a;
    const char *q = p + n / 2;
    for (size_t i = 0; i < n / 2; i += 64) {
        a = _mm256_add_ps(a, _mm256_load_ps((const float *) (p + i)));
        b = _mm256_add_ps(b, _mm256_load_ps((const float *) (p + i + 32)));
        c = _mm256_add_ps(c, _mm256_load_ps((const float *) (q + i)));
        d = _mm256_add_ps(d, _mm256_load_ps((const float *) (q + i + 32)));
    }
    float f[8];
    _mm256_storeu_ps(f, _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d)));
    return f[0] + f[5];
}

enum Kind { READ, READ_HALVES, FMA256, FMA512 };
typedef struct Work { int threads, kind; const char *buffer; } Work;
typedef struct { const Work *work; int id; } Part;

static void *part(void *arg) {
    const Part *p = arg;
    size_t share = BYTES / p->work->threads & ~4095UL;
    const char *mine = p->work->buffer + p->id * share;
    switch (p->work->kind) {
        case READ: sink = read_range(mine, share); break;
        case READ_HALVES: sink = read_halves(mine, share); break;
        case FMA256: sink = fma256(); break;
        default: sink = fma512();
    }
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

static void make_buffers(size_t bytes) {
    if (bytes == BYTES) return;
    if (small_pages) munmap(small_pages, BYTES);
    free(huge_pages);
    BYTES = bytes;
    small_pages = mmap(0, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(small_pages, BYTES, MADV_NOHUGEPAGE);
    huge_pages = aligned_alloc(2 << 20, BYTES);
    madvise(huge_pages, BYTES, MADV_HUGEPAGE);
    memset(small_pages, 0, BYTES);
    memset(huge_pages, 0, BYTES);
}

static void read_bandwidth(size_t asked, int threads, double seconds, int least) {
    make_buffers(asked & ~((2UL << 20) - 1));
    double bytes = (double) (BYTES / threads & ~4095UL) * threads, best = 1e300, median = 1e300, cpu = 1e300, small = 1e300, huge = 1e300;
    for (int i = 0; i < 4; i++) {
        Times t = timed(step, &(Work) {threads, i & 1 ? READ_HALVES : READ, i & 2 ? huge_pages : small_pages}, seconds / 4, least);
        double *pages = i & 2 ? &huge : &small;
        if (t.best < *pages) *pages = t.best;
        if (t.best < best) best = t.best;
        if (t.median < median) median = t.median;
        if (t.cpu < cpu) cpu = t.cpu;
    }
    printf("{\"work\":\"read\",\"threads\":%d,\"gb_per_s\":%.3f,\"gb_per_s_median\":%.3f,\"gb_per_cpu_s\":%.3f,\"small_pages\":%.3f,\"huge_pages\":%.3f}\n",
           threads, bytes / best * 1e-9, bytes / median * 1e-9, bytes / cpu * 1e-9, bytes / small * 1e-9, bytes / huge * 1e-9);
}

static void fma_peak(const char *isa, int threads, double asked, double seconds, int least) {
    int wide = strcmp(isa, "avx512") == 0;
    if (wide ? !__builtin_cpu_supports("avx512f") : !__builtin_cpu_supports("fma")) {
        printf("{\"work\":\"fma\",\"error\":\"this processor has no %s\"}\n", isa);
        return;
    }
    double per_step = 2.0 * (wide ? 16 * 24 : 8 * 10) * threads;
    STEPS = asked < per_step ? 1 : (long) (asked / per_step);
    Times t = timed(step, &(Work) {threads, wide ? FMA512 : FMA256, 0}, seconds, least);
    double flops = per_step * STEPS;
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
        double seconds = number(line, "seconds", 2), bytes = number(line, "bytes", 1 << 30), flops = number(line, "flops", 1e9 * threads);
        int least = (int) number(line, "least", 3);
        if (threads < 1 || threads > MOST) printf("{\"work\":\"%s\",\"error\":\"threads must be 1 to %d\"}\n", work, MOST);
        else if (bytes < 1 << 24) printf("{\"work\":\"%s\",\"error\":\"bytes must be at least %d\"}\n", work, 1 << 24);
        else if (strcmp(work, "quit") == 0) return 0;
        else if (strcmp(work, "read") == 0) read_bandwidth((size_t) bytes, threads, seconds, least);
        else if (strcmp(work, "fma") == 0) fma_peak(isa, threads, flops, seconds, least);
        else printf("{\"work\":\"%s\",\"error\":\"unknown work; known: read, fma\"}\n", work);
    }
    return 0;
}
