package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.Message;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowTest {
  private static Row row(String json) throws IOException {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    try (RowReader reader = RowReader.open(List.of(), new ByteArrayInputStream(bytes), () -> {})) {
      return (Row) java.util.Objects.requireNonNull(reader.next());
    }
  }

  @Test
  void values() throws Exception {
    Row row =
        row("{\"t\":\"é\",\"b\":true,\"i\":-3,\"l\":5000000000,\"x\":1e-3,\"ids\":[1,0],\"e\":[]}");
    assertThat(row.text("t")).isEqualTo("é");
    assertThat(row.optionalText("u")).isEmpty();
    assertThat(row.flag("b", false)).isTrue();
    assertThat(row.flag("c", true)).isTrue();
    assertThat(row.integer("i", 1)).isEqualTo(-3);
    assertThat(row.longInteger("l", 1)).isEqualTo(5_000_000_000L);
    assertThat(row.number("x", 1)).isEqualTo(1e-3);
    assertThat(row.number("y", 0.5)).isEqualTo(0.5);
    assertThat(row.ids("ids")).containsExactly(1, 0);
    assertThat(row.ids("e")).isEmpty();
  }

  @Test
  void whatIsWrongIsNamed() throws Exception {
    Row row =
        row(
            "{\"t\":3,\"s\":\"a\\ud800b\",\"i\":1.5,\"l\":5000000000,\"x\":\"1\",\"ids\":[1,\"2\"],"
                + "\"o\":{}}");
    assertThatThrownBy(() -> row.text("text"))
        .isInstanceOf(RowException.class)
        .hasMessage("'text' is missing (keys: t, s, i, l, x, ids, o)");
    assertThatThrownBy(() -> row.text("t")).hasMessage("'t' is the number 3, expected a text");
    assertThat(row.text("s")).isEqualTo("a\ufffdb");
    assertThatThrownBy(() -> row.integer("i", 0))
        .hasMessage("'i' is the number 1.5, expected an integer of 32 bits");
    assertThatThrownBy(() -> row.integer("l", 0)).hasMessageContaining("5000000000");
    assertThatThrownBy(() -> row.number("x", 0))
        .hasMessage("'x' is the text '1', expected a number");
    assertThatThrownBy(() -> row.ids("ids"))
        .hasMessage("'ids[1]' is the text '2', expected a token id");
    assertThatThrownBy(() -> row.ids("o"))
        .hasMessage("'o' is an object, expected an array of token ids");
    assertThatThrownBy(() -> row.flag("t", true))
        .hasMessage("'t' is the number 3, expected true or false");
  }

  @Test
  void conversations() throws Exception {
    Row row =
        row(
            "{\"m\":[{\"role\":\"user\",\"content\":\"Hi\",\"name\":1}],\"e\":[],"
                + "\"p\":[{\"role\":\"user\",\"content\":[]}],\"t\":[\"Hi\"]}");
    assertThat(row.messages("m")).containsExactly(Message.user("Hi"));
    assertThatThrownBy(() -> row.messages("e"))
        .hasMessage("'e' is an empty array, expected a list of messages");
    assertThatThrownBy(() -> row.messages("p"))
        .hasMessage("'p[0]' is an object, expected an object with the texts 'role' and 'content'");
    assertThatThrownBy(() -> row.messages("t")).hasMessageContaining("'t[0]' is the text 'Hi'");
  }
}
