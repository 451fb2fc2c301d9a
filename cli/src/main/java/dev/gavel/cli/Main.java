package dev.gavel.cli;

/// Entry point of the `gavel` command.
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.err.println("gavel");
  }
}
