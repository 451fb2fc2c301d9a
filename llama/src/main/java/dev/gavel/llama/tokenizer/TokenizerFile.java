package dev.gavel.llama.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.JsonNode;

/// What a `tokenizer.json` says (the tokenizers library's serialisation, version 1.0).
///
/// @param model vocabulary, with added tokens, and merges
/// @param added the added tokens in the file's order
/// @param frame the ids that the post-processor puts around a text
record TokenizerFile(BpeModel model, List<AddedToken> added, Pipeline.Frame frame) {
  private static final String[] KEYS = {
    "version",
    "truncation",
    "padding",
    "added_tokens",
    "normalizer",
    "pre_tokenizer",
    "post_processor",
    "decoder",
    "model"
  };

  /// @param file plain or, with a name that ends in `.gz`, compressed
  static TokenizerFile read(Path file) throws IOException {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
        Reader text = new InputStreamReader(in, UTF_8.newDecoder());
        JsonParser parser = Json.streaming().createParser(text)) {
      return new Parts(file.toString(), parser).read();
    } catch (JacksonIOException e) {
      if (e.getCause() instanceof CharacterCodingException) {
        throw new FormatException(file + ": not UTF-8", e);
      }
      throw unreadable(file, e.getOriginalMessage(), e);
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      String place = at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
      throw new FormatException(file + place + ": not valid JSON: " + e.getOriginalMessage(), e);
    } catch (ZipException | EOFException e) {
      throw unreadable(file, e.getMessage(), e);
    }
  }

  private static FormatException unreadable(Path file, @Nullable String why, Exception e) {
    return new FormatException(file + ": cannot be read: " + why, e);
  }

  /// The parts of one file while it is read.
  private static final class Parts {
    private final String file;
    private final JsonParser parser;
    private final List<AddedToken> added = new ArrayList<>();
    private Pipeline.Frame frame = Pipeline.Frame.NONE;
    private @Nullable ModelReader model;
    private boolean preTokenizerSeen;
    private boolean decoderSeen;

    Parts(String file, JsonParser parser) {
      this.file = file;
      this.parser = parser;
    }

    TokenizerFile read() throws FormatException {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new FormatException(file + ": expected a JSON object");
      }
      Set<String> keys = new HashSet<>();
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        if (!keys.add(key)) {
          throw new FormatException(file + ": '" + key + "' is listed twice");
        }
        parser.nextToken();
        if (key.equals("model")) {
          model = new ModelReader(file, parser);
          model.read();
        } else {
          JsonNode value = parser.readValueAsTree();
          readStep(key, new Section(file, key, value));
        }
      }
      if (parser.nextToken() != null) {
        throw new FormatException(file + ": more behind the end of the object");
      }
      if (model == null) {
        throw missing("model");
      }
      if (!preTokenizerSeen) {
        throw missing("pre_tokenizer");
      }
      if (!decoderSeen) {
        throw missing("decoder");
      }
      BpeModel built = new ModelBuilder(file, model, added).build();
      checkFrame(built.vocabulary().size());
      return new TokenizerFile(built, List.copyOf(added), frame);
    }

    private FormatException missing(String key) {
      return new FormatException(file + ": '" + key + "' is missing");
    }

    private void readStep(String key, Section value) throws FormatException {
      switch (key) {
        case "version" -> {
          if (!value.string().equals("1.0")) {
            throw value.error("found %s, expected 1.0".formatted(value.string()));
          }
        }
        // Settings of the library's last user, which transformers switches off for each call.
        case "truncation", "padding" -> {}
        case "added_tokens" -> readAdded(value);
        case "normalizer" -> Pipeline.checkNormalizer(value);
        case "pre_tokenizer" -> {
          Pipeline.checkPreTokenizer(value);
          preTokenizerSeen = true;
        }
        case "post_processor" -> frame = Pipeline.readPostProcessor(value);
        case "decoder" -> {
          Pipeline.checkDecoder(value);
          decoderSeen = true;
        }
        default ->
            throw value.error("unknown key; this build knows here: " + String.join(", ", KEYS));
      }
    }

    private void readAdded(Section tokens) throws FormatException {
      for (Section token : tokens.elements()) {
        token.only("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
        for (String flag : List.of("single_word", "lstrip", "rstrip")) {
          token.require(flag, false, false);
        }
        if (token.string("content").isEmpty()) {
          throw token.get("content").error("is empty");
        }
        added.add(
            new AddedToken(
                token.index("id"),
                token.string("content"),
                token.flag("special", false),
                token.flag("normalized", !token.flag("special", false))));
      }
    }

    private void checkFrame(int size) throws FormatException {
      for (int[] ids : List.of(frame.before(), frame.after())) {
        for (int id : ids) {
          if (id < 0 || id >= size) {
            throw new FormatException(
                "%s: post_processor: id %d is outside the vocabulary of %d tokens"
                    .formatted(file, id, size));
          }
        }
      }
    }
  }
}
