package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.FormatException;
import java.util.List;
import java.util.Map;

/// The steps of a `tokenizer.json` around its model. Only Llama 3's are known, and what differs
/// from them in a way that changes ids or text is refused by name.
final class Pipeline {
  private static final String[] BYTE_LEVEL = {
    "type", "add_prefix_space", "trim_offsets", "use_regex"
  };

  private Pipeline() {}

  static void checkNormalizer(Section normalizer) throws FormatException {
    if (!normalizer.isNull()) {
      throw normalizer.error(
          "'%s' is unknown; this build knows none (null)".formatted(normalizer.string("type")));
    }
  }

  /// A split by Llama 3's expression, then bytes. (The tokenizers library's `trim_offsets` changes
  /// no id.)
  static void checkPreTokenizer(Section pre) throws FormatException {
    String known = "; this build knows a Sequence of Split (Llama 3's expression) and ByteLevel";
    if (pre.isNull() || !pre.string("type").equals("Sequence")) {
      throw pre.error("found " + (pre.isNull() ? "null" : pre.string("type")) + known);
    }
    List<Section> steps = pre.only("type", "pretokenizers").get("pretokenizers").elements();
    if (steps.size() != 2) {
      throw pre.get("pretokenizers").error("found " + steps.size() + " steps" + known);
    }
    if (!steps.get(0).string("type").equals("Split")) {
      throw steps.get(0).error("found " + steps.get(0).string("type") + known);
    }
    checkSplit(steps.get(0).only("type", "pattern", "behavior", "invert"));
    checkByteLevel(steps.get(1), known);
  }

  private static void checkSplit(Section split) throws FormatException {
    Section pattern = split.get("pattern").only("Regex", "String");
    if (!pattern.has("Regex")) {
      throw pattern.error("is no Regex; this build knows only Llama 3's: " + SplitScanner.PATTERN);
    }
    if (!pattern.string("Regex").equals(SplitScanner.PATTERN)) {
      throw pattern.error(
          "the split expression %s is unknown; this build knows only Llama 3's: %s"
              .formatted(pattern.string("Regex"), SplitScanner.PATTERN));
    }
    if (!split.string("behavior").equals("Isolated")) {
      throw split
          .get("behavior")
          .error("found %s; this build knows only Isolated".formatted(split.string("behavior")));
    }
    split.require("invert", false, false);
  }

  private static void checkByteLevel(Section step, String known) throws FormatException {
    if (!step.string("type").equals("ByteLevel")) {
      throw step.error("found " + step.string("type") + known);
    }
    step.only(BYTE_LEVEL);
    step.require("add_prefix_space", false, true);
    step.require("use_regex", false, true);
  }

  static void checkDecoder(Section decoder) throws FormatException {
    String type = decoder.isNull() ? "null" : decoder.string("type");
    if (!type.equals("ByteLevel")) {
      throw decoder.error("found " + type + "; this build knows only ByteLevel");
    }
    decoder.only(BYTE_LEVEL);
  }

  /// What is put around the ids of a text.
  record Frame(int[] before, int[] after) {
    static final Frame NONE = new Frame(new int[0], new int[0]);
  }

  /// Reads the post-processor: nothing, ByteLevel (changes no id), a template for a single text, or
  /// a sequence of these with at most one template. How pairs are put together is not read: nothing
  /// here encodes pairs.
  static Frame readPostProcessor(Section post) throws FormatException {
    if (post.isNull()) {
      return Frame.NONE;
    }
    String type = post.string("type");
    return switch (type) {
      case "ByteLevel" -> {
        post.only(BYTE_LEVEL);
        yield Frame.NONE;
      }
      case "TemplateProcessing" -> readTemplate(post);
      case "Sequence" -> readSequence(post);
      default ->
          throw post.error(
              "found %s; this build knows ByteLevel, TemplateProcessing and a Sequence of these"
                  .formatted(type));
    };
  }

  private static Frame readSequence(Section post) throws FormatException {
    Frame frame = Frame.NONE;
    for (Section step : post.only("type", "processors").get("processors").elements()) {
      Frame read = readPostProcessor(step);
      if (read != Frame.NONE && frame != Frame.NONE) {
        throw step.error("a second template; this build knows one");
      }
      frame = read == Frame.NONE ? frame : read;
    }
    return frame;
  }

  private static Frame readTemplate(Section post) throws FormatException {
    post.only("type", "single", "pair", "special_tokens");
    IdList before = new IdList(1);
    IdList after = new IdList(1);
    boolean textSeen = false;
    for (Section piece : post.get("single").elements()) {
      piece.only("SpecialToken", "Sequence");
      if (piece.has("SpecialToken")) {
        (textSeen ? after : before).addAll(specialIds(post, piece.get("SpecialToken")));
      } else if (textSeen || !piece.get("Sequence").string("id").equals("A")) {
        throw piece.error("a template for one text names the sequence A once");
      } else {
        textSeen = true;
      }
    }
    if (!textSeen) {
      throw post.get("single").error("the sequence A is missing");
    }
    return new Frame(before.toArray(), after.toArray());
  }

  private static int[] specialIds(Section post, Section token) throws FormatException {
    Section known = post.get("special_tokens");
    String name = token.string("id");
    for (Map.Entry<String, Section> entry : known.entries()) {
      if (entry.getKey().equals(name)) {
        IdList ids = new IdList(1);
        for (Section id : entry.getValue().get("ids").elements()) {
          if (!id.node().isInt()) {
            throw id.error("found " + id.node() + ", expected an id");
          }
          ids.add(id.node().intValue());
        }
        return ids.toArray();
      }
    }
    throw token.error("'%s' is not among special_tokens".formatted(name));
  }
}
