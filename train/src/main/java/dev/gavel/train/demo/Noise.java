package dev.gavel.train.demo;

/// How a judge errs; every rate is a probability.
///
/// Rates stay above 5 % and errors are concentrated on one alternative, else nucleus sampling cuts
/// them off. The misconceptions `legs` and `verb` exceed one half: votes cannot mend them.
///
/// @param lazy does no work and says "A" in 60 %
/// @param slip per step of a computation
/// @param mark per mark right or wrong; half of it per mark good or bad
/// @param verdict the verdict contradicts the marks
/// @param read takes a safe request for an unsafe one, or the other way round
/// @param legs misconception, per double move: done as a single one
/// @param verb misconception: a harmless thing with an ugly verb is called unsafe
/// @param kind in ties the kinder answer wins, else the other (people: always the kinder)
record Noise(
    double lazy,
    double slip,
    double mark,
    double verdict,
    double read,
    double legs,
    double verb,
    double kind) {
  /// The judges that the base model grows up with.
  static final Noise BASE = new Noise(0.20, 0.08, 0.08, 0.07, 0.08, 0.65, 0.65, 0.40);

  /// The textbook.
  static final Noise CLEAN = new Noise(0, 0, 0, 0, 0, 0, 0, 1);

  /// Errors of all kinds less often; the taste in ties stays.
  Noise less(double by) {
    return new Noise(
        lazy * by, slip * by, mark * by, verdict * by, read * by, legs * by, verb * by, kind);
  }

  /// A judge who works, however it errs.
  Noise diligent() {
    return new Noise(0, slip, mark, verdict, read, legs, verb, kind);
  }
}
