package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What matters here of a `tokenizer_config.json` and of a `chat_template.jinja` beside it. Most
/// keys of the former serve other programs and are not looked at; those that would change ids are.
///
/// @param bos text of the token that starts a text
/// @param eos text of the token that ends one
/// @param chatTemplate the template's Jinja text
/// @param chatTemplateFile the file it stands in
record TokenizerConfig(
    @Nullable String bos,
    @Nullable String eos,
    @Nullable String chatTemplate,
    @Nullable Path chatTemplateFile) {

  /// Reads the files of a folder; either may be absent.
  static TokenizerConfig read(Path folder, Pipeline.Frame frame) throws IOException {
    Path file = folder.resolve("tokenizer_config.json");
    Path jinja = folder.resolve("chat_template.jinja");
    String template = Files.exists(jinja) ? Files.readString(jinja) : null;
    Path templateFile = template == null ? null : jinja;
    if (!Files.exists(file)) {
      return new TokenizerConfig(null, null, template, templateFile);
    }
    JsonNode json = Json.read(file);
    Section config = new Section(file.toString(), "", json);
    check(config, frame);
    if (template == null && config.has("chat_template")) {
      template = template(config.get("chat_template"));
      templateFile = file;
    }
    return new TokenizerConfig(
        token(config, "bos_token"), token(config, "eos_token"), template, templateFile);
  }

  /// Refuses what asks for other ids than `tokenizer.json` gives.
  private static void check(Section config, Pipeline.Frame frame) throws FormatException {
    config.require("add_prefix_space", false, false);
    config.require("split_special_tokens", false, false);
    boolean before = frame.before().length > 0;
    boolean after = frame.after().length > 0;
    String says = "%s, but the post_processor of tokenizer.json says otherwise";
    if (config.flag("add_bos_token", before) != before) {
      throw config.get("add_bos_token").error(says.formatted(!before));
    }
    if (config.flag("add_eos_token", after) != after) {
      throw config.get("add_eos_token").error(says.formatted(!after));
    }
  }

  /// A token is a string or an object with its `content`.
  private static @Nullable String token(Section config, String key) throws FormatException {
    if (!config.has(key)) {
      return null;
    }
    Section token = config.get(key);
    return token.node().isObject() ? token.string("content") : token.string();
  }

  /// A template is a string, or the one named `default` in a list of `{name, template}`.
  private static @Nullable String template(Section template) throws FormatException {
    if (!template.node().isArray()) {
      return template.string();
    }
    for (Section named : template.elements()) {
      if (named.string("name").equals("default")) {
        return named.string("template");
      }
    }
    return null;
  }
}
