// OpenBLAS' sgemm. The library is opened at run time; its core type is fixed for the process by OPENBLAS_CORETYPE
// (Haswell for AVX2, SkylakeX or Cooperlake for AVX-512), so one process measures one instruction set.
//
//   gcc -O2 openblas_peer.c -ldl -o openblas_peer && OPENBLAS_CORETYPE=Haswell ./openblas_peer PATH/libopenblas.so.0
//   {"work":"gemm","m":1024,"n":1024,"k":1024,"layout":"NT","threads":1,"seconds":1}  ->  {"gflop_per_s":...,...}
//
// Row-major; NT: B is stored [n, k]; TN: A is stored [k, m].
#include <dlfcn.h>

#include "peer.h"

typedef void Sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb, float beta,
                   float *c, int ldc);
enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

static Sgemm *sgemm;
static void (*set_threads)(int);
static char *(*core)(void);

typedef struct { int m, n, k, ta, tb; float *a, *b, *c; } Product;

static void step(void *state) {
    Product *p = state;
    sgemm(ROW_MAJOR, p->ta ? TRANSPOSED : PLAIN, p->tb ? TRANSPOSED : PLAIN, p->m, p->n, p->k, 1, p->a, p->ta ? p->m : p->k, p->b,
          p->tb ? p->k : p->n, 0, p->c, p->n);
}

static float *filled(size_t n, unsigned seed) {
    float *p = aligned_alloc(64, (n * sizeof *p + 63) / 64 * 64);
    if (!p) { fprintf(stderr, "out of memory\n"); exit(1); }
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        p[i] = (seed >> 8) * 0x1p-24f - 0.5f;
    }
    return p;
}

static void gemm(const char *line) {
    char layout[8];
    string(line, "layout", "NN", layout, sizeof layout);
    Product p = {(int) number(line, "m", 1024), (int) number(line, "n", 1024), (int) number(line, "k", 1024), layout[0] == 'T', layout[1] == 'T', 0, 0, 0};
    p.a = filled((size_t) p.m * p.k, 1);
    p.b = filled((size_t) p.n * p.k, 2);
    p.c = filled((size_t) p.m * p.n, 3);
    set_threads((int) number(line, "threads", 1));
    Times t = timed(step, &p, number(line, "seconds", 1), (int) number(line, "least", 3));
    double flops = 2.0 * p.m * p.n * p.k, check = 0; // the sum of squares, which other sides must have too
    for (size_t i = 0; i < (size_t) p.m * p.n; i++) check += (double) p.c[i] * p.c[i];
    printf("{\"work\":\"gemm\",\"core\":\"%s\",\"gflop_per_s\":%.3f,\"gflop_per_s_median\":%.3f,\"gflop_per_cpu_s\":%.3f,\"steps\":%d,\"check\":%.9g}\n", core(),
           flops / t.best * 1e-9, flops / t.median * 1e-9, flops / t.cpu * 1e-9, t.steps, check);
    free(p.a);
    free(p.b);
    free(p.c);
}

static void *symbol(void *library, const char *name) {
    void *s = dlsym(library, name);
    if (!s) { fprintf(stderr, "openblas_peer: %s\n", dlerror()); exit(1); }
    return s;
}

int main(int argc, char **argv) {
    void *library = dlopen(argc > 1 ? argv[1] : "libopenblas.so.0", RTLD_NOW);
    if (!library) { fprintf(stderr, "openblas_peer: %s\n", dlerror()); return 1; }
    sgemm = (Sgemm *) symbol(library, "cblas_sgemm");
    set_threads = (void (*)(int)) symbol(library, "openblas_set_num_threads");
    core = (char *(*)(void)) symbol(library, "openblas_get_corename");
    char line[4096], work[64];
    setvbuf(stdout, 0, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        string(line, "work", "", work, sizeof work);
        if (strcmp(work, "quit") == 0) return 0;
        else if (strcmp(work, "hello") == 0) printf("{\"work\":\"hello\",\"core\":\"%s\"}\n", core());
        else if (strcmp(work, "gemm") == 0) gemm(line);
        else printf("{\"work\":\"%s\",\"error\":\"unknown work; known: hello, gemm\"}\n", work);
    }
    return 0;
}
