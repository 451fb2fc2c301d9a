package dev.gavel.tensor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One file per way to be wrong, and the message it gets.
class SafetensorsErrorsTest {
  private final Path dir;

  SafetensorsErrorsTest(@TempDir Path dir) {
    this.dir = dir;
  }

  /// `'` stands for `"`.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]}}|1|tensor 'a' ends at byte 2 but the data section has 1 bytes; the download is incomplete
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]}}|3|the data section has 3 bytes but the last tensor ends at byte 2: 1 bytes belong to no tensor
          {'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}|4|tensor 'a' has 4 bytes (data_offsets [0, 4]) but F32 [2] needs 8
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'b':{'dtype':'U8','shape':[2],'data_offsets':[3,5]}}|5|tensor 'b' begins at byte 3 but the one before ends at 2: it leaves a hole before it
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'b':{'dtype':'U8','shape':[2],'data_offsets':[1,3]}}|3|tensor 'b' begins at byte 1 but the one before ends at 2: it overlaps the tensor before it
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[2,0]}}|2|tensor 'a' ends before it begins: data_offsets [2, 0]
          {'a':{'dtype':'U8','shape':[0],'data_offsets':[9223372036854775808,9223372036854775808]}}|2|tensor 'a' ends before it begins: data_offsets [9223372036854775808, 9223372036854775808]
          {'a':{'dtype':'U8','shape':[4294967296,4294967296],'data_offsets':[0,0]}}|0|tensor 'a' has shape [4294967296, 4294967296] of U8: its size overflows 64 bits
          {'a':{'dtype':'F4','shape':[3],'data_offsets':[0,2]}}|2|tensor 'a' has 12 bits (F4 [3]), which do not fill whole bytes
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'a':{'dtype':'U8','shape':[2],'data_offsets':[2,4]}}|4|header byte 61: tensor 'a' is listed twice
          {'a':{'dtype':'U8','shape':[2],'shape':[2],'data_offsets':[0,2]}}|2|header byte 39: tensor 'a': 'shape' is listed twice
          {'a':{'dtype':'U8','shape':[2],'note':1,'note':2,'data_offsets':[0,2]}}|2|header byte 48: tensor 'a': 'note' is listed twice
          {'__metadata__':{'k':'1','k':'2'}}|0|header byte 37: '__metadata__' key 'k' is listed twice
          {'__metadata__':{},'__metadata__':{}}|0|header byte 27: '__metadata__' is listed twice
          {'__metadata__':{'k':1}}|0|header byte 29: '__metadata__' key 'k' is 1, expected a string
          {'__metadata__':null}|0|header byte 24: '__metadata__' is null, expected an object of strings
          {'a':{'dtype':'f32','shape':[2],'data_offsets':[0,8]}}|8|header byte 22: tensor 'a': dtype is "f32"; the format knows: BOOL, F4,
          {'a':{'dtype':7,'shape':[2],'data_offsets':[0,8]}}|8|header byte 22: tensor 'a': dtype is 7; the format knows: BOOL, F4,
          {'a':{'shape':[2],'data_offsets':[0,8]}}|8|tensor 'a' has no 'dtype'
          {'a':{'dtype':'U8','data_offsets':[0,8]}}|8|tensor 'a' has no 'shape'
          {'a':{'dtype':'U8','shape':[2]}}|8|tensor 'a' has no 'data_offsets'
          {'a':{'dtype':'U8','shape':2,'data_offsets':[0,2]}}|2|header byte 35: tensor 'a': a length of shape is 2, expected an array of whole numbers
          {'a':{'dtype':'U8','shape':[-2],'data_offsets':[0,2]}}|2|header byte 36: tensor 'a': a length of shape is -2, expected a whole number of 0 or more
          {'a':{'dtype':'U8','shape':[-0],'data_offsets':[0,0]}}|0|header byte 36: tensor 'a': a length of shape is -0, expected a whole number of 0 or more
          {'a':{'dtype':'U8','shape':[18446744073709551616],'data_offsets':[0,2]}}|2|header byte 36: tensor 'a': a length of shape is 18446744073709551616, more than 64 bits hold
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2,4]}}|2|tensor 'a': data_offsets has 3 numbers, expected begin and end
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[0.0,2]}}|2|header byte 55: tensor 'a': data_offsets is 0.0, expected a whole number
          {'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2],'note':1e999}}|2|header byte 67: the number 1e999 is out of range
          {'a':[1]}|0|header byte 13: tensor 'a' is [, expected an object of dtype, shape, data_offsets
          []|0|header byte 8: the header is […, expected a JSON object
          {}{}|0|header byte 10: text follows the header's object
          {'a':|0|header is not valid JSON at byte
          {'a\\ud800':1}|0|header is not valid JSON at byte
          {'a':'\\udc00'}|0|lone surrogate
          """)
  void namesFileTensorAndByte(String header, int data, String message) throws IOException {
    refused(SafetensorsBytes.of(header.replace('\'', '"'), data), message);
  }

  @Test
  void namesWhatIsWrongWithTheLength() throws IOException {
    byte[] whole = SafetensorsBytes.of("{}", 0);
    refused(new byte[0], "has 0 bytes, a safetensors file begins with 8 bytes of header length");
    refused(new byte[7], "has 7 bytes, a safetensors file begins with 8 bytes of header length");
    refused(new byte[8], "the header is empty, expected a JSON object");
    whole[0] = 3;
    refused(whole, "header ends at byte 11 but the file has 10; the download is incomplete");
    whole[7] = (byte) 0x80;
    refused(whole, "header length is 9223372036854775811, at most 100000000 is allowed");
  }

  @Test
  void namesTheByteThatIsNotUtf8() throws IOException {
    byte[] file = SafetensorsBytes.of("{\"aé\":{}}", 0);
    file[12] = 'x';
    refused(file, "header is not UTF-8 at byte 11");
    byte[] cut = SafetensorsBytes.of("{\"é", 0);
    cut[0] = 3;
    refused(Arrays.copyOf(cut, 11), "header is not UTF-8 at byte 10");
  }

  @Test
  void countsBytesNotCharacters() throws IOException {
    refused(
        SafetensorsBytes.of("{\"é👍\":{\"dtype\":8}}", 0),
        "header byte 27: tensor 'é👍': dtype is 8;");
  }

  @Test
  void stopsAt127Levels() throws IOException {
    String a = "{\"a\":";
    for (int depth : new int[] {127, 128, 100_000}) {
      String header =
          "{\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"n\":"
              + a.repeat(depth - 2)
              + "1"
              + "}".repeat(depth);
      if (depth == 127) {
        SafetensorsFile.open(SafetensorsBytes.write(dir, SafetensorsBytes.of(header, 0))).close();
      } else {
        refused(SafetensorsBytes.of(header, 0), "nesting depth (128) exceeds the maximum");
      }
    }
  }

  @Test
  void showsNoControlCharactersAndNoEndlessNames() throws IOException {
    String name = "\\u001b[31m" + "n".repeat(10_000);
    Path file =
        SafetensorsBytes.write(dir, SafetensorsBytes.of("{\"" + name + "\":{\"dtype\":1}}", 0));
    assertThatThrownBy(() -> SafetensorsFile.open(file).close())
        .isInstanceOf(FormatException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(600).doesNotContain("\u001b"));
  }

  @Test
  void aFileCutAfterOpeningIsNoticed() throws IOException {
    Path path =
        SafetensorsBytes.write(
            dir,
            SafetensorsBytes.of(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}}", 9));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      try (var channel = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
        channel.truncate(channel.size() - 4);
      }
      var into = MemorySegment.ofArray(new byte[9]);
      assertThatThrownBy(() -> file.read(file.tensor("a"), 0, into))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("did it change on disk?");
    }
  }

  private void refused(byte[] bytes, String message) throws IOException {
    Path file = SafetensorsBytes.write(dir, bytes);
    assertThatThrownBy(() -> SafetensorsFile.open(file).close())
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }
}
