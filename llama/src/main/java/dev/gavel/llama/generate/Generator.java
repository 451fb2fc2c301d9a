package dev.gavel.llama.generate;

import dev.gavel.llama.Llama;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Backend.TokenChoice;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Continuous batching: takes requests, runs as many samples together as fit, and tells a
/// [Listener] of them. The samples of a prompt share the memory of its keys and values, and read
/// them once for all.
///
/// A sample depends on its request alone: the same bits whatever runs beside it, is added, finishes
/// or fails. Memory is fixed when the generator is made; a request begins when all that it can need
/// is free. One thread.
public final class Generator implements AutoCloseable {
  /// Tokens of one pass over prompts; bounds the activations.
  private static final int PREFILL_TOKENS = 512;

  private final Llama model;
  private final Tokenizer tokenizer;
  private final Limits limits;
  private final Listener listener;
  private final KvPool pool;
  private final Pages pages;
  private final TokenChooser chooser;
  private final Deque<Job> waiting = new ArrayDeque<>();
  private final List<Draw> running = new ArrayList<>();

  /// @param maxSamples most samples at once
  /// @param pages of [KvPool#PAGE] positions each
  public record Limits(int maxSamples, int pages) {
    public Limits {
      if (maxSamples < 1 || pages < 1) {
        throw new IllegalArgumentException(
            "the generator needs room for a sample and a page, found %d and %d"
                .formatted(maxSamples, pages));
      }
    }

    /// Room for `maxSamples` samples of a whole context each, or for what `bytes` hold.
    ///
    /// @param arithmetic the type of keys and values
    public static Limits of(LlamaConfig config, DType arithmetic, int maxSamples, long bytes) {
      long each = bytesPerPage(config, arithmetic);
      long whole = (long) maxSamples * pagesFor(config.maxPositionEmbeddings());
      long fit =
          Math.max(pagesFor(config.maxPositionEmbeddings()) > bytes / each ? 1 : 2, bytes / each);
      return new Limits(maxSamples, (int) Math.min(Math.min(whole, fit), Integer.MAX_VALUE));
    }

    /// Memory of a page of keys and values.
    public static long bytesPerPage(LlamaConfig c, DType arithmetic) {
      return 2L
          * arithmetic.bytes()
          * c.numHiddenLayers()
          * c.numKeyValueHeads()
          * c.headDim()
          * KvPool.PAGE;
    }
  }

  public Generator(Llama model, Tokenizer tokenizer, Limits limits, Listener listener) {
    LlamaConfig c = model.config();
    this.model = model;
    this.tokenizer = tokenizer;
    this.limits = limits;
    this.listener = listener;
    pool =
        model
            .device()
            .backend()
            .kvPool(
                model.device().arithmetic(),
                c.numHiddenLayers(),
                c.numKeyValueHeads(),
                c.headDim(),
                limits.pages);
    pages = new Pages(limits.pages);
    chooser = new TokenChooser(model.device());
  }

  private static int pagesFor(int tokens) {
    return (tokens + KvPool.PAGE - 1) / KvPool.PAGE;
  }

  /// Queues a request; one that can never run is told to the listener as failed.
  public void submit(Request request) {
    Job job = new Job(request);
    String reason = refusal(request);
    if (reason != null) {
      fail(job, reason);
    } else {
      waiting.add(job);
    }
  }

  private @org.jspecify.annotations.Nullable String refusal(Request r) {
    int context = model.config().maxPositionEmbeddings();
    if (r.prompt().length >= context) {
      return "the prompt has %d tokens, the context of this model holds %d with the answer"
          .formatted(r.prompt().length, context);
    }
    for (int id : r.prompt()) {
      if (id < 0 || id >= model.config().vocabSize()) {
        return "id %d of the prompt is outside the vocabulary of %d"
            .formatted(id, model.config().vocabSize());
      }
    }
    int need = pagesFor(r.prompt().length) + ownPages(r);
    if (need > pages.total()) {
      return "needs %d pages of %d positions for %d prompt tokens and max_new_tokens %d, there are %d; lower max_new_tokens"
          .formatted(need, KvPool.PAGE, r.prompt().length, r.maxNewTokens(), pages.total());
    }
    return null;
  }

  /// Requests and samples that are not done.
  public boolean busy() {
    return !waiting.isEmpty() || !running.isEmpty();
  }

  /// Requests that have not begun all their samples.
  public int queued() {
    return waiting.size();
  }

  /// Samples that the next step gives a token.
  public int running() {
    return running.size();
  }

  /// Works until nothing is left.
  public void run() {
    while (busy()) {
      step();
    }
  }

  /// Starts what fits, then gives every running sample one token.
  public void step() {
    admit();
    if (!running.isEmpty()) {
      decode();
    }
  }

  // ---------------------------------------------------------------- prompts

