package dev.gavel.train.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.judge.JudgePrompt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ModelFilesTest {
  @Test
  void theFilesAgreeWithTheVocabulary(@TempDir Path folder) throws IOException {
    ModelFiles.write(folder);
    JsonNode tokenizer = Json.read(folder.resolve("tokenizer.json"));
    JsonNode vocabulary = tokenizer.get("model").get("vocab");
    assertThat(vocabulary.size()).isEqualTo(92);
    assertThat(vocabulary.get("Ġseven")).isNull();
    assertThat(vocabulary.get("Ġthree").intValue()).isEqualTo(Vocabulary.id(" three"));
    assertThat(vocabulary.get("ĊĊ").intValue()).isEqualTo(6);
    assertThat(tokenizer.get("added_tokens").get(5).get("content").stringValue())
        .isEqualTo("<|eot_id|>");
    JsonNode config = Json.read(folder.resolve("config.json"));
    assertThat(config.get("vocab_size").intValue()).isEqualTo(92);
    assertThat(config.get("eos_token_id").intValue()).isEqualTo(5);
    JsonNode words = Json.read(folder.resolve("tokenizer_config.json"));
    assertThat(words.get("eos_token").stringValue()).isEqualTo("<|eot_id|>");
    assertThat(words.get("chat_template").stringValue()).contains("add_generation_prompt");
    assertThat(Json.read(folder.resolve("generation_config.json")).size()).isEqualTo(3);
  }

  @Test
  void everyTextIsCutIntoItsWords(@TempDir Path folder) throws IOException {
    ModelFiles.write(folder);
    Tokenizer tokenizer = Tokenizer.load(folder);
    World world = new World(1);
    List<Document> documents = new ArrayList<>(world.corpus(0, 2000));
    documents.addAll(world.corpus(1, 2000));
    documents.addAll(world.probes(300));
    for (Document document : documents) {
      List<String> words = Vocabulary.join(document.promptWords(), document.completionWords());
      assertThat(tokenizer.encode(document.prompt() + document.completion()))
          .isEqualTo(words.stream().mapToInt(Vocabulary::id).toArray());
      assertThat(document.completion()).endsWith(Vocabulary.EOT);
      assertThat(document.prompt()).startsWith(Vocabulary.BEGIN).endsWith("\n\n");
    }
  }

  /// The vocabulary is closed: a word of another world is an error and not left out.
  @Test
  void anotherWordIsRefused(@TempDir Path folder) throws IOException {
    ModelFiles.write(folder);
    Tokenizer tokenizer = Tokenizer.load(folder);
    assertThatThrownBy(() -> tokenizer.encode("Q walk red seven"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the vocabulary has no entry 'Ġ' for the byte 0x20 of this text");
  }

  /// Ids are a file format: a model trained yesterday must be read today.
  @Test
  void idsKeepTheirPlaces() {
    assertThat(Vocabulary.TOKENS.subList(0, 18))
        .containsExactly(
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|finetune_right_pad_id|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eot_id|>",
            "\n\n",
            "system",
            "user",
            "assistant",
            "help",
            "judge",
            "explain",
            "verdict",
            "Q",
            "A",
            "B",
            " A");
    assertThat(Vocabulary.TOKENS.getLast()).isEqualTo(" help");
    assertThat(Vocabulary.id(" safe")).isEqualTo(48);
  }

  /// The judge of the demo is asked in the words that the base model was trained on.
  @Test
  void theJudgePromptIsTheCorpusPrompt(@TempDir Path folder) throws IOException {
    ModelFiles.write(folder);
    Chat chat = Tokenizer.load(folder).chat();
    Path file = folder.resolve("judge.json");
    ModelFiles.writeJudgePrompt(file);
    JudgePrompt prompt = JudgePrompt.read(file, JudgePrompt.Kind.COT);
    int judges = 0;
    for (int i = 0; i < 300; i++) {
      Document document = Document.instruct(Dice.of(1, i));
      Pair pair = new PairMaker(Dice.of(1, i)).wide();
      String rendered =
          chat.render(
              prompt.messages(
                  List.of(Message.user(pair.questionText())), pair.a().text(), pair.b().text()),
              ChatOptions.PROMPT);
      if (document.promptWords().contains("judge")) {
        judges++;
        assertThat(document.prompt()).isEqualTo(rendered);
      }
    }
    assertThat(judges).isGreaterThan(150);
  }
}
