package dev.gavel.train.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A claim of the paper, held against what was found.
///
/// @param text the claim
/// @param paper the paper's own figures
/// @param here what came out, in a sentence
/// @param evidence what decides it
record Claim(Status status, String text, String paper, String here, List<Evidence> evidence) {
  /// What became of it.
  enum Status {
    SHOWN("shown"),
    /// The opposite came out, beyond chance.
    NOT_SHOWN("not shown"),
    /// So few pairs cannot tell, or the base model has learned too little.
    NOT_DECIDABLE("not decidable");

    private final String words;

    Status(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /// @param text a figure and what it is of
  /// @param of the method that it is about
  /// @param part of its results, from 0
  record Evidence(String text, MethodResult of, int part) {}

  Claim {
    evidence = List.copyOf(evidence);
  }

  /// The figures in one line.
  String figures() {
    return evidence.stream().map(Evidence::text).collect(Collectors.joining("; "));
  }

  /// Collects what a claim rests on. Each condition holds, is refuted, or is left open by the
  /// interval; a claim is shown when all hold, and not shown when one is refuted.
  static final class Check {
    private final String text;
    private final String paper;
    private final List<Evidence> evidence = new ArrayList<>();
    private boolean open;
    private boolean refuted;

    Check(String text, String paper) {
      this.text = text;
      this.paper = paper;
    }

    Check gain(String what, Difference found, MethodResult of, int part) {
      return add(what, found, of, part, found.isGain(), found.isLoss());
    }

    Check loss(String what, Difference found, MethodResult of, int part) {
      return add(what, found, of, part, found.isLoss(), found.isGain());
    }

    /// Nothing beyond chance, and so precisely that more than the margin can be ruled out.
    Check none(String what, Difference found, double margin, MethodResult of, int part) {
      return add(what, found, of, part, found.isWithin(margin), found.isGain() || found.isLoss());
    }

    /// Not worse by more than a margin.
    Check keepsUp(String what, Difference found, double margin, MethodResult of, int part) {
      boolean behind = found.band().high() < -margin;
      return add(what, found, of, part, found.band().low() > -margin, behind);
    }

    private Check add(
        String what, Difference found, MethodResult of, int part, boolean holds, boolean not) {
      return fact(what + " " + found, of, part, holds && !not, not);
    }

    Check fact(String what, MethodResult of, int part, boolean holds, boolean not) {
      evidence.add(new Evidence(what, of, part));
      refuted |= not;
      open |= !holds;
      return this;
    }

    /// @param decidable false where the base model has learned too little
    /// @param yes the sentence if it is shown
    /// @param no the sentence if the opposite is
    Claim claim(boolean decidable, String yes, String no) {
      if (!decidable) {
        String here = "The models of this run have learned too little for any claim.";
        return new Claim(Status.NOT_DECIDABLE, text, paper, here, evidence);
      }
      if (refuted) {
        return new Claim(Status.NOT_SHOWN, text, paper, no, evidence);
      }
      return open
          ? new Claim(
              Status.NOT_DECIDABLE,
              text,
              paper,
              "The intervals leave it open: so few pairs cannot tell.",
              evidence)
          : new Claim(Status.SHOWN, text, paper, yes, evidence);
    }
  }
}