  private void admit() {
    while (!waiting.isEmpty() && running.size() < limits.maxSamples) {
      List<Job> fresh = new ArrayList<>();
      int tokens = 0;
      int samples = running.size();
      for (Job job : waiting) {
        if (job.promptPages.length == 0) {
          boolean room = fresh.isEmpty() || tokens + job.request.prompt().length <= PREFILL_TOKENS;
          if (!room || samples >= limits.maxSamples || !reservePrompt(job)) {
            break;
          }
          fresh.add(job);
          tokens += job.request.prompt().length;
        }
        samples += job.request.n() - job.started;
      }
      if (!fresh.isEmpty()) {
        prefill(fresh);
      }
      if (!startDraws() || fresh.isEmpty()) {
        return;
      }
    }
  }

  /// Sets aside the prompt's pages if at least one draw would fit as well.
  private boolean reservePrompt(Job job) {
    int prompt = pagesFor(job.request.prompt().length);
    int own = ownPages(job.request);
    if (!pages.reserve(prompt + own)) {
      return false;
    }
    pages.unreserve(own);
    job.promptPages = new int[prompt];
    for (int i = 0; i < prompt; i++) {
      job.promptPages[i] = pages.take();
    }
    return true;
  }

  /// Pages that a draw needs beside the full ones of its prompt.
  private int ownPages(Request r) {
    return pagesFor(longest(r)) - r.prompt().length / KvPool.PAGE;
  }

  /// Positions that a draw can come to use.
  private int longest(Request r) {
    return (int)
        Math.min(
            (long) r.prompt().length + r.maxNewTokens(), model.config().maxPositionEmbeddings());
  }

  private void prefill(List<Job> jobs) {
    if (jobs.size() == 1 && jobs.get(0).request.prompt().length > PREFILL_TOKENS) {
      prefillLong(jobs.get(0));
      return;
    }
    int[] start = new int[jobs.size()];
    int[][] tables = jobs.stream().map(j -> j.promptPages).toArray(int[][]::new);
    List<int[]> prompts = jobs.stream().map(j -> j.request.prompt()).toList();
    Ragged tokens = Ragged.of(prompts);
    try (Scope _ = Scope.open()) {
      Tensor hidden = model.hidden(ids(prompts), pool, new KvBatch(tokens, start, tables));
      Tensor last = hidden.gather(model.device().ofInts(tokens.lastTokens()));
      Tensor logits = model.logits(last);
      for (int i = 0; i < jobs.size(); i++) {
        Tensor row = logits.rows(i, i + 1);
        jobs.get(i).logits = Scope.outside(() -> row.to(row.dtype()));
      }
    }
  }

  private void prefillLong(Job job) {
    int[] prompt = job.request.prompt();
    for (int at = 0; at < prompt.length; at += PREFILL_TOKENS) {
      int[] part =
          java.util.Arrays.copyOfRange(prompt, at, Math.min(prompt.length, at + PREFILL_TOKENS));
      try (Scope _ = Scope.open()) {
        KvBatch batch =
            new KvBatch(
                Ragged.ofLengths(part.length), new int[] {at}, new int[][] {job.promptPages});
        Tensor hidden = model.hidden(model.device().ofInts(part), pool, batch);
        if (at + part.length == prompt.length) {
          Tensor logits = model.logits(hidden.rows(part.length - 1, part.length));
          job.logits = Scope.outside(() -> logits.to(logits.dtype()));
        }
      }
    }
  }

  private Tensor ids(List<int[]> sequences) {
    return model
        .device()
        .ofInts(sequences.stream().flatMapToInt(java.util.Arrays::stream).toArray());
  }

  // ---------------------------------------------------------------- draws

  /// Starts draws of the prompts that are ready, in order.
  ///
  /// @return whether the next prompt may be looked at
  private boolean startDraws() {
    while (!waiting.isEmpty()) {
      Job job = waiting.peek();
      if (job.logits == null) {
        return true;
      }
      startDraws(job, job.logits);
      if (!job.allStarted()) {
        return false;
      }
      waiting.remove();
      forgetPrompt(job);
    }
    return false;
  }

  private void startDraws(Job job, Tensor logits) {
    List<Draw> begun = new ArrayList<>();
    while (!job.allStarted() && running.size() + begun.size() < limits.maxSamples) {
      if (!pages.reserve(ownPages(job.request))) {
        break;
      }
      begun.add(begin(job));
    }
    if (begun.isEmpty()) {
      return;
    }
    List<TokenChooser.Ask> asks = begun.stream().map(Generator::ask).toList();
    TokenChoice[] choices = chooser.chooseFromOne(logits, asks);
    for (int i = 0; i < choices.length; i++) {
      if (job.failed) {
        release(begun.get(i));
      } else if (accept(begun.get(i), choices[i])) {
        running.add(begun.get(i));
      }
    }
  }

