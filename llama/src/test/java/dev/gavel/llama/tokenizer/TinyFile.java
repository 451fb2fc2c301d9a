package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A `tokenizer.json` made by hand, small enough to see through, for tests to bend.
///
/// Ids 0..255 are the bytes, 256 `ab`, 257 `abc`, 258 ` a`, 259 `bc` (reached by no merge), then
/// the special tokens of a chat.
final class TinyFile {
  static final int AB = 256;
  static final int ABC = 257;
  static final int BLANK_A = 258;
  static final int BC = 259;
  static final int BOS = 260;
  static final int START_HEADER = 261;
  static final int END_HEADER = 262;
  static final int EOT = 263;
  static final int SIZE = 264;

  private static final String REST =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
        {"id": 260, "content": "<|begin_of_text|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 261, "content": "<|start_header_id|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 262, "content": "<|end_header_id|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 263, "content": "<|eot_id|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
       "normalizer": null,
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": ""}, "behavior": "Isolated", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]},
       "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|begin_of_text|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [],
        "special_tokens": {"<|begin_of_text|>": {"id": "<|begin_of_text|>", "ids": [260], "tokens": ["<|begin_of_text|>"]}}},
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": true,
        "vocab": {}, "merges": [["a", "b"], ["ab", "c"], ["Ġ", "a"]]}}
      """;

  private TinyFile() {}

  static ObjectNode json() {
    ObjectNode json = (ObjectNode) value(REST);
    ((ObjectNode) json.at("/pre_tokenizer/pretokenizers/0/pattern"))
        .put("Regex", SplitScanner.PATTERN);
    ObjectNode vocab = (ObjectNode) json.at("/model/vocab");
    for (int b = 0; b < 256; b++) {
      vocab.put(String.valueOf(ByteAlphabet.charOf(b)), b);
    }
    vocab.put("ab", AB).put("abc", ABC).put("Ġa", BLANK_A).put("bc", BC);
    return json;
  }

  /// Replaces the value at a JSON pointer's parent and key.
  static ObjectNode with(String parent, String key, String value) {
    ObjectNode json = json();
    ((ObjectNode) json.at(parent)).set(key, value(value));
    return json;
  }

  static JsonNode value(String text) {
    return Json.mapper().readTree(text);
  }

  static Path write(Path folder, JsonNode json) throws IOException {
    return Files.writeString(folder.resolve("tokenizer.json"), Json.write(json));
  }

  static Tokenizer load(Path folder) throws IOException {
    return Tokenizer.load(write(folder, json()));
  }
}
