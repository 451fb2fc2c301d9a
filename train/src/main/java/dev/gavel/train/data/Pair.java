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
  public record Texts(Optional<String> prompt, String first, String second) implements Answers {
    /// The same with a prompt: what both begin with, if the row names none.
    public Texts explicit() {
      if (prompt.isPresent()) {
        return this;
      }
      int same = sharedStart(first, second);
      return new Texts(
          Optional.of(first.substring(0, same)), first.substring(same), second.substring(same));
    }

    /// Where the prompt of two texts ends that both begin with it, as TRL's `extract_prompt` says:
    /// before the first difference and one blank in front of it; if one text goes on where the
    /// other ends, before the last shared character. (TRL reads past the start where the first
    /// characters differ; here the prompt is empty then.)
    static int sharedStart(String first, String second) {
      int most = Math.min(first.length(), second.length());
      int same = 0;
      while (same < most && first.charAt(same) == second.charAt(same)) {
        same++;
      }
      if (same == most) {
        return most == 0 ? 0 : first.offsetByCodePoints(most, -1);
      }
      if (same > 0 && Character.isHighSurrogate(first.charAt(same - 1))) {
        same--;
      }
      return same > 0 && first.charAt(same - 1) == ' ' ? same - 1 : same;
    }
  }

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
            case Texts(var prompt, var worse, var best) -> new Texts(prompt, best, worse);
            case Talks(var prompt, var worse, var best) -> new Talks(prompt, best, worse);
          };
      case TIE, UNKNOWN -> throw new RowException("the row prefers neither answer");
    };
  }

  /// Whether one answer is better than the other.
  public boolean decided() {
    return better == Better.FIRST || better == Better.SECOND;
  }
}
