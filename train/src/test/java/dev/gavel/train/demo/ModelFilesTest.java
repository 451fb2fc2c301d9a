package dev.gavel.train.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Place;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.TokenizedPair;
import dev.gavel.train.judge.JudgePrompt;
import dev.gavel.train.judge.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

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

  /// The judges of the demo are asked in the words that the base model was trained on.
  @Test
  void thePromptsAreThoseOfTheCorpus(@TempDir Path folder) throws IOException {
    ModelFiles.write(folder);
    Chat chat = Tokenizer.load(folder).chat();
    for (ModelFiles.Prompt which : ModelFiles.Prompt.values()) {
      Path file = folder.resolve(which.file());
      ModelFiles.write(which, file);
      boolean told = which == ModelFiles.Prompt.EXPLAIN;
      JudgePrompt prompt =
          JudgePrompt.read(file, told ? JudgePrompt.Kind.RATIONALIZER : JudgePrompt.Kind.COT);
      String word = which.name().toLowerCase(Locale.ROOT);
      int asked = 0;
      for (int i = 0; i < 400; i++) {
        Document document = Document.instruct(Dice.of(1, i));
        Pair pair = new PairMaker(Dice.of(1, i)).wide();
        if (document.promptWords().contains(word)) {
          asked++;
          List<Message> question = List.of(Message.user(pair.questionText()));
          String a = pair.a().text();
          String b = pair.b().text();
          Verdict winner = document.prompt().contains("why A better") ? Verdict.A : Verdict.B;
          var messages =
              told ? prompt.rationale(question, a, b, winner) : prompt.messages(question, a, b);
          assertThat(document.prompt()).isEqualTo(chat.render(messages, ChatOptions.PROMPT));
        }
      }
      assertThat(asked).as(word).isGreaterThan(15);
    }
  }

  /// A reward model reads each answer as the corpus has it in chat.
  @Test
  void rewardRowsAreChatsOfTheCorpus(@TempDir Path folder) throws Exception {
    ModelFiles.write(folder);
    Tokenizer tokenizer = Tokenizer.load(folder);
    PreferenceRows rows =
        new PreferenceRows(
            PreferenceRows.Use.REWARD,
            PreferenceRows.Options.DEFAULT,
            Optional.of(tokenizer),
            Vocabulary.TOKENS.size(),
            tokenizer::chat,
            ChatOptions.DEFAULT_DATE);
    for (LabelledPair labelled : new World(1).preferences(0, 300)) {
      ObjectNode json = labelled.toJson(LabelledPair.Form.CHAT);
      TokenizedPair read =
          rows.tokenize(new Row(0, new Place("pairs", 1, false), json.get("id"), json));
      Pair pair = labelled.pair();
      assertThat(read.chosen().ids()).isEqualTo(ids(pair, pair.label()));
      assertThat(read.rejected().ids()).isEqualTo(ids(pair, pair.label().other()));
    }
  }

  private static int[] ids(Pair pair, Verdict place) {
    return Document.chat(pair.question(), pair.at(place)).ids();
  }
}