  private Draw begin(Job job) {
    Request r = job.request;
    TextTail text = new TextTail(tokenizer, r.stopStrings());
    Draw draw = new Draw(job, job.started++, text, pagesFor(longest(r)));
    draw.reserved = ownPages(r);
    draw.cached = r.prompt().length;
    int full = r.prompt().length / KvPool.PAGE;
    for (int i = 0; i < full; i++) {
      draw.pages[i] = job.promptPages[i];
      pages.share(draw.pages[i]);
    }
    draw.held = full;
    if (job.promptPages.length > full) {
      addPage(draw);
      pool.copyPage(job.promptPages[full], draw.pages[full]);
    }
    return draw;
  }

  private void addPage(Draw draw) {
    draw.pages[draw.held++] = pages.take();
    draw.reserved--;
  }

  private void forgetPrompt(Job job) {
    for (int page : job.promptPages) {
      pages.release(page);
    }
    job.promptPages = new int[0];
    if (job.logits != null) {
      job.logits.close();
      job.logits = null;
    }
  }

  private static TokenChooser.Ask ask(Draw draw) {
    Sampling s = draw.job.request.sampling();
    return new TokenChooser.Ask(s, s.greedy() ? 0 : draw.job.uniform(draw.number, draw.count()));
  }

  // ---------------------------------------------------------------- decode

  private void decode() {
    List<Draw> batch = List.copyOf(running);
    int n = batch.size();
    int[] next = new int[n];
    int[] start = new int[n];
    int[] ones = new int[n];
    int[][] tables = new int[n][];
    for (int i = 0; i < n; i++) {
      Draw d = batch.get(i);
      if (d.cached == d.held * KvPool.PAGE) {
        addPage(d);
      }
      next[i] = d.last();
      start[i] = d.cached++;
      ones[i] = 1;
      tables[i] = d.pages;
    }
    KvBatch kv = new KvBatch(Ragged.ofLengths(ones), start, tables);
    TokenChoice[] choices =
        model
            .device()
            .backend()
            .step(() -> {
              try (Scope _ = Scope.open()) {
                return choose(model.hidden(model.device().ofInts(next), pool, kv), batch);
              }
            });
    running.clear();
    for (int i = 0; i < n; i++) {
      Draw d = batch.get(i);
      if (d.job.failed) {
        release(d);
      } else if (accept(d, choices[i])) {
        running.add(d);
      }
    }
    running.stream().filter(d -> d.job.failed).forEach(this::release);
    running.removeIf(d -> d.job.failed);
  }

  /// Rows of logits at a time, so that their memory is bounded.
  private static final int LOGIT_ROWS = 64;

  private TokenChoice[] choose(Tensor hidden, List<Draw> batch) {
    TokenChoice[] choices = new TokenChoice[batch.size()];
    for (int at = 0; at < choices.length; at += LOGIT_ROWS) {
      int end = Math.min(choices.length, at + LOGIT_ROWS);
      try (Scope _ = Scope.open()) {
        Tensor logits = model.logits(hidden.rows(at, end));
        List<TokenChooser.Ask> asks = batch.subList(at, end).stream().map(Generator::ask).toList();
        System.arraycopy(chooser.choose(logits, asks), 0, choices, at, end - at);
      }
    }
    return choices;
  }

  /// Gives a draw its next token.
  ///
  /// @return whether it goes on
  private boolean accept(Draw draw, TokenChoice choice) {
    Request r = draw.job.request;
    if (choice.id() < 0) {
      release(draw);
      fail(
          draw.job,
          "the model's logits after %d tokens are not numbers; the weights or the prompt's ids are damaged"
              .formatted(draw.cached));
      return false;
    }
    boolean stopString = draw.append(choice.id(), choice.logprob());
    boolean stop = stopString || r.stopIds().contains(choice.id());
    boolean full = r.prompt().length + draw.count() >= longest(r);
    String fresh = draw.fresh();
    if (!fresh.isEmpty()) {
      listener.text(r, draw.number, fresh);
    }
    if (!stop && !full) {
      return true;
    }
    finish(draw, stop ? FinishReason.STOP : FinishReason.LENGTH);
    return false;
  }

  private void finish(Draw draw, FinishReason reason) {
    Sample sample = draw.finish(reason);
    String rest = draw.fresh();
    if (!rest.isEmpty()) {
      listener.text(draw.job.request, draw.number, rest);
    }
    release(draw);
    listener.sample(draw.job.request, sample);
    if (draw.job.complete(sample)) {
      listener.finished(draw.job.request, draw.job.samples());
    }
  }

  private void release(Draw draw) {
    for (int i = 0; i < draw.held; i++) {
      pages.release(draw.pages[i]);
    }
    draw.held = 0;
    pages.unreserve(draw.reserved);
    draw.reserved = 0;
  }

  private void fail(Job job, String reason) {
    if (!job.failed) {
      job.failed = true;
      listener.failed(job.request, reason);
    }
  }

  @Override
  public void close() {
    waiting.forEach(this::forgetPrompt);
    pool.close();
  }
}
