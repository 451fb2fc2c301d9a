package dev.gavel.llama.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class ChatTest {
  /// The template of Meta-Llama-3-8B-Instruct in its shortest form.
  private static final String KNOWN =
      "{{- bos_token }}{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] +"
          + " '<|end_header_id|>\\n\\n' }}{{- message['content'] | trim + '<|eot_id|>' }}{%- endfor %}"
          + "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n'"
          + " }}{%- endif %}";

  private static final List<Message> TALK =
      List.of(
          Message.system(" s "), Message.user("\u00a0q\u001c"), Message.assistant("\n a b\u2003"));

  private final Path folder;

  ChatTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Tokenizer load(String config) throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), config);
    return TinyFile.load(folder);
  }

  private static String config(String key, String value) {
    ObjectNode config = Json.mapper().createObjectNode();
    return Json.write(config.put(key, value));
  }

  private static String turn(String role, String content) {
    return "<|start_header_id|>" + role + "<|end_header_id|>\n\n" + content + "<|eot_id|>";
  }

  @Test
  void rendersLlama3() throws IOException {
    Chat chat = load("{}").chat(ChatTemplate.LLAMA3);
    assertThat(chat.render(TALK, ChatOptions.PROMPT))
        .isEqualTo(
            "<|begin_of_text|>"
                + turn("system", "s")
                + turn("user", "q")
                + turn("assistant", "a b")
                + "<|start_header_id|>assistant<|end_header_id|>\n\n");
  }

  @Test
  void rendersDatesFrom31On() throws IOException {
    Tokenizer tokenizer = load("{}");
    String dates = "Cutting Knowledge Date: December 2023\nToday Date: ";
    for (ChatTemplate template : List.of(ChatTemplate.LLAMA3_1, ChatTemplate.LLAMA3_2)) {
      Chat chat = tokenizer.chat(template);
      assertThat(chat.render(TALK, ChatOptions.WHOLE))
          .isEqualTo(
              "<|begin_of_text|>"
                  + turn("system", dates + "26 Jul 2024\n\ns")
                  + turn("user", "q")
                  + turn("assistant", "a b"));
      assertThat(
              chat.render(
                  List.of(new Message("tool", " x\"\n\u0001")),
                  new ChatOptions(false, "1 May 2020")))
          .isEqualTo(
              "<|begin_of_text|>"
                  + turn("system", dates + "1 May 2020\n\n")
                  + turn("ipython", "\" x\\\"\\n\\u0001\""));
    }
  }

  @Test
  void theMaskCoversWhatTheAssistantSays() throws IOException {
    ChatEncoding chat = load("{}").chat(ChatTemplate.LLAMA3).encode(TALK, ChatOptions.WHOLE);
    int n = chat.ids().length;
    assertThat(chat.ids()[0]).isEqualTo(TinyFile.BOS);
    assertThat(chat.ids()[1]).isEqualTo(TinyFile.START_HEADER);
    assertThat(chat.assistantMask()).hasSize(n);
    // "a", " ", "b", end of turn
    for (int i = 0; i < n; i++) {
      assertThat(chat.assistantMask()[i]).isEqualTo(i >= n - 4 ? 1 : 0);
    }
  }

  @Test
  void anEmptyAnswerIsItsEnd() throws IOException {
    ChatEncoding chat =
        load("{}")
            .chat(ChatTemplate.LLAMA3)
            .encode(List.of(Message.assistant("  "), Message.user("a")), ChatOptions.PROMPT);
    assertThat(IntStream.of(chat.assistantMask()).sum()).isEqualTo(1);
  }

  @Test
  void refusesAnEmptyConversation() throws IOException {
    Chat chat = load("{}").chat(ChatTemplate.LLAMA3);
    assertThatThrownBy(() -> chat.render(List.of(), ChatOptions.WHOLE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("messages: empty, expected at least one");
  }

  @Test
  void recognisesATemplate() throws IOException {
    assertThat(load(config("chat_template", KNOWN)).chat().template())
        .isEqualTo(ChatTemplate.LLAMA3);
    String list =
        "{\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"x\"},{\"name\":\"default\",\"template\":%s}]}"
            .formatted(Json.write(Json.mapper().getNodeFactory().stringNode(KNOWN)));
    assertThat(load(list).chat().template()).isEqualTo(ChatTemplate.LLAMA3);
    Files.writeString(folder.resolve("chat_template.jinja"), "\r\n" + KNOWN + "\n");
    assertThat(load(config("chat_template", "other")).chat().template())
        .isEqualTo(ChatTemplate.LLAMA3);
  }

  @Test
  void refusesAnUnknownTemplateByName() throws IOException {
    Tokenizer tokenizer = load(config("chat_template", "{{ messages[0].content }}"));
    assertThatThrownBy(tokenizer::chat)
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(
            folder.resolve("tokenizer_config.json")
                + ": the chat template '{{ messages[0].content }}…' (sha256 ")
        .hasMessageEndingWith(
            "is none that this build knows; say --chat_template llama3, llama3.1 or llama3.2 to"
                + " render with one of these");
    assertThat(tokenizer.chat(ChatTemplate.LLAMA3_1).template()).isEqualTo(ChatTemplate.LLAMA3_1);
    Files.delete(folder.resolve("tokenizer_config.json"));
    assertThatThrownBy(() -> TinyFile.load(folder).chat())
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("the folder has no chat template")
        .hasMessageContaining("--chat_template llama3");
  }

  @Test
  void refusesATokenizerWithoutTheTokensOfAChat() throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), "{}");
    TinyFile.write(folder, TinyFile.with("/added_tokens/3", "content", "\"<|eos|>\""));
    Tokenizer tokenizer = Tokenizer.load(folder);
    assertThatThrownBy(() -> tokenizer.chat(ChatTemplate.LLAMA3))
        .isInstanceOf(FormatException.class)
        .hasMessageEndingWith(
            "the chat template llama3 needs the token <|eot_id|>, which is not in added_tokens");
  }

  @Test
  void readsTheNamedTokens() throws IOException {
    Tokenizer tokenizer =
        load("{\"bos_token\":\"<|begin_of_text|>\",\"eos_token\":{\"content\":\"<|eot_id|>\"}}");
    assertThat(tokenizer.bos()).hasValue(TinyFile.BOS);
    assertThat(tokenizer.eos()).hasValue(TinyFile.EOT);
    assertThat(load("{\"bos_token\":null}").bos()).isEmpty();
    assertThatThrownBy(() -> load(config("eos_token", "<|eos|>")))
        .isInstanceOf(FormatException.class)
        .hasMessageEndingWith(
            "eos_token: '<|eos|>' is no special token among added_tokens of tokenizer.json");
  }

  @Test
  void refusesAConfigThatWantsOtherIds() {
    assertConfigRefused(
        "{\"add_bos_token\":false}", "add_bos_token: false, but the post_processor");
    assertConfigRefused("{\"add_eos_token\":true}", "add_eos_token: true, but the post_processor");
    assertConfigRefused("{\"add_prefix_space\":true}", "add_prefix_space is true; this build");
    assertConfigRefused("{\"split_special_tokens\":true}", "split_special_tokens is true; this");
    assertConfigRefused(
        "{\"pad_token\":\"[PAD]\"}", "pad_token: '[PAD]' is no special token among added_tokens");
    assertConfigRefused(
        "{\"additional_special_tokens\":[\"a\"]}",
        "additional_special_tokens[0]: 'a' is no special token");
    assertConfigRefused(
        "{\"extra_special_tokens\":{\"x_token\":\"<x>\"}}",
        "extra_special_tokens.x_token: '<x>' is no special token");
    assertConfigRefused(
        "{\"added_tokens_decoder\":{\"263\":{\"content\":\"<|eot_id|>\",\"special\":false}}}",
        "added_tokens_decoder.263: '<|eot_id|>' (special false, normalized true) is not so among");
    assertConfigRefused("{\"bos_token\":3}", "bos_token: found 3, expected a string");
  }

  private void assertConfigRefused(String config, String message) {
    assertThatThrownBy(() -> load(config))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(folder.resolve("tokenizer_config.json") + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void templatesHaveNames() {
    for (ChatTemplate template : ChatTemplate.values()) {
      assertThat(ChatTemplate.byId(template.id())).hasValue(template);
    }
    assertThat(ChatTemplate.byId("llama4")).isEmpty();
  }
}
