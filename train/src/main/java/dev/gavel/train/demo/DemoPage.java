package dev.gavel.train.demo;

import dev.gavel.train.eval.Bootstrap.Interval;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import dev.gavel.train.stage.Stage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/// The page of a demo: what the miniature is, what came out, and why.
final class DemoPage {
  private final DemoPlan plan;
  private final DemoResults results;
  private final List<Judged> judged;
  private final LearningCurve learning;
  private final Stage base;
  private final Page page = new Page("The paper in miniature");

  /// @param base what the base model was trained with
  DemoPage(DemoPlan plan, DemoResults results, LearningCurve learning, Stage base) {
    this.plan = plan;
    this.results = results;
    this.judged = results.zeroShot().judged();
    this.learning = learning;
    this.base = base;
  }

  String html() {
    opening();
    world();
    methods();
    results();
    manners();
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
            + " asked many times, it can be outvoted by itself. The usual way is another: train a"
            + " reward model on what people preferred. Generative Reward Models (arXiv 2410.12832)"
            + " compares the two with models of eight billion parameters. Here the same runs with a"
            + " model of six hundred thousand, in a world that fits on a page. Every model was"
            + " trained by the run that wrote this page, the first of them from nothing, and every"
            + " figure below comes from that run.");
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
    facts.put("preferences", "%,d pairs to learn from".formatted(World.SPLITS * plan.perSplit()));
    facts.put("test", "%,d pairs, drawn apart from those".formatted(judged.size()));
    facts.put("votes", "%d on each pair".formatted(plan.votes()));
    page.facts(facts);
  }

  private void world() {
    Pair first = judged.getFirst().pair().pair();
    page.heading("A little world");
    page.paragraph(
        "Somebody asks a small problem: a walk on a dial of seven numbers, the largest or smallest of"
            + " a row, one to look up; or how to make something that may be harmful. Two answers"
            + " come, one perhaps right, each kind, plain or rude. People prefer the right one; if"
            + " both are right or both wrong, the kinder. In nine of ten cases the right answer is"
            + " also the kinder one, so whoever looks at manners alone seems to be a good judge, and"
            + " has learned nothing.");
    page.transcript(
        "For example: %s".formatted(first.questionText()),
        List.of(
            new Page.Part("A", first.a().text()),
            new Page.Part("B", first.b().text()),
            new Page.Part("people say", first.label().name())));
    page.paragraph(
        "The model grew up with clean textbooks, and then with noisy judges. Some of them are lazy"
            + " and guess; some slip; and many share two firm beliefs that are wrong: that a double"
            + " move (leap, dive) goes one step, and that a harmless thing is unsafe when its verb"
            + " sounds ugly. The model writes its work down like they do, and errs like they do.");
    page.paragraph(
        "The test has two halves. In-domain pairs are like those that people were asked about. Four"
            + " sections are not: in Chat the right answer is always the kinder one, in Chat Hard"
            + " only in a quarter of the pairs; Safety asks about things that the preferences never"
            + " mention, harmful and harmless; Reasoning has longer problems and another operation,"
            + " and manners that say nothing. OOD mean is the plain mean of the four.");
  }

  private void methods() {
    page.heading("What is compared");
    Table table = new Table("Ways to tell the better of two answers").text("method").text("how");
    results.headline().forEach(result -> table.row(result.name(), result.method().about()));
    page.table(table);
  }

  private void results() {
    page.heading("How well they judge");
    page.table(DemoTable.scores(results));
    results.remarks().forEach(page::note);
    page.note(
        "Of judges that vote the columns of sections are the majority of all votes, a tie counting"
            + " half; Maj@1 is one vote, the mean over all of them. In-domain pairs carry people's"
            + " errors (5 % of the labels), so that nobody can pass 95. Manners alone: what a judge"
            + " would earn that prefers the kinder answer, and refusals, and reads nothing else.");
    page.heading("What that shows");
    Table claims = new Table("Claims of the paper").text("claim").text("here").text("because");
    results.claims().forEach(c -> claims.row(c.text(), c.status().toString(), c.figures()));
    page.table(claims);
    page.table(DemoTable.differences(results));
    page.note(
        "A difference counts as shown where its interval leaves zero out. Both methods judge the same"
            + " pairs and are resampled together, so that a pair that is hard for both weighs on"
            + " neither; inside their section for the mean of the four.");
    page.table(DemoTable.intervals(results));
    page.note("By bootstrap over pairs, 10,000 resamples.");
  }

  private void manners() {
    page.heading("What the explicit models have learned");
    page.paragraph(
        "The preferences reward two things: being right, which takes work, and being kind, which one"
            + " can see. A model that must answer at once takes what it can see. How often each"
            + " method chooses as manners alone would tells how much else it reads: near 100 in"
            + " every column is a model of manners, whatever it scores in-domain.");
    page.table(DemoTable.agreement(results));
  }

  private void votes() {
    List<MethodResult> voting =
        results.voting().stream()
            .filter(r -> r.inDomain().isReadable() && r.outOfDomain().isReadable())
            .toList();
    if (voting.isEmpty()) {
      return;
    }
    page.heading("More votes");
    LineChart chart =
        new LineChart("Right, by the number of votes", "votes", "per cent right").doublingX();
    for (MethodResult result : voting) {
      series(chart, result.name() + ", in-domain", result.inDomain());
      series(chart, result.name() + ", OOD mean", result.outOfDomain());
    }
    page.chart(chart);
    if (!results.tooShort()) {
      for (MethodResult result : voting) {
        page.paragraph(
            "From one vote to %d %s gains %s points in-domain and %s out of domain."
                .formatted(
                    result.votes(),
                    result.name(),
                    gain(result.inDomain()),
                    gain(result.outOfDomain())));
      }
    }
  }

  private static String gain(Score score) {
    return Difference.points(score.accuracy() - score.maj().getFirst());
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
            + " sometimes more so. Of the zero-shot judge's votes %s %% guess without any work."
                .formatted(Figures.percent(Mechanism.lazy(judged))));
    page.table(Mechanism.table(judged));
  }

  private void learning() {
    page.heading("How the base model learned");
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
    page.paragraph("What the zero-shot judge wrote.");
    Examples.add(page, judged);
  }

  private void commands() {
    page.heading("The same by hand");
    page.paragraph(
        "The demo is these commands, called as a library. Its folder holds the corpus, the pairs and"
            + " the prompts under world, and every model as a Hugging Face folder.");
    page.transcript("The base model", List.of(new Page.Part("", base.line())));
    for (MethodResult result : results.methods()) {
      page.transcript(
          result.name(),
          result.method().stages().stream().map(s -> new Page.Part("", s.line())).toList());
    }
  }
}
