package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What matters here of a `tokenizer_config.json` and of a `chat_template.jinja` beside it. Most
/// keys of the former serve other programs and are not looked at; those by which transformers would
/// give other ids than `tokenizer.json` are checked.
///
/// @param bos text of the token that starts a text
/// @param eos text of the token that ends one
/// @param pad text of the token that fills up
/// @param chatTemplate the template's Jinja text
/// @param chatTemplateFile the file it stands in
record TokenizerConfig(
    @Nullable String bos,
    @Nullable String eos,
    @Nullable String pad,
    @Nullable String chatTemplate,
    @Nullable Path chatTemplateFile) {

  /// Reads the files of a folder; either may be absent.
  ///
  /// @param tokenizer what `tokenizer.json` says
  static TokenizerConfig read(Path folder, TokenizerFile tokenizer) throws IOException {
    Path file = folder.resolve("tokenizer_config.json");
    Path jinja = folder.resolve("chat_template.jinja");
    String template = Files.exists(jinja) ? Files.readString(jinja) : null;
    Path templateFile = template == null ? null : jinja;
    if (!Files.exists(file)) {
      return new TokenizerConfig(null, null, null, template, templateFile);
    }
    JsonNode json = Json.read(file);
    Section config = new Section(file.toString(), "", json);
    checkFlags(config, tokenizer.frame());
    new NamedTokens(tokenizer.added()).check(config);
    if (template == null && config.has("chat_template")) {
      template = template(config.get("chat_template"));
      templateFile = file;
    }
    return new TokenizerConfig(
        token(config, "bos_token"),
        token(config, "eos_token"),
        token(config, "pad_token"),
        template,
        templateFile);
  }

  private static void checkFlags(Section config, Pipeline.Frame frame) throws FormatException {
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

  private static @Nullable String token(Section config, String key) throws FormatException {
    return config.has(key) ? NamedTokens.text(config.get(key)) : null;
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

  /// The tokens that the file names. transformers adds those that `tokenizer.json` lacks and makes
  /// them special, which would change ids and decoded text: here that is an error.
  private record NamedTokens(List<AddedToken> added) {
    private static final List<String> SINGLE =
        List.of(
            "bos_token",
            "eos_token",
            "unk_token",
            "sep_token",
            "pad_token",
            "cls_token",
            "mask_token");
    private static final List<String> SEVERAL =
        List.of("additional_special_tokens", "extra_special_tokens");

    void check(Section config) throws FormatException {
      for (String key : SINGLE) {
        if (config.has(key)) {
          checkSpecial(config.get(key));
        }
      }
      for (String key : SEVERAL) {
        if (config.has(key)) {
          for (Section token : config.get(key).children()) {
            checkSpecial(token);
          }
        }
      }
      if (config.has("added_tokens_decoder")) {
        for (Map.Entry<String, Section> e : config.get("added_tokens_decoder").entries()) {
          checkEqual(e.getKey(), e.getValue());
        }
      }
    }

    /// A token is a string or an object with its `content`.
    static String text(Section token) throws FormatException {
      return token.node().isObject() ? token.string("content") : token.string();
    }

    private void checkSpecial(Section token) throws FormatException {
      String text = text(token);
      if (added.stream().noneMatch(a -> a.special() && a.content().equals(text))) {
        throw token.error(
            "'%s' is no special token among added_tokens of tokenizer.json".formatted(text));
      }
    }

    private void checkEqual(String id, Section token) throws FormatException {
      boolean special = token.flag("special", false);
      String text = text(token);
      boolean normalized = token.flag("normalized", !special);
      if (added.stream()
          .noneMatch(a ->
              Integer.toString(a.id()).equals(id)
                  && a.content().equals(text)
                  && a.special() == special
                  && a.normalized() == normalized)) {
        throw token.error(
            "'%s' (special %s, normalized %s) is not so among added_tokens of tokenizer.json"
                .formatted(text, special, normalized));
      }
    }
  }
}
