// What the C peers share: one JSON object per line in, one per line out. See peer.py for the protocol.
#ifndef GAVEL_PEER_H
#define GAVEL_PEER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double clock_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static double now(void) { return clock_of(CLOCK_MONOTONIC); }

// The text after "key": in a flat object, or 0. Values here are numbers and plain strings.
static const char *value_of(const char *line, const char *key) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const char *at = strstr(line, quoted);
    if (!at) return 0;
    at += strlen(quoted);
    while (*at == ' ' || *at == ':') at++;
    return at;
}

static double number(const char *line, const char *key, double otherwise) {
    const char *at = value_of(line, key);
    return at ? atof(at) : otherwise;
}

static void string(const char *line, const char *key, const char *otherwise, char *to, size_t size) {
    const char *at = value_of(line, key);
    if (!at || *at != '"') {
        snprintf(to, size, "%s", otherwise);
        return;
    }
    size_t n = strcspn(at + 1, "\"");
    snprintf(to, size, "%.*s", (int) (n < size ? n : size - 1), at + 1);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

// Repeats `step` for `seconds` and at least `least` times; gives the best and the median duration, the least processor time of
// all threads together, and the count.
typedef struct { double best, median, cpu; int steps; } Times;

static Times timed(void (*step)(void *), void *state, double seconds, int least) {
    static double t[1 << 16];
    int n = 0;
    double end = now() + seconds, cpu = 1e300;
    if (least < 1) least = 1;
    if (least > 1 << 16) least = 1 << 16;
    while (n < least || (now() < end && n < (1 << 16))) {
        double start = now(), used = clock_of(CLOCK_PROCESS_CPUTIME_ID);
        step(state);
        t[n++] = now() - start;
        used = clock_of(CLOCK_PROCESS_CPUTIME_ID) - used;
        if (used < cpu) cpu = used;
    }
    qsort(t, n, sizeof *t, ascending);
    return (Times) {t[0], t[n / 2], cpu, n};
}

#endif
