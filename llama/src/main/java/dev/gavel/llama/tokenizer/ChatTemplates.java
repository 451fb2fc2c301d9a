package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.FormatException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/// Recognises the Jinja text of a chat template by its hash.
///
/// Texts are compared without blanks around them, with one kind of line end, and with `\n` in a
/// literal written out, which change nothing that is rendered.
final class ChatTemplates {
  private static final Map<String, ChatTemplate> BY_HASH =
      Map.of(
          // Meta-Llama-3-8B-Instruct, and the same with the other spacing in circulation
          "ba03a121d097859c7b5b9cd03af99aafe95275210d2876f642ad9929a150f122",
          ChatTemplate.LLAMA3,
          "d499ad7b1715355631faa50e1e7472f0c50a37f32b454b3184dde8f89c796aba",
          ChatTemplate.LLAMA3,
          // the same with add_generation_prompt defined to be false
          "47d5a7b4840c2ff2dfa0828b2465a654bef3a6cdfe032e5e105f395e4ceee812",
          ChatTemplate.LLAMA3,
          // TRL's form of it that marks what is generated
          "a84b5cf6fad286a6750f95f195b46b2dcc951bccee80961cbf802784f98aa787",
          ChatTemplate.LLAMA3,
          // the short forms of it in the golden sets, without and with marks
          "0dddd9bb41a295d7cf34b9829e8477e3ff943b897f9bdd7e81c10c92e8daf674",
          ChatTemplate.LLAMA3,
          "b5dc76edb4c83e8811af83f6f5442183e2ef05b35e7ebe7a10149e7a1ef350f2",
          ChatTemplate.LLAMA3,
          // Llama-3.1-8B-Instruct
          "99799a835a31e1d33c4a9c7ee8a0de3923b291a95155ed6dc8efcbd0fe1d0238",
          ChatTemplate.LLAMA3_1,
          // Llama-3.2-1B-Instruct, Llama-3.2-3B-Instruct
          "0cac23ffd2b33ff7b039e17ee143a080053318146fdc788f1d49ed4745aa8683",
          ChatTemplate.LLAMA3_2);

  private static final String REMEDY =
      "say --chat_template llama3, llama3.1 or llama3.2 to render with one of these";

  private ChatTemplates() {}

  static ChatTemplate recognise(TokenizerConfig config, Path tokenizer) throws FormatException {
    String text = config.chatTemplate();
    if (text == null) {
      throw new FormatException(
          "%s: the folder has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json); %s"
              .formatted(tokenizer, REMEDY));
    }
    String hash = hash(text);
    ChatTemplate known = BY_HASH.get(hash);
    if (known == null) {
      throw new FormatException(
          "%s: the chat template '%s…' (sha256 %s) is none that this build knows; %s"
              .formatted(
                  config.chatTemplateFile(), beginning(text), hash.substring(0, 12), REMEDY));
    }
    return known;
  }

  private static String beginning(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.substring(0, Math.min(60, line.length()));
  }

  static String hash(String text) {
    String normal = text.replace("\r\n", "\n").strip().replace("\\n", "\n");
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(normal.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }
}
