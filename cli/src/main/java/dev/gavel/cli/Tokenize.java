package dev.gavel.cli;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatEncoding;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import dev.gavel.train.data.LineOptions;
import dev.gavel.train.data.Lines;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `gavel tokenize`: text to token ids and back, chat included.
final class Tokenize {
  static final Command<Options> COMMAND =
      new Command<>(
          "tokenize",
          Command.Group.LINES,
          "text to token ids, ids to text, conversations to both",
          Options.class,
          List.of(
              "echo '{\"text\":\"Hello\"}' | gavel tokenize --model_name_or_path my-model",
              "gavel tokenize --model_name_or_path my-model --dataset ids.jsonl --decode true",
              "gavel tokenize --model_name_or_path my-model --dataset chats.jsonl.gz --chat true"
                  + " --output_file out.jsonl"),
          Tokenize::run);

  record Options(
      @Opt(value = "folder with tokenizer.json or tokenizer.json.gz, or such a file", meta = "DIR")
          Path modelNameOrPath,
      @Opt(value = "rows are {\"ids\"}, results {\"text\"}", def = "false") boolean decode,
      @Opt(
              value = "rows are {\"messages\"}, results {\"text\", \"ids\", \"assistant_mask\"}",
              def = "false")
          boolean chat,
      @Opt(
              value = "add what the tokenizer's post-processor adds",
              def = "true",
              with = {"decode=false", "chat=false"})
          boolean addSpecialTokens,
      @Opt(
              value = "the text of a special token (<|eot_id|>) is that token",
              def = "true",
              with = {"decode=false", "chat=false"})
          boolean parseSpecial,
      @Opt(value = "leave special tokens out", def = "false", with = "decode=true")
          boolean skipSpecialTokens,
      @Opt(
              value = "template to use where the folder's own is missing or unknown",
              choices = {"llama3", "llama3.1", "llama3.2"},
              with = "chat=true")
          Optional<String> chatTemplate,
      @Opt(
              value = "what templates with a date print as today's",
              def = ChatOptions.DEFAULT_DATE,
              with = "chat=true")
          String dateString,
      LineOptions lines) {
    Options {
      if (decode && chat) {
        throw new IllegalArgumentException("--decode true and --chat true exclude each other");
      }
    }
  }

  private final Options options;
  private final Tokenizer tokenizer;
  private final Optional<Chat> chat;

  private Tokenize(Options options) throws IOException {
    this.options = options;
    if (!Files.isRegularFile(options.modelNameOrPath())) {
      ModelFolder.requireFolder(options.modelNameOrPath());
    }
    tokenizer = Tokenizer.load(options.modelNameOrPath());
    chat = options.chat() ? Optional.of(chat()) : Optional.empty();
  }

  private Chat chat() throws IOException {
    Optional<ChatTemplate> named = options.chatTemplate().flatMap(ChatTemplate::byId);
    return named.isPresent() ? tokenizer.chat(named.get()) : tokenizer.chat();
  }

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options options = bound.options();
    Tokenize tokenize = new Tokenize(options);
    Lines lines = new Lines(options.lines(), console.in(), console.out());
    return LineCommand.end("tokenize", lines.each(tokenize::answer), console);
  }

  private ObjectNode answer(Row row) throws RowException {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    if (options.decode()) {
      return result.put("text", tokenizer.decode(row.ids("ids"), options.skipSpecialTokens()));
    }
    if (chat.isPresent()) {
      return render(chat.get(), row, result);
    }
    EncodeOptions how = new EncodeOptions(options.addSpecialTokens(), options.parseSpecial());
    return put(result, "ids", tokenizer.encode(row.text("text"), how));
  }

  private ObjectNode render(Chat chat, Row row, ObjectNode result) throws RowException {
    String date = row.optionalText("date_string").orElse(options.dateString());
    ChatOptions how = new ChatOptions(row.flag("add_generation_prompt", false), date);
    ChatEncoding encoding = chat.encode(row.messages("messages"), how);
    result.put("text", encoding.text());
    put(result, "ids", encoding.ids());
    return put(result, "assistant_mask", encoding.assistantMask());
  }

  private static ObjectNode put(ObjectNode result, String key, int[] values) {
    ArrayNode array = result.putArray(key);
    for (int value : values) {
      array.add(value);
    }
    return result;
  }
}
