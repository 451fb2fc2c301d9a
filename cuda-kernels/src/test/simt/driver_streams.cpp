// Streams, events and graphs (from capture only). Not for several host threads at once, as our backend is not.
#include "driver.h"

#include <cstdlib>
#include <cstring>
#include <set>

static Stream default_stream;
static std::set<Stream *> &streams() {
    static std::set<Stream *> all{&default_stream};
    return all;
}
static bool late() {
    static const bool value = getenv("SIMT_STREAMS") && !strcmp(getenv("SIMT_STREAMS"), "late");
    return value;
}
static Stream *real(Stream *s) { return s ? s : &default_stream; }

int enqueue(Stream *stream, Operation work) {
    Stream *s = real(stream);
    if (s->graph) return s->graph->push_back(std::move(work)), success;
    if (!late()) return work();
    s->queue.push_back(std::move(work));
    s->issued++;
    return success;
}
int drain(Stream *s, long position) {
    int status = success;
    while (s->done < position) {
        const Operation work = std::move(s->queue.front());
        s->queue.pop_front();
        s->done++;
        if (const int e = work(); e && !status) status = e;
    }
    return status;
}
int drain(Stream *s) { return drain(real(s), real(s)->issued); }
int drain_all() {
    int status = success;
    for (Stream *s : streams()) if (const int e = drain(s); e && !status) status = e;
    return status;
}

/** For cublas.cpp. */
__attribute__((visibility("default"))) int emulator_enqueue(void *stream, Operation work) {
    return enqueue(static_cast<Stream *>(stream), std::move(work));
}

// --- streams --------------------------------------------------------------------------------------------------------

API cuStreamCreate(Stream **s, unsigned) { return streams().insert(*s = new Stream), success; }
API cuStreamCreateWithPriority(Stream **s, unsigned flags, int) { return cuStreamCreate(s, flags); }
API cuStreamDestroy_v2(Stream *s) {
    const int status = drain(s);
    return streams().erase(s), delete s, status;
}
API cuStreamSynchronize(Stream *s) { return real(s)->graph ? capture_unsupported : drain(s); }
API cuStreamQuery(Stream *s) { return real(s)->done < real(s)->issued ? not_ready : success; }
API cuStreamIsCapturing(Stream *s, int *status) { return *status = real(s)->graph != nullptr, success; }
API cuStreamWaitEvent(Stream *s, Event *e, unsigned) {
    return enqueue(s, [from = e->stream, at = e->position] { return from ? drain(from, at) : success; });
}
API cuLaunchHostFunc(Stream *s, void (*f)(void *), void *data) { return enqueue(s, [=] { return f(data), success; }); }

// --- events ---------------------------------------------------------------------------------------------------------

API cuEventCreate(Event **e, unsigned) { return *e = new Event, success; }
API cuEventDestroy_v2(Event *e) { return delete e, success; }
API cuEventRecord(Event *e, Stream *s) {
    const int status = enqueue(s, [=] { return e->when = std::chrono::steady_clock::now(), success; });
    return e->stream = real(s), e->position = real(s)->issued, status;
}
API cuEventQuery(Event *e) { return e->pending() ? not_ready : success; }
API cuEventSynchronize(Event *e) { return e->stream ? drain(e->stream, e->position) : success; }
API cuEventElapsedTime(float *ms, Event *from, Event *to) {
    if (from->pending() || to->pending()) return not_ready;
    return *ms = std::chrono::duration<float, std::milli>(to->when - from->when).count(), success;
}

// --- graphs ---------------------------------------------------------------------------------------------------------

API cuStreamBeginCapture_v2(Stream *s, int) { return s && !s->graph ? (s->graph = new Graph, success) : invalid_value; }
API cuStreamEndCapture(Stream *s, Graph **g) { return s->graph ? (*g = std::exchange(s->graph, nullptr), success) : invalid_value; }
API cuGraphInstantiateWithFlags(Graph **exec, Graph *g, unsigned long long) { return *exec = new Graph(*g), success; }
API cuGraphLaunch(Graph *g, Stream *s) {
    return enqueue(s, [=] {
        for (auto &work : *g) if (const int e = work()) return e;
        return int(success);
    });
}
API cuGraphDestroy(Graph *g) { return delete g, success; }
API cuGraphExecDestroy(Graph *g) {
    const int status = drain_all();
    return delete g, status;
}
