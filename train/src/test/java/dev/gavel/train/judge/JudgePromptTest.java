package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class JudgePromptTest {
  @Test
  void messagesEqualTheReference() throws IOException {
    Chat chat =
        Tokenizer.load(Golden.find("tokenizer_tiny/tokenizer.json").getFirst())
            .chat(ChatTemplate.LLAMA3_1);
    for (Path file : Golden.find("prompts/examples.jsonl")) {
      for (String line : Files.readAllLines(file)) {
        JsonNode row = Json.parse(line, file.toString());
        List<Message> messages = messages(row);
        assertThat(messages).as(row.get("chat").toString()).isEqualTo(turns(row, "messages"));
        assertThat(chat.render(messages, ChatOptions.PROMPT))
            .isEqualTo(row.get("text").stringValue());
      }
    }
  }

  /// The ids belong to the Llama-3 tokenizer, which only the large set holds.
  @Test
  void idsEqualTheReference() throws IOException {
    for (Path file : Golden.findIfPresent("llama3/tokenizer.json.gz")) {
      Chat chat = Tokenizer.load(file).chat(ChatTemplate.LLAMA3_1);
      for (String line :
          Files.readAllLines(file.resolveSibling("../prompts/examples.jsonl").normalize())) {
        JsonNode row = Json.parse(line, "examples.jsonl");
        assertThat(chat.encode(messages(row), ChatOptions.PROMPT).ids())
            .isEqualTo(row.get("ids").valueStream().mapToInt(JsonNode::intValue).toArray());
      }
    }
  }

  @Test
  void theSystemPromptsHaveTheLengthsOfThePaper() throws IOException {
    for (Path file : Golden.findIfPresent("llama3/tokenizer.json.gz")) {
      Tokenizer tokenizer = Tokenizer.load(file);
      for (var kind :
          List.of(JudgePrompt.Kind.COT, JudgePrompt.Kind.RATIONALIZER, JudgePrompt.Kind.GENRM)) {
        String system = JudgePrompt.paper(kind).toJson().get("system").stringValue();
        assertThat(tokenizer.encode(system, EncodeOptions.PLAIN))
            .hasSize(
                switch (kind) {
                  case COT -> 170;
                  case RATIONALIZER -> 134;
                  case GENRM -> 146;
                  default -> throw new AssertionError(kind + " is not the paper's");
                });
      }
    }
  }

  private static List<Message> messages(JsonNode row) {
    var kind = JudgePrompt.Kind.valueOf(row.get("prompt").stringValue().toUpperCase(Locale.ROOT));
    JudgePrompt prompt = JudgePrompt.paper(kind);
    List<Message> chat = turns(row, "chat");
    String a = row.get("answer_a").stringValue();
    String b = row.get("answer_b").stringValue();
    return kind == JudgePrompt.Kind.RATIONALIZER
        ? prompt.rationale(chat, a, b, Verdict.valueOf(row.get("winner").stringValue()))
        : prompt.messages(chat, a, b);
  }

  private static List<Message> turns(JsonNode row, String key) {
    List<Message> turns = new ArrayList<>();
    for (JsonNode m : row.get(key)) {
      turns.add(new Message(m.get("role").stringValue(), m.get("content").stringValue()));
    }
    return turns;
  }

  @ParameterizedTest
  @EnumSource(names = {"COT", "RATIONALIZER", "GENRM"})
  void thePaperPromptsEqualTheReference(JudgePrompt.Kind kind) throws IOException {
    for (Path file : Golden.find("prompts/" + kind.name().toLowerCase(Locale.ROOT) + ".json")) {
      assertThat(JudgePrompt.paper(kind).toJson()).isEqualTo(Json.read(file));
    }
  }

  @Test
  void whatStandsInAResponseIsNeverAPlaceholder() throws IOException {
    JudgePrompt prompt =
        JudgePrompt.parse("{\"user\":\"{chat}|{answer_a}|{answer_b}\"}", "p", JudgePrompt.Kind.COT);
    assertThat(prompt.messages(List.of(Message.user("{answer_b} $1 \\")), "{chat}", "{winner}"))
        .containsExactly(Message.user("{answer_b} $1 \\|{chat}|{winner}"));
  }

  @Test
  void aTemplateWithoutAPlaceholderIsRefused() {
    refused("{\"user\":\"{chat} {answer_a}\"}", "p.json: the template lacks {answer_b}");
    refused("{\"system\":\"{chat}\"}", "p.json: 'user' is missing (keys: system)");
    refused("{\"user\":1}", "p.json: 'user' is 1, expected a string");
    refused("{\"user\":\"{chat}{answer_a}{answer_b}\",\"sys\":\"\"}", "unknown key 'sys'");
    refused(
        "{\"user\":\"{chat}{answer_a}{answer_b}{winner}\"}",
        "{winner} stands only in a template of another kind; this kind fills {chat}");
    refused("[]", "expected an object");
  }

  private static void refused(String json, String message) {
    assertThatThrownBy(() -> JudgePrompt.parse(json, "p.json", JudgePrompt.Kind.COT))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anUnknownRoleIsRefused() {
    List<Message> chat = List.of(Message.user("a"), new Message("tool", "b"));
    assertThatThrownBy(() -> JudgePrompt.paper(JudgePrompt.Kind.COT).messages(chat, "", ""))
        .hasMessageContaining("role 'tool'");
  }
}
