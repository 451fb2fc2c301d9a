package dev.gavel.bench.peer;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// What a worker keeps between two requests: a device, and the state of the last work. Another
/// work, or another number of threads, frees it first.
final class Held implements AutoCloseable {
  /// Makes the state of a work.
  interface Maker<T> {
    T make(Device device) throws IOException;
  }

  private @Nullable Device device;
  private int threads;
  private Object key = "";
  private @Nullable AutoCloseable state;

  /// The device with so many threads.
  Device device(int asked) {
    if (device == null || threads != asked) {
      close();
      device = Devices.open("cpu", DType.F32, asked);
      threads = asked;
    }
    return device;
  }

  /// The state of a work, made once.
  ///
  /// @param type of what is held
  /// @param work what it is for: another value frees it
  <T extends AutoCloseable> T state(int asked, Class<T> type, Object work, Maker<T> maker)
      throws IOException {
    Device on = device(asked);
    if (state == null || !key.equals(work)) {
      drop();
      state = maker.make(on);
      key = work;
    }
    return type.cast(state);
  }

  /// Whether a state must be made.
  boolean fresh(int asked, Object work) {
    return state == null || threads != asked || !key.equals(work);
  }

  void drop() {
    if (state != null) {
      try {
        state.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      state = null;
    }
  }

  void hello(Ask ask, ObjectNode answer) {
    answer.put("backend", device(ask.threads()).name());
    answer.put("jdk", Runtime.version().toString());
    answer.put(
        "vm", System.getProperty("java.vm.name") + ", " + System.getProperty("java.vm.info"));
  }

  @Override
  public void close() {
    drop();
    if (device != null) {
      device.close();
      device = null;
    }
  }
}
