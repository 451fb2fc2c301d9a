package dev.gavel.bench;

/// What a JVM that measures is started with, the same as the command itself.
public final class Jvm {
  public static final String VECTOR = "--add-modules=jdk.incubator.vector";
  public static final String NATIVE = "--enable-native-access=ALL-UNNAMED";

  /// Tensors live outside the heap: the smallest collector does.
  public static final String COLLECTOR = "-XX:+UseSerialGC";

  /// JMH uses what the JDK warns of.
  public static final String QUIET = "--sun-misc-unsafe-memory-access=allow";

  private Jvm() {}
}
