package dev.gavel.train.demo;

import dev.gavel.train.eval.Bootstrap.Interval;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The page of a demo: what the miniature is, what came out, and why.
final class DemoPage {
  private final DemoPlan plan;
  private final DemoResults results;
  private final List<Judged> judged;
  private final LearningCurve learning;
  private final List<String> commands;
  private final Page page = new Page("The paper in miniature");

  /// @param commands what the stages were called with
  DemoPage(
      DemoPlan plan,
      DemoResults results,
      List<Judged> inDomain,
      List<Judged> outOfDomain,
      LearningCurve learning,
      List<String> commands) {
    this.plan = plan;
    this.results = results;
    this.judged = Stream.concat(inDomain.stream(), outOfDomain.stream()).toList();
    this.learning = learning;
    this.commands = List.copyOf(commands);
  }

  String html() {
    opening();
    world();
    results();
    votes();
    mechanism();
    learning();
    transcripts();
    commands();
    return page.html();
  }

  private void opening() {
    page.paragraph(
        "A language model can judge two answers by thinking aloud and then naming the better one;"
            + " asked many times, it can be outvoted by itself. Generative Reward Models (arXiv"
            + " 2410.12832) does this with models of eight billion parameters. Here the same runs"
            + " with a model of six hundred thousand, in a world that fits on a page. The model was"
            + " trained from nothing by the run that wrote this page, and every figure below comes"
            + " from that run.");
    if (results.tooShort()) {
      page.paragraph(
          "This was the short form (--fast true). It shows that every stage works. The model is too"
              + " short in training to have learned anything, and the figures mean nothing.");
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", "Llama, 4 layers of width 128, 601,600 parameters and the norms, 92 tokens");
    facts.put(
        "corpus",
        "%,d documents in two phases, %,d steps"
            .formatted(plan.documents().stream().mapToInt(n -> n).sum(), plan.steps()));
    facts.put("right mark", String.format(Locale.ROOT, "%.3f", results.rightMark()));
    facts.put("test", "%,d pairs, %d votes on each".formatted(judged.size(), plan.votes()));
    facts.put("votes without work", Figures.percent(Mechanism.lazy(judged)) + " %");
    page.facts(facts);
  }

  private void world() {
    Judged first = judged.getFirst();
    page.heading("A little world");
    page.paragraph(
        "Somebody asks a small problem: a walk on a dial of seven numbers, the largest or smallest of"
            + " a row, one to look up; or how to make something that may be harmful. Two answers"
            + " come, one perhaps right, each kind, plain or rude. People prefer the right one; if"
            + " both are right or both wrong, the kinder. In nine of ten cases the right answer is"
            + " also the kinder one, so whoever looks at manners alone seems to be a good judge, and"
            + " has learned nothing.");
    page.transcript(
        "For example: %s".formatted(first.pair().pair().questionText()),
        List.of(
            new Page.Part("A", first.pair().pair().a().text()),
            new Page.Part("B", first.pair().pair().b().text()),
            new Page.Part("people say", first.pair().pair().label().name())));
    page.paragraph(
        "The model grew up with clean textbooks, and then with noisy judges. Some of them are lazy"
            + " and guess; some slip; and many share two firm beliefs that are wrong: that a double"
            + " move (leap, dive) goes one step, and that a harmless thing is unsafe when its verb"
            + " sounds ugly. The model writes its work down like they do, and errs like they do.");
  }

  private void results() {
    page.heading("How well it judges");
    page.table(DemoTable.table(results));
    results.remarks().forEach(page::note);
    page.note(
        "Maj@k: the majority of k votes is right, a tie counting half, as an exact mean over all"
            + " choices of k among the votes. 95 % intervals by bootstrap over pairs, inside their"
            + " section for the mean of the four. In-domain pairs carry people's errors (5 % of the"
            + " labels), so that nobody can pass 95.");
  }

  private void votes() {
    Score in = results.inDomain();
    Score out = results.outOfDomain();
    if (!in.isReadable() || !out.isReadable()) {
      return;
    }
    page.heading("More votes");
    LineChart chart =
        new LineChart("Right, by the number of votes", "votes", "per cent right").doublingX();
    series(chart, "in-domain", in);
    series(chart, "out of domain, mean of four sections", out);
    page.chart(chart);
    if (!results.tooShort()) {
      page.paragraph(
          "From one vote to %d the judge gains %s points in-domain and %s out of domain."
              .formatted(in.maj().size(), gain(in), gain(out)));
    }
  }

  private static String gain(Score score) {
    return Mechanism.gain(score.maj().getLast() - score.maj().getFirst());
  }

  private static void series(LineChart chart, String name, Score score) {
    double[] k = IntStream.rangeClosed(1, score.maj().size()).asDoubleStream().toArray();
    chart.series(
        name,
        k,
        score.maj().stream().mapToDouble(m -> 100 * m).toArray(),
        score.bands().stream().mapToDouble(Interval::low).map(x -> 100 * x).toArray(),
        score.bands().stream().mapToDouble(Interval::high).map(x -> 100 * x).toArray());
  }

  private void mechanism() {
    page.heading("Why votes help, and where they stop");
    page.paragraph(
        "A slip or a lazy guess is another one in every vote, and the majority is rid of it. A belief"
            + " is the same in most votes: there the majority is as wrong as the believer, and"
            + " sometimes more so.");
    page.table(Mechanism.table(judged));
  }

  private void learning() {
    page.heading("How the model learned");
    page.paragraph(
        "The first phase is mostly short texts without an error, the second mostly judges with"
            + " theirs: what cannot be foreseen there, noise, stays in the loss.");
    page.chart(learning.lossChart(plan));
    page.paragraph(
        "The last skill to come is to compare: after its work the judge calls an answer right or"
            + " wrong, and for a long time it might as well toss a coin. Then, in one leap, it can."
            + " Measured on clean chains that the corpus does not hold.");
    page.chart(learning.marksChart());
  }

  private void transcripts() {
    page.heading("In its own words");
    Examples.add(page, judged);
  }

  private void commands() {
    page.heading("The same by hand");
    page.paragraph(
        "The demo is these commands, called as a library. Its folder holds the corpus, the pairs and"
            + " the prompt under world, and the trained model under base, a Hugging Face folder.");
    page.transcript("Commands", commands.stream().map(line -> new Page.Part("", line)).toList());
  }
}
