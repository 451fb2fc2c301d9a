package dev.gavel.train.demo;

/// The two halves of the test: what people were asked about, and what they were not.
enum Domain {
  IN("in-domain"),
  OUT("out-of-domain");

  private final String id;

  Domain(String id) {
    this.id = id;
  }

  String id() {
    return id;
  }
}
