package dev.gavel.llama.tokenizer;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// Text to token ids and back, as a Hugging Face `tokenizer.json` of the Llama-3 family says:
/// byte-level BPE behind Llama 3's split expression, with added tokens and a post-processor.
///
/// Equal, id by id and character by character, to the tokenizers library. What a file asks for
/// beyond that is refused by name when it is loaded. Immutable; may be used by many threads.
public final class Tokenizer {
  private final Path file;
  private final TokenizerFile parts;
  private final TokenizerConfig config;
  private final AddedTokens added;
  private final BitSet special = new BitSet();
  private final OptionalInt bos;
  private final OptionalInt eos;
  private final OptionalInt pad;

  private Tokenizer(Path file, TokenizerFile parts, TokenizerConfig config) {
    this.file = file;
    this.parts = parts;
    this.config = config;
    added = new AddedTokens(parts.added());
    parts.added().stream().filter(AddedToken::special).forEach(t -> special.set(t.id()));
    bos = named(config.bos());
    eos = named(config.eos());
    pad = named(config.pad());
  }

  /// Loads a tokenizer. A `tokenizer_config.json` and a `chat_template.jinja` in the same folder
  /// are read too.
  ///
  /// @param path a folder with `tokenizer.json` or `tokenizer.json.gz`, or such a file
  /// @throws FormatException for a file that is malformed, or asks for what this build does not
  ///   know
  public static Tokenizer load(Path path) throws IOException {
    Path file =
        Files.isDirectory(path)
            ? inFolder(ModelFolder.tokenizerFolder(path, Optional.empty()))
            : path;
    if (!Files.exists(file)) {
      throw new FormatException(file + ": there is no such file");
    }
    TokenizerFile parts = TokenizerFile.read(file);
    Path folder = file.toAbsolutePath().getParent();
    return new Tokenizer(file, parts, TokenizerConfig.read(folder == null ? file : folder, parts));
  }

  private static Path inFolder(Path folder) throws FormatException {
    for (String name : List.of("tokenizer.json", "tokenizer.json.gz")) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    throw new FormatException(folder + ": holds neither tokenizer.json nor tokenizer.json.gz");
  }

  private OptionalInt named(@Nullable String token) {
    return token == null ? OptionalInt.empty() : id(token);
  }

  /// The ids of a text as [EncodeOptions#DEFAULT] says.
  public int[] encode(CharSequence text) {
    return encode(text, EncodeOptions.DEFAULT);
  }

  /// The ids of a text. A surrogate without its partner is read as U+FFFD.
  public int[] encode(CharSequence text, EncodeOptions options) {
    IdList ids = new IdList(text.length() / 3 + 16);
    if (options.addSpecialTokens()) {
      ids.addAll(parts.frame().before());
    }
    encoder(text, options.parseSpecial(), ids).encode();
    if (options.addSpecialTokens()) {
      ids.addAll(parts.frame().after());
    }
    return ids.toArray();
  }

  /// The ids of a text without additions; each of `positions`, ascending, becomes the number of ids
  /// before that position of the text.
  int[] encode(CharSequence text, int[] positions) {
    IdList ids = new IdList(text.length() / 3 + 16);
    encoder(text, true, ids).encode(positions);
    return ids.toArray();
  }

  private TextEncoder encoder(CharSequence text, boolean parseSpecial, IdList ids) {
    return new TextEncoder(parts.model(), added, parseSpecial, TextEncoder.chars(text), ids);
  }

  /// The text of ids. Bytes that are not UTF-8 become U+FFFD, one for each maximal subpart.
  ///
  /// @param skipSpecial whether special tokens are left out
  /// @throws IllegalArgumentException for an id outside the vocabulary
  public String decode(int[] ids, boolean skipSpecial) {
    StringBuilder out = new StringBuilder(ids.length * 4);
    Utf8Decoder decoder = new Utf8Decoder();
    for (int id : ids) {
      decode(id, skipSpecial, decoder, out);
    }
    decoder.flush(out);
    return out.toString();
  }

  void decode(int id, boolean skipSpecial, Utf8Decoder decoder, StringBuilder out) {
    check(id);
    if (!skipSpecial || !special.get(id)) {
      vocabulary().decode(id, decoder, out);
    }
  }

  /// A decoder for ids that come one at a time.
  public StreamingDecoder streamingDecoder(boolean skipSpecial) {
    return new StreamingDecoder(this, skipSpecial);
  }

  private Vocabulary vocabulary() {
    return parts.model().vocabulary();
  }

  private void check(int id) {
    if (id < 0 || id >= vocabularySize()) {
      throw new IllegalArgumentException(
          "id %d is outside the vocabulary of %d tokens (0..%d)"
              .formatted(id, vocabularySize(), vocabularySize() - 1));
    }
  }

  /// How many ids there are, added tokens included.
  public int vocabularySize() {
    return vocabulary().size();
  }

  /// The id of a token: an added token by its text, another as the file writes it (`Ġthe`).
  public OptionalInt id(String token) {
    AddedToken known = added.get(token);
    int id = known == null ? vocabulary().find(token) : known.id();
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The bytes that a token stands for.
  ///
  /// @throws IllegalArgumentException for an id outside the vocabulary
  public byte[] bytes(int id) {
    check(id);
    return vocabulary().bytes(id);
  }

  /// Whether a token is control, not content.
  ///
  /// @throws IllegalArgumentException for an id outside the vocabulary
  public boolean isSpecial(int id) {
    check(id);
    return special.get(id);
  }

  /// The token that starts a text, where `tokenizer_config.json` names one.
  public OptionalInt bos() {
    return bos;
  }

  /// The token that ends a text, where `tokenizer_config.json` names one.
  public OptionalInt eos() {
    return eos;
  }

  /// The token that others fill batches up with, where `tokenizer_config.json` names one.
  public OptionalInt pad() {
    return pad;
  }

  /// The text of the BOS token; Llama 3's where no file names one.
  String bosText() {
    return config.bos() == null ? "<|begin_of_text|>" : config.bos();
  }

  boolean isAdded(String content) {
    return added.get(content) != null;
  }

  /// The file this was loaded from.
  public Path file() {
    return file;
  }

  /// Conversations by the template that the folder states.
  ///
  /// @throws FormatException when it states none or one that this build does not know
  public Chat chat() throws FormatException {
    return new Chat(this, ChatTemplates.recognise(config, file));
  }

  /// Conversations by a given template, whatever the folder states.
  public Chat chat(ChatTemplate template) throws FormatException {
    return new Chat(this, template);
  }
}
