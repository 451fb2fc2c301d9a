package dev.gavel.train.demo;

import dev.gavel.train.report.Figures;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import dev.gavel.train.stage.Stage;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// The page of a demo, for a reader of the paper: what came out, beside what the paper found, and
/// why. Every number is of the run, and leads to words that were said in it.
final class DemoPage {
  private static final int CONTRASTS = 6;

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
    page.contents();
    headline();
    claims();
    world();
    figures();
    votes();
    rounds();
    contrast();
    manners();
    mechanism();
    learning();
    transcripts();
    commands();
    return page.html();
  }

  private void opening() {
    page.paragraph(
        "Train a reward model on what people preferred, or let a language model think aloud and then"
            + " name the better answer? Generative Reward Models (arXiv 2410.12832) asks that of"
            + " models of eight billion parameters. This page asks it of a model of six hundred"
            + " thousand, in a world that fits on a page, with every method of the paper.");
    page.paragraph(
        "Every model was trained by the run that wrote this page, the first of them from random"
            + " weights, and every figure comes from that run; only columns and marks that say so"
            + " hold the paper's own values. A number leads to words behind it.");
    if (results.tooShort()) {
      page.paragraph(
          "This was the short form (--fast true): too short to learn. It shows that every stage"
              + " works; the figures mean nothing.");
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", "Llama, 4 layers of width 128, 601,600 parameters and the norms, 92 tokens");
    facts.put(
        "corpus",
        "%,d documents in two phases, %,d steps"
            .formatted(plan.documents().stream().mapToInt(n -> n).sum(), plan.steps()));
    facts.put("preferences", "%,d pairs to learn from".formatted(World.SPLITS * plan.perSplit()));
    facts.put("test", "%,d pairs, drawn apart from those".formatted(judged.size()));
    facts.put(
        "votes",
        "%d on each pair; %d where rounds are compared".formatted(plan.votes(), plan.someVotes()));
    facts.put("right mark", String.format(Locale.ROOT, "%.3f", results.rightMark()));
    page.facts(facts);
  }

  private void headline() {
    page.heading("The result");
    page.table(PageTables.headline(results));
    results.remarks().forEach(page::note);
    page.note(
        "Of judges that vote, sections count the majority of all votes, a tie half; Maj@1 is one"
            + " vote. In-domain labels err in 5 % of the pairs, so nobody can pass 95. Manners alone:"
            + " what a judge would earn that prefers the kinder answer, and refusals, and reads"
            + " nothing else. Intervals are by bootstrap over pairs, 10,000 resamples. The paper's"
            + " values are UltraFeedback and RewardBench, models trained on UltraFeedback.");
    Table methods = new Table("The methods").text("method").text("how it judges");
    results.headline().forEach(r -> methods.row(r.name(), r.method().about()));
    page.table(methods);
  }

  private void claims() {
    page.heading("The paper's claims, here");
    Map<Claim.Status, Long> tally =
        results.claims().stream()
            .collect(Collectors.groupingBy(Claim::status, Collectors.counting()));
    page.paragraph(
        "Of %d claims %s."
            .formatted(
                results.claims().size(),
                Arrays.stream(Claim.Status.values())
                    .map(status -> tally.getOrDefault(status, 0L) + " " + status)
                    .collect(Collectors.joining(", "))));
    for (Claim claim : results.claims()) {
      String paper = claim.paper().isEmpty() ? "" : " The paper: " + claim.paper() + ".";
      page.claim(
          switch (claim.status()) {
            case SHOWN -> Page.Standing.YES;
            case NOT_SHOWN -> Page.Standing.NO;
            case NOT_DECIDABLE -> Page.Standing.OPEN;
          },
          claim.status().toString(),
          claim.text(),
          claim.here() + paper,
          claim.evidence().stream()
              .map(e -> new Page.Link(e.text(), Transcripts.anchor(e.of(), e.part())))
              .toList());
    }
    page.note(
        "Differences are in points, with 95 % intervals. Both methods judge the same pairs and are"
            + " resampled together, inside their section for the mean of the four; two that vote are"
            + " compared with as many votes of each. A claim is shown where every interval lies on"
            + " its side of zero, not shown where one lies on the other side, and not decidable where"
            + " neither is so.");
    page.table(DemoTable.differences(results));
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

  private void figures() {
    page.heading("In and out of domain");
    page.paragraph(
        "The paper's Fig. 2. Grey is the base model as it came, the next three are explicit reward"
            + " models, the last three have learned to reason. The line on a bar is its interval; the"
            + " dashed line is a coin.");
    page.chart(PageCharts.overview(results));
    page.chart(PageCharts.sections(results));
    page.paragraph(
        "The paper's Fig. 4 does the same with training data about reasoning. The miniature has one"
            + " set of preferences, which are about problems too; the paper's values are those of its"
            + " models trained on UltraInteract.");
    page.chart(PageCharts.reasoning(results));
  }

  private void votes() {
    page.heading("More votes");
    page.paragraph(
        "The paper's Fig. 5. From one vote to 32 its STaR-DPO gains 1.6 points on UltraFeedback and"
            + " 3.8 on RewardBench.");
    for (boolean inDomain : List.of(true, false)) {
      LineChart chart = PageCharts.votes(results, inDomain);
      page.chart(chart);
    }
    if (!results.tooShort()) {
      for (MethodResult result : results.voting()) {
        if (result.inDomain().isReadable() && result.outOfDomain().isReadable()) {
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
  }

  private static String gain(Score score) {
    return Figures.points(score.accuracy() - score.maj().getFirst());
  }

  private void rounds() {
    page.heading("Round by round");
    page.paragraph(
        "The paper's Table 3. Each round samples chains on a third of the preferences that no other"
            + " round has seen, keeps what the labels say is right (DPO: pairs of a right chain and a"
            + " wrong one), and goes on with the model that this makes.");
    page.table(PageTables.rounds(results, plan.someVotes()));
    if (PageTables.hasBootstraps(results)) {
      page.paragraph(
          "The paper's Table 1: STaR-SFT whose first round learns another judge's chains. There the"
              + " other is Llama-3.1-70B or GPT-4; here it is a better judge that speaks the same way"
              + " (kin) or another (foreign).");
      page.table(PageTables.bootstraps(results, plan.someVotes()));
    }
    page.note(
        "The paper's values are majorities of 32 votes, models trained on UltraFeedback, on"
            + " UltraFeedback and on RewardBench. --bootstraps foreign,kin,weak,full runs the other"
            + " sources.");
  }

  private void contrast() {
    results.headline().stream()
        .filter(r -> r.method().role() == Method.Role.DPO)
        .findFirst()
        .ifPresent(dpo -> {
          MethodResult judge = results.zeroShot();
          page.heading("The same pair, two judges");
          page.paragraph(
              "Like the paper's Fig. 3: pairs that the majority of %s gets wrong and that of %s right."
                  .formatted(judge.name(), dpo.name()));
          int there = Transcripts.contrast(page, judge, dpo, CONTRASTS);
          int back = Transcripts.contrast(new Page(""), dpo, judge, 0);
          page.note(
              "Such pairs with a true label: %d. The other way round: %d.".formatted(there, back));
        });
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

  private void mechanism() {
    page.heading("Why votes help, and what training adds");
    page.paragraph(
        "A slip or a lazy guess is another one in every vote, and the majority is rid of it. A belief"
            + " is the same in most votes: there the majority is as wrong as the believer, and"
            + " sometimes more so. What is left is for training.");
    results.headline().stream()
        .filter(r -> r.method().role() == Method.Role.DPO)
        .findFirst()
        .ifPresent(dpo -> page.table(Mechanism.table(results.zeroShot(), dpo)));
    page.paragraph(
        "How a chain begins says what it will be: check is work, guess is none, because names the"
            + " winner first and looks for reasons afterwards, answer is another judge's way of"
            + " speaking.");
    page.table(PageTables.openings(results));
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
    page.heading("In their own words");
    page.paragraph(
        "Of each judge and section: a pair that it is sure of and right, one that it is sure of and"
            + " wrong, and one without a verdict, where there are such.");
    results.methods().forEach(result -> Transcripts.add(page, result));
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
