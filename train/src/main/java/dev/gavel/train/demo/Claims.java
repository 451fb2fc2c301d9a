package dev.gavel.train.demo;

import dev.gavel.train.demo.Claim.Check;
import dev.gavel.train.demo.Method.Role;
import dev.gavel.train.eval.Bootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The claims of the paper, each as conditions on differences. A claim on methods that were not run
/// is left out.
final class Claims {
  /// What counts as no difference: the intervals are about seven points wide.
  private static final double LEVEL = 0.05;

  /// A coin, give or take what two hundred pairs cannot tell.
  private static final double CHANCE_LOW = 0.4;

  private static final double CHANCE_HIGH = 0.6;

  private static final int IN = MethodResult.IN_DOMAIN;
  private static final int OUT = MethodResult.OUT_OF_DOMAIN;
  private static final int SAFETY = OUT + 1 + Section.SAFETY.ordinal();
  private static final int REASONING = OUT + 1 + Section.REASONING.ordinal();

  private final List<MethodResult> results;
  private final boolean decidable;
  private final Bootstrap bootstrap;
  private final List<Claim> claims = new ArrayList<>();

  private Claims(List<MethodResult> results, boolean decidable, Bootstrap bootstrap) {
    this.results = results;
    this.decidable = decidable;
    this.bootstrap = bootstrap;
  }

  /// @param decidable false where the base model has learned too little
  static List<Claim> of(List<MethodResult> results, boolean decidable, Bootstrap bootstrap) {
    Claims claims = new Claims(results, decidable, bootstrap);
    MethodResult judge = claims.all(Role.ZERO_SHOT).getFirst();
    claims.explicit(judge);
    claims.last(Role.DPO).ifPresent(dpo -> claims.dpo(dpo, judge));
    claims.last(Role.SFT).ifPresent(sft -> claims.sft(sft, judge));
    claims.all(Role.LETTER).forEach(letter -> claims.letter(letter, judge));
    claims.last(Role.RATIONALIZER).ifPresent(r -> claims.rationalizer(r, judge));
    claims.loops();
    return claims.claims;
  }

  private void explicit(MethodResult judge) {
    List<MethodResult> explicit = all(Role.EXPLICIT);
    Check good =
        new Check(
            "In-domain, explicit reward models beat the zero-shot judge.",
            "73–74 against 67.75 (UltraFeedback), 94 against 68.8 (UltraInteract)");
    Check poor =
        new Check(
            "Out of domain, the zero-shot judge beats explicit reward models.",
            "76.6 against 70.8 and less (Reasoning, trained on UltraInteract)");
    for (MethodResult model : explicit) {
      good.gain(model.name(), model.minus(judge, IN, bootstrap), model, IN);
      poor.loss(model.name(), model.minus(judge, OUT, bootstrap), model, OUT);
    }
    add(
        good,
        "So here: they learned the cue of manners that the preferences hold.",
        "Here a model that learned from preferences is worse at them than one that did not.");
    add(
        poor,
        "So here: where manners say nothing or lie, they have nothing else.",
        "Here what they learned carries over.");
    if (explicit.size() >= 2) {
      MethodResult first = explicit.getFirst();
      MethodResult last = explicit.getLast();
      add(
          new Check(
                  "Of the explicit models, %s generalises better than %s."
                      .formatted(last.name(), first.name()),
                  "it outperforms Bradley-Terry and PairRM on RewardBench, with 78.9")
              .gain("out of domain", last.minus(first, OUT, bootstrap), last, OUT),
          "So here.",
          "Here it is the other way round: both learned the same cue.");
    }
  }

