package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Message;
import java.util.List;
import java.util.Optional;

/// Two answers to one prompt, in the order in which a row names them.
public record Pair(Answers answers, Better better) {
  /// What the row says about them.
  public enum Better {
    FIRST,
    SECOND,
    /// Both are as good.
    TIE,
    /// Nothing.
    UNKNOWN
  }

  /// What is said.
  public sealed interface Answers {}

  /// Plain texts.
  ///
  /// @param prompt empty where the row has none; both answers then begin with it
  public record Texts(Optional<String> prompt, String first, String second) implements Answers {}

  /// Conversations.
  ///
  /// @param prompt the turns that both share, at least one
  /// @param first the turns that follow; the last one is the assistant's
  public record Talks(List<Message> prompt, List<Message> first, List<Message> second)
      implements Answers {
    public Talks {
      prompt = List.copyOf(prompt);
      first = List.copyOf(first);
      second = List.copyOf(second);
    }
  }

  /// The better answer first.
  ///
  /// @throws RowException when the row does not say which one that is
  public Answers chosenFirst() throws RowException {
    return switch (better) {
      case FIRST -> answers;
      case SECOND ->
          switch (answers) {
            case Texts(var prompt, var first, var second) -> new Texts(prompt, second, first);
            case Talks(var prompt, var first, var second) -> new Talks(prompt, second, first);
          };
      case TIE, UNKNOWN -> throw new RowException("the row prefers neither answer");
    };
  }

  /// Whether one answer is better than the other.
  public boolean decided() {
    return better == Better.FIRST || better == Better.SECOND;
  }
}
