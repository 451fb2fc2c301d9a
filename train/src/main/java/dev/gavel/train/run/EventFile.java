package dev.gavel.train.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/// A TensorBoard event file: TFRecord frames around protocol buffers of `tensorflow.Event`, which
/// are so few that they are encoded by hand.
///
/// A frame is the length (8 bytes), its masked CRC-32C, the data, its masked CRC-32C (TensorFlow,
/// `lib/io/record_writer`, as a fact). Fields of Event: wall_time 1 (double), step 2, file_version
/// 3, summary 5, session_log 7; Summary.value 1; Value.tag 1, simple_value 2 (float);
/// SessionLog.status 1 (START is 1).
public final class EventFile implements AutoCloseable {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;
  private static final int CRC_MASK = 0xa282ead8;

  private final FileChannel channel;

  /// Begins a file of the name that TensorBoard looks for.
  ///
  /// @param firstStep steps done; TensorBoard forgets what older files say about later ones
  /// @param seconds since 1970
  public EventFile(Path dir, long firstStep, double seconds) throws IOException {
    String name =
        "events.out.tfevents.%010d.gavel.%d.0"
            .formatted((long) seconds, ProcessHandle.current().pid());
    channel =
        FileChannel.open(
            dir.resolve(name),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    record(event(seconds, 0, 3, "brain.Event:2".getBytes(StandardCharsets.UTF_8)));
    if (firstStep > 0) {
      Message start = new Message();
      start.key(1, VARINT).varint(1);
      record(event(seconds, firstStep, 7, start.bytes()));
    }
  }

  /// Adds values of a step.
  public void scalars(double seconds, long step, Map<String, Double> values) throws IOException {
    Message summary = new Message();
    values.forEach((tag, value) -> {
      Message one = new Message();
      one.bytes(1, tag.getBytes(StandardCharsets.UTF_8));
      one.key(2, FIXED32).fixed(4, Float.floatToIntBits(value.floatValue()));
      summary.bytes(1, one.bytes());
    });
    record(event(seconds, step, 5, summary.bytes()));
  }

  private static byte[] event(double seconds, long step, int field, byte[] content) {
    Message event = new Message();
    event.key(1, FIXED64).fixed(8, Double.doubleToLongBits(seconds));
    event.key(2, VARINT).varint(step);
    event.bytes(field, content);
    return event.bytes();
  }

  private void record(byte[] data) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    frame.putLong(data.length).putInt(maskedCrc(frame.array(), 8));
    frame.put(data).putInt(maskedCrc(data, data.length)).flip();
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  private static int maskedCrc(byte[] data, int length) {
    CRC32C crc = new CRC32C();
    crc.update(data, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
  }

  /// A protocol buffer under construction.
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message key(int field, int wireType) {
      return varint((long) field << 3 | wireType);
    }

    Message varint(long value) {
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        out.write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
      return this;
    }

    Message fixed(int bytes, long value) {
      for (int i = 0; i < bytes; i++) {
        out.write((int) (value >>> 8 * i));
      }
      return this;
    }

    Message bytes(int field, byte[] content) {
      key(field, BYTES).varint(content.length);
      out.writeBytes(content);
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
