// The part of the CUDA driver API that our Java code calls, on top of the emulator, as libcuda.so.1: host code (JCuda's
// JNI library included) runs unchanged; the kernels are those linked into this library.
//
// Streams run everything at once, unless they capture a graph. With SIMT_STREAMS=late in the environment they run it at
// the last moment that CUDA allows: when somebody waits for it. Whoever reads a result without waiting, or reuses pinned
// memory too early, then sees what a slow device would show.
#pragma once
#include "emulator.h"
#include "simt_api.h"

#include <chrono>
#include <deque>
#include <functional>

#define API extern "C" __attribute__((visibility("default"))) int

enum Status {
    success = 0, invalid_value = 1, out_of_memory = 2, invalid_ptx = 218, not_found = 500, not_ready = 600,
    illegal_address = 700, not_supported = 801, capture_unsupported = 900
};

using Operation = std::function<int()>;
using Graph = std::vector<Operation>;
using Pointer = unsigned long long;
struct Stream {
    Graph *graph = nullptr;
    std::deque<Operation> queue;
    long issued = 0, done = 0;
};
/** The moment when its stream has done `position` operations. */
struct Event {
    Stream *stream = nullptr;
    long position = 0;
    std::chrono::steady_clock::time_point when;
    bool pending() const { return stream && stream->done < position; }
};

constexpr size_t total_memory = size_t(4) << 30;

/** Runs it now or later, or puts it into the graph that the stream captures. */
int enqueue(Stream *s, Operation work);
/** Runs what the stream was given, up to `position`. Returns the first failure. */
int drain(Stream *s, long position);
int drain(Stream *s);
int drain_all();
inline char *memory(Pointer p) { return reinterpret_cast<char *>(p); }
