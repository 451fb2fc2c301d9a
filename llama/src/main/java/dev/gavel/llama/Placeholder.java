package dev.gavel.llama;

final class Placeholder {
  private Placeholder() {}
}
