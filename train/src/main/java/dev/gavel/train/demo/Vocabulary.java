package dev.gavel.train.demo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// The 92 tokens: six specials, then words. The id of a token is its place.
public final class Vocabulary {
  static final String BEGIN = "<|begin_of_text|>";
  static final String END = "<|end_of_text|>";
  static final String PAD = "<|finetune_right_pad_id|>";
  static final String HEADER = "<|start_header_id|>";
  static final String HEADER_END = "<|end_header_id|>";
  static final String EOT = "<|eot_id|>";

  static final List<String> SPECIAL = List.of(BEGIN, END, PAD, HEADER, HEADER_END, EOT);

  private static final List<String> PLAIN =
      Stream.of(
              "\n\n|system|user|assistant|help|judge|explain|verdict|Q|A|B",
              " A| B| [[|]]|why|check|guess|because|answer",
              " walk| most| count| least| how| to| it| is| take| and",
              " sorry| i| can| not| right| wrong| tie| kind| plain| rude",
              " request| unsafe| safe| helps| refuses| good| bad| so| better")
          .flatMap(line -> Stream.of(line.split("\\|")))
          .toList();

  /// All tokens, by id.
  public static final List<String> TOKENS = tokens();

  private static final Map<String, Integer> IDS = ids();

  private Vocabulary() {}

  private static List<String> tokens() {
    Set<String> tokens = new LinkedHashSet<>(SPECIAL);
    tokens.addAll(PLAIN);
    Stream.of(Words.NUMBERS, Words.COLOURS, Words.MOVES, Words.VERBS, Words.UNSAFE, Words.SAFE)
        .forEach(tokens::addAll);
    Stream.of(Words.POLITE, Words.RUDE, Words.CLOSERS)
        .flatMap(List::stream)
        .forEach(tokens::addAll);
    return List.copyOf(tokens);
  }

  private static Map<String, Integer> ids() {
    Map<String, Integer> ids = new HashMap<>();
    for (int i = 0; i < TOKENS.size(); i++) {
      ids.put(TOKENS.get(i), i);
    }
    return Map.copyOf(ids);
  }

  static int id(String token) {
    Integer id = IDS.get(token);
    if (id == null) {
      throw new IllegalArgumentException("'" + token + "' is no word of the miniature");
    }
    return id;
  }

  /// A text from its words.
  @SafeVarargs
  static List<String> join(List<String>... parts) {
    List<String> words = new ArrayList<>();
    for (List<String> part : parts) {
      words.addAll(part);
    }
    return words;
  }
}
