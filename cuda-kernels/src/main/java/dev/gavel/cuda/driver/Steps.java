package dev.gavel.cuda.driver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/// Sends what repeats from step to step as CUDA graphs: one call of the driver in place of a
/// hundred.
///
/// Inside a step nothing is sent at once. A launch, product, fill or copy is written down as a few
/// words: what, how large, with which values. When there are enough, or when somebody waits, this
/// stretch of commands is compared with those that were sent before:
///
/// ```
/// never seen          its commands are sent one by one, as without graphs
/// seen once           they are captured into a graph, which is sent
/// seen more often     the graph is sent
/// ```
///
/// A graph stands for its commands word by word, addresses and values included, so it may take
/// their place whenever the words are equal, and nothing has to be thrown away when memory changes
/// hands. What differs from step to step, like ids and lists of pages, must therefore come by
/// uploads, which read fixed places of pinned memory ([Staging]); a step of other shapes is a
/// stretch never seen.
///
/// The first stretches of a step are short: the device begins while the host still writes.
final class Steps implements AutoCloseable {
  /// Commands of the first stretch; each is twice as long as the one before, up to `MOST`.
  private static final int FIRST = 16;

  private static final int MOST = 128;

  /// Stretches that are remembered; the one that was not needed for the longest time goes.
  private static final int KEPT = 192;

  /// Something that goes on the stream.
  interface Command {
    /// Sends it.
    ///
    /// @param at where its words begin
    void send(long[] words, int at);
  }

  private final CudaContext context;
  private final boolean wanted;
  private final List<Command> kinds = new ArrayList<>();
  private final LinkedHashMap<Stretch, Stretch> known = new LinkedHashMap<>(64, 0.75f, true);
  private final List<CUgraphExec> retired = new ArrayList<>();
  private final Stretch stretch = new Stretch();
  private int limit;
  private boolean inStep;
  private boolean sent;
  private @Nullable String broken;
  private long singly;
  private long captured;
  private long launched;

  /// @param wanted false: a step is nothing special
  Steps(CudaContext context, boolean wanted) {
    this.context = context;
    this.wanted = wanted;
  }

  /// Some commands, one after the other.
  private static final class Stretch {
    private long[] words = new long[2048];
    private int[] starts = new int[MOST];
    private int length;
    private int commands;
    private long hash;
    private @Nullable CUgraphExec graph;

    Stretch copy() {
      Stretch s = new Stretch();
      s.words = Arrays.copyOf(words, length);
      s.starts = new int[0];
      s.length = length;
      s.commands = commands;
      s.hash = hash;
      return s;
    }

    void clear() {
      length = 0;
      commands = 0;
    }

    void hash() {
      long h = commands;
      for (int i = 0; i < length; i++) {
        h = 0x9e3779b97f4a7c15L * (h ^ words[i]);
        h ^= h >>> 32;
      }
      hash = h;
    }

