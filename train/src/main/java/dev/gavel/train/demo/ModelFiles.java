package dev.gavel.train.demo;

import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The files of the tiny model that are not weights, and the prompts of its judges.
public final class ModelFiles {
  /// Llama-3's own split of a text into pieces.
  private static final String SPLIT =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /// The plain Llama-3 template: no date lines, contents trimmed.
  private static final String CHAT_TEMPLATE =
      "{{- bos_token }}{%- for message in messages %}"
          + "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}"
          + "{{- message['content'] | trim + '<|eot_id|>' }}{%- endfor %}"
          + "{%- if add_generation_prompt %}"
          + "{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}";

  private static final int CONTEXT = 256;

  private static final JsonNodeFactory NODES = Json.mapper().getNodeFactory();

  private ModelFiles() {}

  /// Writes `config.json`, `generation_config.json`, `tokenizer.json`, `tokenizer_config.json`.
  public static void write(Path folder) throws IOException {
    AtomicFiles.writeString(folder.resolve("config.json"), Json.writePretty(config()));
    AtomicFiles.writeString(
        folder.resolve("generation_config.json"), Json.writePretty(generation()));
    AtomicFiles.writeString(folder.resolve("tokenizer.json"), Json.writePretty(tokenizer()));
    AtomicFiles.writeString(
        folder.resolve("tokenizer_config.json"), Json.writePretty(tokenizerConfig()));
  }

  /// The tiny model's tokenizer, for models whose ids need only be some text.
  public static Tokenizer loadTokenizer() throws IOException {
    Path folder = Files.createTempDirectory("gavel-tokenizer");
    try {
      write(folder);
      return Tokenizer.load(folder);
    } finally {
      List<Path> files;
      try (var all = Files.list(folder)) {
        files = all.toList();
      }
      for (Path file : files) {
        Files.delete(file);
      }
      Files.delete(folder);
    }
  }

  /// The prompts of the miniature.
  enum Prompt {
    /// Think aloud, then give a verdict (Fig. 6).
    JUDGE,
    /// One letter (Fig. 8).
    VERDICT,
    /// Say why the given verdict is right (Fig. 7).
    EXPLAIN;

    String file() {
      return name().toLowerCase(Locale.ROOT) + ".json";
    }
  }

  /// Writes a prompt template, for `--prompt_template`.
  static void write(Prompt prompt, Path file) throws IOException {
    try (InputStream in = ModelFiles.class.getResourceAsStream(prompt.file())) {
      if (in == null) {
        throw new IllegalStateException("this build has no resource demo/" + prompt.file());
      }
      AtomicFiles.writeString(file, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /// 601,600 parameters without norms. Matrices start with standard deviation 0.05, `o_proj` and
  /// `down_proj` divided by sqrt(2 x layers): `--scaled_init true`.
  static ObjectNode config() {
    ObjectNode config = NODES.objectNode();
    config.putArray("architectures").add("LlamaForCausalLM");
    config.put("model_type", "llama").put("dtype", "float32");
    config.put("vocab_size", Vocabulary.TOKENS.size()).put("hidden_size", 128);
    config.put("intermediate_size", 256).put("num_hidden_layers", 4);
    config.put("num_attention_heads", 4).put("num_key_value_heads", 2).put("head_dim", 32);
    config.put("hidden_act", "silu").put("rms_norm_eps", 1e-5);
    config.put("max_position_embeddings", CONTEXT).put("rope_theta", 10_000.0);
    config.put("tie_word_embeddings", true).put("initializer_range", 0.05);
    config.put("attention_bias", false).put("mlp_bias", false).put("attention_dropout", 0.0);
    config.put("bos_token_id", Vocabulary.id(Vocabulary.BEGIN));
    config.put("eos_token_id", Vocabulary.id(Vocabulary.EOT));
    config.put("pad_token_id", Vocabulary.id(Vocabulary.PAD));
    return config;
  }

  private static ObjectNode generation() {
    return NODES
        .objectNode()
        .put("bos_token_id", Vocabulary.id(Vocabulary.BEGIN))
        .put("eos_token_id", Vocabulary.id(Vocabulary.EOT))
        .put("pad_token_id", Vocabulary.id(Vocabulary.PAD));
  }

  /// Byte-level BPE without merges: with `ignore_merges` a piece that is in the vocabulary is one
  /// token, and every piece of every text of the world is. No token is added to a text: rows of the
  /// corpus are rendered whole.
  static ObjectNode tokenizer() {
    ObjectNode tokenizer = NODES.objectNode();
    tokenizer.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = tokenizer.putArray("added_tokens");
    for (String token : Vocabulary.SPECIAL) {
      added.add(special(NODES.objectNode().put("id", Vocabulary.id(token)), token));
    }
    tokenizer.putNull("normalizer");
    ObjectNode before = tokenizer.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode pieces = before.putArray("pretokenizers");
    ObjectNode split = pieces.addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", SPLIT);
    split.put("behavior", "Isolated").put("invert", false);
    pieces.add(byteLevel().put("use_regex", false));
    tokenizer.putNull("post_processor");
    tokenizer.set("decoder", byteLevel().put("use_regex", true));
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE").putNull("dropout");
    model.putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", true);
    ObjectNode vocabulary = model.putObject("vocab");
    for (String token : Vocabulary.TOKENS) {
      vocabulary.put(bytes(token), Vocabulary.id(token));
    }
    model.putArray("merges");
    return tokenizer;
  }

  private static ObjectNode byteLevel() {
    return NODES
        .objectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true);
  }

  /// A token in the alphabet of byte-level BPE, where a space is Ġ and a newline Ċ; the other bytes
  /// of our words stand for themselves.
  private static String bytes(String token) {
    return token.replace(' ', 'Ġ').replace('\n', 'Ċ');
  }

  private static ObjectNode special(ObjectNode node, String token) {
    return node.put("content", token)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  private static ObjectNode tokenizerConfig() {
    ObjectNode config = NODES.objectNode();
    ObjectNode decoder = config.putObject("added_tokens_decoder");
    for (String token : Vocabulary.SPECIAL) {
      decoder.set(Integer.toString(Vocabulary.id(token)), special(NODES.objectNode(), token));
    }
    config.put("bos_token", Vocabulary.BEGIN).put("chat_template", CHAT_TEMPLATE);
    config.put("clean_up_tokenization_spaces", false).put("eos_token", Vocabulary.EOT);
    config.putArray("model_input_names").add("input_ids").add("attention_mask");
    return config
        .put("model_max_length", CONTEXT)
        .put("pad_token", Vocabulary.PAD)
        .put("tokenizer_class", "PreTrainedTokenizerFast");
  }
}