  private void dpo(MethodResult dpo, MethodResult judge) {
    add(
        new Check("In-domain, STaR-DPO beats the zero-shot judge.", "73.9 against 67.75")
            .gain("in-domain", dpo.minus(judge, IN, bootstrap), dpo, IN),
        "So here.",
        "Here it falls behind the model that it began with.");
    Check level =
        new Check(
            "In-domain, STaR-DPO keeps up with explicit reward models (at most 5 points below).",
            "73.9 against 73–74; on UltraInteract 90.2 against 94");
    Check out =
        new Check(
            "Out of domain, STaR-DPO beats explicit reward models.",
            "81.9 against 78.9 and less; 87.2 against 70.8 and less on Reasoning");
    Check clearest =
        new Check(
            "That is so on Safety and on Reasoning.",
            "Safety 91.0 against 81.8, Reasoning 87.2 against 70.8");
    for (MethodResult model : all(Role.EXPLICIT)) {
      String against = "against " + model.name();
      level.keepsUp(against, dpo.minus(model, IN, bootstrap), LEVEL, dpo, IN);
      out.gain(against, dpo.minus(model, OUT, bootstrap), dpo, OUT);
      clearest.gain("Safety, " + against, dpo.minus(model, SAFETY, bootstrap), dpo, SAFETY);
      clearest.gain(
          "Reasoning, " + against, dpo.minus(model, REASONING, bootstrap), dpo, REASONING);
    }
    add(level, "So here.", "Here a gap of more than that stays.");
    add(out, "So here, by far: it does the work, and work carries over.", "Not here.");
    add(clearest, "So here.", "Not here.");
    add(
        new Check("Out of domain, STaR-DPO beats the zero-shot judge.", "81.9 against 77.8")
            .gain("out of domain", dpo.minus(judge, OUT, bootstrap), dpo, OUT),
        "So here.",
        "Here it falls behind the model that it began with.");
    add(
        new Check("STaR-DPO improves on the base model's Safety.", "91.0")
            .gain("Safety", dpo.minus(judge, SAFETY, bootstrap), dpo, SAFETY),
        "So here.",
        "Here it loses: the preferences hold no case against the belief that an ugly verb means"
            + " harm, and training sharpens what a model believes.");
    Check votes =
        new Check(
            "Majority votes help, in and out of domain.",
            "+1.6 in-domain and +3.8 out of domain; +4.6 and +4.9 trained on UltraInteract");
    for (MethodResult result : List.of(judge, dpo)) {
      for (int part : List.of(IN, OUT)) {
        Difference gain = Difference.ofVotes(result.parts().get(part), bootstrap);
        votes.gain(result.name() + ", " + result.parts().get(part).title(), gain, result, part);
      }
    }
    add(votes, "So here: slips and guesses are outvoted, beliefs are not.", "Not here.");
  }

  private void sft(MethodResult sft, MethodResult judge) {
    last(Role.DPO)
        .ifPresent(dpo ->
            add(
                new Check(
                        "STaR-DPO beats STaR-SFT, in and out of domain.",
                        "73.9 against 67.4; 81.9 against 77.05")
                    .gain("in-domain", dpo.minus(sft, IN, bootstrap), dpo, IN)
                    .gain("out of domain", dpo.minus(sft, OUT, bootstrap), dpo, OUT),
                "So here: wrong chains teach too.",
                "Not here."));
    add(
        new Check("STaR-SFT does not differ from the zero-shot judge.", "67.4 against 67.75")
            .none("in-domain", sft.minus(judge, IN, bootstrap), LEVEL, sft, IN)
            .none("out of domain", sft.minus(judge, OUT, bootstrap), LEVEL, sft, OUT),
        "So here.",
        "Here it differs: keeping only right chains removes lazy and careless ones.");
  }

  private void letter(MethodResult letter, MethodResult judge) {
    boolean chance = isChance(letter.score(IN)) && isChance(letter.score(OUT));
    Check check =
        new Check(
            "Asked for a letter, the base model is near chance (40 to 60), far below when it thinks.",
            "52.25 in-domain, 60.60 out of domain");
    for (int part : List.of(IN, OUT)) {
      String what = letter.parts().get(part).title() + " ";
      check.fact(what + DemoTable.accuracy(letter.score(part)), letter, part, chance, !chance);
      check.loss(what + "against thinking", letter.minus(judge, part, bootstrap), letter, part);
    }
    add(check, "So here: it takes work to know.", "Not here.");
  }

  private static boolean isChance(Score score) {
    return score.isReadable() && score.accuracy() >= CHANCE_LOW && score.accuracy() <= CHANCE_HIGH;
  }

