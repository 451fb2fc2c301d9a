package dev.gavel.llama.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class TokenizerTest {
  private static final String[] BITS = {
    "a",
    "b",
    "c",
    "ab",
    " a",
    " ",
    "  ",
    "\n",
    "\r\n",
    "7",
    "123",
    "é",
    "世",
    "😀",
    "'s",
    "\u0000",
    "<|",
    "<|eot_id|>",
    "<|begin_of_text|>",
    "|>",
    "\ufffd",
    "\u00a0",
    "abcabcabc",
    "=",
    "\u2028"
  };

  private final Path folder;
  private final Tokenizer tokenizer;

  TokenizerTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    tokenizer = TinyFile.load(folder);
  }

  private static String soup(Random random, int most) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(most); n > 0; n--) {
      text.append(BITS[random.nextInt(BITS.length)]);
    }
    return text.toString();
  }

  @Test
  void specialTokensAreReadOrNot() {
    String text = "a<|eot_id|>b";
    assertThat(tokenizer.encode(text)).containsExactly(TinyFile.BOS, 'a', TinyFile.EOT, 'b');
    assertThat(tokenizer.encode(text, EncodeOptions.PLAIN)).isEqualTo(text.chars().toArray());
    assertThat(tokenizer.decode(new int[] {'a', TinyFile.EOT, 'b'}, true)).isEqualTo("ab");
    assertThat(tokenizer.isSpecial(TinyFile.EOT)).isTrue();
    assertThat(tokenizer.isSpecial('a')).isFalse();
  }

  @Test
  void anIdOutsideTheVocabularyIsNamed() {
    for (int id : new int[] {-1, TinyFile.SIZE, Integer.MAX_VALUE}) {
      String message = "id " + id + " is outside the vocabulary of 264 tokens (0..263)";
      assertThatThrownBy(() -> tokenizer.decode(new int[] {1, id}, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> tokenizer.bytes(id)).hasMessage(message);
      assertThatThrownBy(() -> tokenizer.isSpecial(id)).hasMessage(message);
      assertThatThrownBy(() -> tokenizer.streamingDecoder(true).append(id)).hasMessage(message);
    }
  }

  @Test
  void tokensHaveNames() {
    assertThat(tokenizer.id("<|eot_id|>")).hasValue(TinyFile.EOT);
    assertThat(tokenizer.id("Ġa")).hasValue(TinyFile.BLANK_A);
    assertThat(tokenizer.id("abcd")).isEmpty();
    assertThat(tokenizer.id(" a")).isEmpty();
    assertThat(tokenizer.bytes(TinyFile.BLANK_A)).containsExactly(' ', 'a');
    assertThat(tokenizer.bytes(TinyFile.EOT))
        .isEqualTo("<|eot_id|>".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void loneSurrogatesAreReplaced() {
    assertThat(tokenizer.encode("a\ud800\udc00\udc00b\ud835"))
        .isEqualTo(tokenizer.encode("a\ud800\udc00\ufffdb\ufffd"));
    assertThat(tokenizer.encode(new StringBuilder("ab"))).isEqualTo(tokenizer.encode("ab"));
    assertThat(tokenizer.encode("")).containsExactly(TinyFile.BOS);
  }

  @Test
  void decodingUndoesEncoding() {
    Random random = Seed.random("decodingUndoesEncoding");
    for (int i = 0; i < 5_000; i++) {
      String text = soup(random, 40);
      assertThat(tokenizer.decode(tokenizer.encode(text, EncodeOptions.PLAIN), true))
          .isEqualTo(text);
      assertThat(tokenizer.decode(tokenizer.encode(text, EncodeOptions.AS_WRITTEN), false))
          .isEqualTo(text);
    }
  }

  /// The definition: at each place the character there, else U+FFFD for the longest beginning of
  /// some character, else U+FFFD for one byte.
  private static String decodeByDefinition(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < bytes.length; ) {
      int whole = 4;
      while (whole > 0
          && (at + whole > bytes.length || !isCharacter(bytes, at, whole, new byte[0]))) {
        whole--;
      }
      int begun = 3;
      while (begun > 1 && (at + begun > bytes.length || !begins(bytes, at, begun))) {
        begun--;
      }
      text.append(whole > 0 ? new String(bytes, at, whole, StandardCharsets.UTF_8) : "\ufffd");
      at += whole > 0 ? whole : begun;
    }
    return text.toString();
  }

  private static boolean begins(byte[] bytes, int at, int count) {
    byte low = (byte) 0x80;
    return isCharacter(bytes, at, count, new byte[] {low})
        || isCharacter(bytes, at, count, new byte[] {low, low});
  }

  private static boolean isCharacter(byte[] bytes, int at, int count, byte[] rest) {
    ByteBuffer joined = ByteBuffer.allocate(count + rest.length).put(bytes, at, count).put(rest);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(joined.flip()).toString();
      return text.codePointCount(0, text.length()) == 1;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /// Random bytes, so mostly no UTF-8.
  @Test
  void anyBytesDecode() {
    Random random = Seed.random("anyBytesDecode");
    int[] frequent = {0x80, 0xbf, 0xc1, 0xc3, 0xe0, 0xe2, 0xed, 0xa0, 0x9f, 0xf0, 0xf4, 0x90, 'a'};
    for (int i = 0; i < 10_000; i++) {
      int[] ids = new int[random.nextInt(9)];
      byte[] bytes = new byte[ids.length];
      for (int k = 0; k < ids.length; k++) {
        ids[k] =
            random.nextBoolean() ? frequent[random.nextInt(frequent.length)] : random.nextInt(256);
        bytes[k] = (byte) ids[k];
      }
      assertThat(tokenizer.decode(ids, false))
          .as(Arrays.toString(ids))
          .isEqualTo(decodeByDefinition(bytes));
    }
  }

  @Test
  void streamingIsDecoding() {
    Random random = Seed.random("streamingIsDecoding");
    for (int i = 0; i < 5_000; i++) {
      int[] ids = random.ints(random.nextInt(20), 0, TinyFile.SIZE).toArray();
      boolean skip = random.nextBoolean();
      StreamingDecoder decoder = tokenizer.streamingDecoder(skip);
      StringBuilder text = new StringBuilder();
      for (int id : ids) {
        String part = decoder.append(id);
        assertThat(part.isEmpty() || !Character.isHighSurrogate(part.charAt(part.length() - 1)))
            .isTrue();
        text.append(part);
      }
      text.append(decoder.flush());
      assertThat(text.toString()).isEqualTo(tokenizer.decode(ids, skip));
      assertThat(decoder.flush()).isEmpty();
    }
  }

  @Test
  void aCharacterComesWhole() {
    StreamingDecoder decoder = tokenizer.streamingDecoder(true);
    assertThat(decoder.append(0xf0)).isEmpty();
    assertThat(decoder.append(0x9f)).isEmpty();
    assertThat(decoder.append(TinyFile.EOT)).isEmpty();
    assertThat(decoder.append(0x98)).isEmpty();
    assertThat(decoder.append(0x80)).isEqualTo("😀");
    assertThat(decoder.append(0xe2)).isEmpty();
    assertThat(decoder.append('a')).isEqualTo("\ufffda");
    assertThat(decoder.append(0xe2)).isEmpty();
    assertThat(decoder.flush()).isEqualTo("\ufffd");
  }

  private Tokenizer withAdded(Object[]... tokens) throws IOException {
    ObjectNode json = TinyFile.json();
    ArrayNode added = (ArrayNode) json.get("added_tokens");
    int id = TinyFile.SIZE;
    for (Object[] token : tokens) {
      added
          .addObject()
          .put("id", id++)
          .put("content", (String) token[0])
          .put("special", (Boolean) token[1])
          .put("normalized", (Boolean) token[2]);
    }
    return Tokenizer.load(TinyFile.write(folder, json));
  }

  @Test
  void theLongestAddedTokenWins() throws IOException {
    Tokenizer t = withAdded(new Object[] {"xy", false, false}, new Object[] {"xyz", true, false});
    assertThat(t.encode("xyxyz", EncodeOptions.AS_WRITTEN)).containsExactly(264, 265);
    // A special token that is read as text hides what lies in it.
    assertThat(t.encode("xyxyz", EncodeOptions.PLAIN)).containsExactly(264, 'x', 'y', 'z');
    assertThat(t.decode(new int[] {264, 265}, true)).isEqualTo("xy");
  }

  @Test
  void normalizedTokensComeSecond() throws IOException {
    Tokenizer t = withAdded(new Object[] {"xyz", false, true}, new Object[] {"zw", false, false});
    assertThat(t.encode("xyzw xyz", EncodeOptions.PLAIN)).containsExactly('x', 'y', 265, ' ', 264);
  }

  /// The tokenizers library decodes the text of an added token as if it were spelled in bytes,
  /// where it can be.
  @Test
  void anAddedTokenDecodesAsTheLibraryDoes() throws IOException {
    Tokenizer t = withAdded(new Object[] {"éé", false, false}, new Object[] {"日本", false, false});
    assertThat(t.encode("éé日本", EncodeOptions.PLAIN)).containsExactly(264, 265);
    assertThat(t.decode(new int[] {264}, false)).isEqualTo("\ufffd\ufffd");
    assertThat(t.decode(new int[] {265}, false)).isEqualTo("日本");
  }
}
