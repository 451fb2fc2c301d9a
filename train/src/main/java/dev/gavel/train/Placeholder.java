package dev.gavel.train;

final class Placeholder {
  private Placeholder() {}
}