  private void rationalizer(MethodResult rationalizer, MethodResult judge) {
    last(Role.SFT)
        .ifPresent(sft ->
            add(
                new Check(
                        "In-domain, reasons found in hindsight teach more than own right chains.",
                        "the Rationalizer matches STaR-DPO, far above STaR-SFT")
                    .gain("in-domain", rationalizer.minus(sft, IN, bootstrap), rationalizer, IN),
                "So here.",
                "Not here."));
    add(
        new Check(
                "Out of domain, the Rationalizer falls below the base judge.",
                "67.62 (Maj@1) after three rounds")
            .loss("out of domain", rationalizer.minus(judge, OUT, bootstrap), rationalizer, OUT),
        "So here: it names the winner first and reasons afterwards, the explicit model's shortcut"
            + " in words.",
        "Not here.");
  }

  // ---------------------------------------------------------------- rounds

  private void loops() {
    List<MethodResult> dpo = all(Role.DPO);
    if (dpo.size() > 1) {
      Difference found = dpo.getLast().minus(dpo.getFirst(), IN, bootstrap);
      add(
          new Check("Rounds help: STaR-DPO 3 is better than STaR-DPO 1.", "71.28, 72.98, 73.58")
              .gain("in-domain", found, dpo.getLast(), IN),
          "So here.",
          "Not here.");
    }
    List<MethodResult> own = all(Role.SFT);
    if (own.isEmpty()) {
      return;
    }
    for (MethodResult first : all(Role.BOOTSTRAPPED)) {
      if (first.method().round() == 1) {
        boolean kin = first.method().family().endsWith(Source.KIN.title());
        MethodResult last = family(first).getLast();
        if (kin) {
          kin(first, last, own);
        } else {
          foreign(first, last, own.getFirst());
        }
      }
    }
    last(Role.IMITATOR)
        .ifPresent(full -> {
          List<MethodResult> mixed =
              all(Role.BOOTSTRAPPED).stream()
                  .filter(r -> r.method().family().endsWith(" from " + Source.FOREIGN.title()))
                  .toList();
          add(
              new Check("On-policy rounds matter: imitation in all of them is worse.", "")
                  .loss("in-domain", full.minus(mixed.getLast(), IN, bootstrap), full, IN),
              "So here.",
              "Not here.");
        });
  }

  private void foreign(MethodResult first, MethodResult last, MethodResult own) {
    String name = first.method().family();
    add(
        new Check(
                name + ": another's rationales hurt in the first round.",
                "GPT-4: 62.85 / 69.58 against 68.63 / 77.34")
            .loss("in-domain", first.minus(own, IN, bootstrap), first, IN)
            .loss("out of domain", first.minus(own, OUT, bootstrap), first, OUT),
        "So here: they are far from what the model would say itself.",
        "Not here.");
    add(
        new Check(name + ": on-policy rounds repair that.", "71.73 / 78.29 after three")
            .gain("in-domain", last.minus(first, IN, bootstrap), last, IN)
            .gain("out of domain", last.minus(first, OUT, bootstrap), last, OUT),
        "So here.",
        "Not here.");
  }

  private void kin(MethodResult first, MethodResult last, List<MethodResult> own) {
    String name = first.method().family();
    add(
        new Check(
                name + ": a stronger relative's rationales help in-domain.", "70.50 against 68.63")
            .gain("in-domain", first.minus(own.getFirst(), IN, bootstrap), first, IN),
        "So here.",
        "Not here.");
    add(
        new Check(
                name + ": in later rounds they hurt out of domain.",
                "63.43 against 77.05 after three")
            .loss("out of domain", last.minus(own.getLast(), OUT, bootstrap), last, OUT),
        "So here.",
        "Here they help: the relative brings no bias of its own.");
  }

  private List<MethodResult> family(MethodResult of) {
    return results.stream().filter(r -> r.method().family().equals(of.method().family())).toList();
  }

  private void add(Check check, String yes, String no) {
    claims.add(check.claim(decidable, yes, no));
  }

  private List<MethodResult> all(Role role) {
    return results.stream().filter(result -> result.method().role() == role).toList();
  }

  private Optional<MethodResult> last(Role role) {
    return all(role).stream().reduce((a, b) -> b);
  }
}
