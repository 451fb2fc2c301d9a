package dev.gavel.llama.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SplitScannerTest {
  /// The same expression for Java, where `\s` and `(?i)` have to be told to mean Unicode's.
  private static final Pattern PATTERN =
      Pattern.compile(
          SplitScanner.PATTERN
              .replace("\\s", "\\p{IsWhite_Space}")
              .replace("\\S", "\\P{IsWhite_Space}")
              .replace("(?i:", "(?iu:"));

  private static final String ALPHABET =
      "aAbzZ'sStTrReEvVmMlLdD019 \t\n\r\u000b\f\u0085\u00a0\u1680\u2003\u2028\u3000.,!?-=<|>_"
          + "\u017f\u212a\u0130\u0131é世\u0300²ⅷ\ufffd\u200d\u180e\u001c\u0000";
  private static final String[] PAIRS = {"😀", "𝟘", "𐐀"};

  private static List<String> scan(String text) {
    List<String> pieces = new ArrayList<>();
    char[] chars = text.toCharArray();
    for (int at = 0; at < chars.length; ) {
      int end = SplitScanner.next(chars, at, chars.length);
      pieces.add(text.substring(at, end));
      at = end;
    }
    return pieces;
  }

  private static List<String> match(String text) {
    List<String> pieces = new ArrayList<>();
    Matcher matcher = PATTERN.matcher(text);
    while (matcher.find()) {
      pieces.add(matcher.group());
    }
    return pieces;
  }

  @Test
  void cutsAsTheExpressionSays() {
    assertThat(scan("don't DON'T 1234567 \n\n  x"))
        .containsExactly("don", "'t", " DON", "'T", " ", "123", "456", "7", " \n\n", " ", " x");
    assertThat(scan("it'ſ 'Let ''")).containsExactly("it", "'ſ", " '", "Let", " ''");
    assertThat(scan("a   ")).containsExactly("a", "   ");
    assertThat(scan("=)\r\n\r\n b")).containsExactly("=)\r\n\r\n", " b");
  }

  @Test
  void eachCodePointIsOfItsKind() {
    for (int block = 0; block <= Character.MAX_CODE_POINT; block += 0x400) {
      StringBuilder text = new StringBuilder();
      for (int c = block; c < block + 0x400; c++) {
        if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
          text.append('a').appendCodePoint(c).append("b ").appendCodePoint(c).append("1\n");
        }
      }
      assertThat(scan(text.toString())).isEqualTo(match(text.toString()));
    }
  }

  @Test
  void agreesWithTheExpressionOnSoup() {
    Random random = Seed.random("agreesWithTheExpressionOnSoup");
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(30); n >= 0; n--) {
        int c = random.nextInt(ALPHABET.length() + PAIRS.length);
        text.append(
            c < PAIRS.length
                ? PAIRS[c]
                : ALPHABET.substring(c - PAIRS.length, c - PAIRS.length + 1));
      }
      assertThat(scan(text.toString())).isEqualTo(match(text.toString()));
    }
  }

  @Test
  void aLoneSurrogateIsNoLetter() {
    assertThat(scan("a\ud800b\udc00\ud835")).containsExactly("a", "\ud800b", "\udc00\ud835");
  }
}
