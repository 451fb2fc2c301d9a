package dev.gavel.bench.io;

import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.llama.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Text to token ids and back, one thread: English, and texts that break careless tokenizers (one
/// endless piece). Before it is timed the ids are decoded and must give the text again.
///
///     ./gavel bench TokenizerBench -p text=english -p vocabulary=my-model
///
/// What to see: some MB/s for English, and no text below a tenth of that.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class TokenizerBench {
  @Param({"english", "spaces", "digits", "word", "emoji"})
  String text;

  /// A folder with a `tokenizer.json`; auto: the Llama-3 vocabulary of the test inputs, else a tiny
  /// one.
  @Param("auto")
  String vocabulary;

  private Tokenizer tokenizer;
  private String input;
  private int[] ids;

  @Setup
  public void setUp() throws IOException {
    Path folder = SampleTexts.vocabulary(vocabulary);
    tokenizer = Tokenizer.load(folder);
    input = SampleTexts.text(text);
    ids = tokenizer.encode(input);
    if (!tokenizer.decode(ids, true).equals(input)) {
      throw new IllegalStateException(text + ": decoding does not give the text again; not timed");
    }
    System.out.printf("# vocabulary of %d: %s%n", tokenizer.vocabularySize(), folder);
    new Load(bytes(input), 0).print(text);
  }

  private static double bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /// The bytes of the text.
  public static Load load(String text) throws IOException {
    return new Load(bytes(SampleTexts.text(text)), 0);
  }

  @Benchmark
  public int[] encode() {
    return tokenizer.encode(input);
  }

  @Benchmark
  public String decode() {
    return tokenizer.decode(ids, true);
  }
}
