package dev.gavel.train.demo;

import java.util.List;

/// What a method said about a section of the test, or about several of equal weight.
///
/// @param strata pairs of each section
record Part(String title, List<List<Judged>> strata) {
  Part {
    strata = List.copyOf(strata);
  }

  List<Judged> all() {
    return strata.stream().flatMap(List::stream).toList();
  }
}
