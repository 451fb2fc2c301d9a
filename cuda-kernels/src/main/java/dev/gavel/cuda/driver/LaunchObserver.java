package dev.gavel.cuda.driver;

/// Sees what is put on the stream of a context: counts, times and profiles are made of it.
///
/// A context without one pays a comparison with null for each launch.
public interface LaunchObserver {
  /// Right before a kernel, product, copy or fill is put on the stream.
  ///
  /// @param what the kernel's name, or the kind and size of something else
  void before(String what);

  /// Right after.
  void after(String what);

  /// The host begins to wait for the device.
  default void waiting() {}

  /// The host goes on.
  default void waited() {}
}