    @Override
    public int hashCode() {
      return (int) hash;
    }

    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Stretch s
          && hash == s.hash
          && Arrays.equals(words, 0, length, s.words, 0, s.length);
    }
  }

  // ---------------------------------------------------------------- writing down

  /// Makes a kind of command known.
  ///
  /// @return its number, for [#open]
  int register(Command kind) {
    kinds.add(kind);
    return kinds.size() - 1;
  }

  /// Whether commands are written down; else they are to be sent.
  boolean recording() {
    return inStep;
  }

  /// Begins a command.
  ///
  /// @param count of its words
  /// @return where they are to stand among [#words]
  int open(int kind, int count) {
    Stretch s = stretch;
    int at = s.length;
    if (at + count + 1 > s.words.length) {
      s.words = Arrays.copyOf(s.words, Math.max(at + count + 1, 2 * s.words.length));
    }
    s.words[at] = kind;
    s.length = at + 1 + count;
    s.starts[s.commands++] = at;
    return at + 1;
  }

  long[] words() {
    return stretch.words;
  }

  /// Ends a command, whose words stand now.
  void written() {
    if (stretch.commands == limit) {
      flush();
      limit = Math.min(MOST, 2 * limit);
    }
  }

  // ---------------------------------------------------------------- steps

  /// Begins a step.
  ///
  /// @return false if that is nothing special: graphs are off, somebody watches, or one is begun
  boolean begin() {
    if (!wanted || inStep || broken != null || context.observer() != null) {
      return false;
    }
    if (sent) {
      context.stream().synchronize(); // the pinned memory of uploads is used anew
    }
    retire();
    limit = FIRST;
    inStep = true;
    return true;
  }

  /// Ends the step and sends what is left of it.
  void end() {
    try {
      flush();
    } finally {
      inStep = false;
    }
  }

  /// Sends what is written down. After this a call of the driver has the place in the order of the
  /// stream that it seems to have.
  void flush() {
    if (stretch.commands == 0) {
      return;
    }
    try {
      context.bind();
      sent = true;
      play();
    } finally {
      stretch.clear(); // what failed is not sent again
    }
  }

  /// The stream has come to its end.
  void waited() {
    sent = false;
  }

  private void play() {
    stretch.hash();
    Stretch same = known.get(stretch);
    if (same == null) {
      remember(stretch.copy());
      send();
      singly++;
      return;
    }
    if (same.graph == null && broken == null) {
      same.graph = capture();
    }
    if (same.graph == null) {
      send();
      singly++;
      return;
    }
    launched++;
    int code = JCudaDriver.cuGraphLaunch(same.graph, context.stream().handle());
    if (code != 0) {
      throw Driver.failure(
          code,
          "a graph of "
              + stretch.commands
              + " commands; -Dgavel.cuda.graphs=false sends them one by one");
    }
  }

  private void send() {
    for (int i = 0; i < stretch.commands; i++) {
      int at = stretch.starts[i];
      kinds.get((int) stretch.words[at]).send(stretch.words, at + 1);
    }
  }

  /// A graph of the stretch. Its commands were sent before, so kernels and products are loaded and
  /// nothing but launches is left to do.
  ///
  /// @return null when the driver does not want: then there are no more graphs, and [#whyBroken]
  ///   tells
  private @Nullable CUgraphExec capture() {
    CUgraph graph = new CUgraph();
    CUgraphExec exec = new CUgraphExec();
    String failed = record(graph);
    if (failed == null) {
      int code = JCudaDriver.cuGraphInstantiate(exec, graph, 0);
      failed = code == 0 ? null : "cuGraphInstantiate: " + Driver.words(code);
      JCudaDriver.cuGraphDestroy(graph);
    }
    if (failed != null) {
      broken = failed;
      return null;
    }
    captured++;
    return exec;
  }

  /// @return what went wrong
  private @Nullable String record(CUgraph graph) {
    Stream stream = context.stream();
    int code =
        JCudaDriver.cuStreamBeginCapture(
            stream.handle(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED);
    if (code != 0) {
      return "cuStreamBeginCapture: " + Driver.words(code);
    }
    String failed = null;
    try {
      send();
    } catch (CudaFailure e) {
      failed = "while capturing: " + e.getMessage();
    }
    code = JCudaDriver.cuStreamEndCapture(stream.handle(), graph);
    if (code == 0 && failed != null) {
      JCudaDriver.cuGraphDestroy(graph);
    }
    return failed == null && code != 0 ? "cuStreamEndCapture: " + Driver.words(code) : failed;
  }

  private void remember(Stretch s) {
    known.put(s, s);
    if (known.size() > KEPT) {
      Map.Entry<Stretch, Stretch> eldest = known.firstEntry();
      known.remove(eldest.getKey());
      if (eldest.getValue().graph != null) {
        retired.add(eldest.getValue().graph); // the device may still be at it
      }
    }
  }

  private void retire() {
    for (CUgraphExec g : retired) {
      Driver.check(JCudaDriver.cuGraphExecDestroy(g), "cuGraphExecDestroy");
    }
    retired.clear();
  }

  // ---------------------------------------------------------------- what happened

  /// Why there are no graphs any more; null while there are.
  @Nullable String whyBroken() {
    return broken;
  }

  StepCounts counts() {
    return new StepCounts(singly, captured, launched);
  }

  /// The stream must have come to its end.
  @Override
  public void close() {
    for (Stretch s : known.values()) {
      if (s.graph != null) {
        retired.add(s.graph);
      }
    }
    known.clear();
    retire();
  }
}
