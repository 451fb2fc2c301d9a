package dev.gavel.llama.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All added tokens of a tokenizer. Those that are not `normalized` are found first, in the whole
/// text; the others in what is left over (as the tokenizers library does, there before and after
/// its normalizer; this build knows none).
final class AddedTokens {
  private final Map<String, AddedToken> byContent = new HashMap<>();
  private final TokenMatcher first;
  private final TokenMatcher second;

  AddedTokens(List<AddedToken> tokens) {
    tokens.forEach(t -> byContent.put(t.content(), t));
    first = new TokenMatcher(tokens.stream().filter(t -> !t.normalized()).toList());
    second = new TokenMatcher(tokens.stream().filter(AddedToken::normalized).toList());
  }

  TokenMatcher first() {
    return first;
  }

  TokenMatcher second() {
    return second;
  }

  @Nullable AddedToken get(String content) {
    return byContent.get(content);
  }
}
