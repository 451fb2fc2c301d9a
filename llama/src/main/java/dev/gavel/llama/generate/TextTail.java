package dev.gavel.llama.generate;

import dev.gavel.llama.tokenizer.StreamingDecoder;
import dev.gavel.llama.tokenizer.Tokenizer;
import java.util.List;

/// The text of a sample as it grows: finds stop strings across token borders, and holds back what
/// may still become one.
final class TextTail {
  private final StreamingDecoder decoder;
  private final int vocabulary;
  private final List<String> stops;
  private final StringBuilder text = new StringBuilder();
  private int told;
  private boolean stopped;

  TextTail(Tokenizer tokenizer, List<String> stops) {
    this.decoder = tokenizer.streamingDecoder(true);
    this.vocabulary = tokenizer.vocabularySize();
    this.stops = stops;
  }

  /// Takes the next token. One that the model has and the tokenizer has not (models are padded to
  /// round sizes) stands for no text.
  ///
  /// @return whether a stop string is complete
  boolean append(int id) {
    add(id < vocabulary ? decoder.append(id) : "");
    return stopped;
  }

  private void add(String more) {
    if (stopped || more.isEmpty()) {
      return;
    }
    int from = text.length();
    text.append(more);
    int cut = -1;
    for (String stop : stops) {
      int at = text.indexOf(stop, Math.max(0, from - stop.length() + 1));
      if (at >= 0 && (cut < 0 || at < cut)) {
        cut = at;
      }
    }
    if (cut >= 0) {
      text.setLength(cut);
      stopped = true;
    }
  }

  /// Text that has become certain since the last call.
  String fresh() {
    int certain = stopped ? text.length() : text.length() - openTail();
    String fresh = certain > told ? text.substring(told, certain) : "";
    told = Math.max(told, certain);
    return fresh;
  }

  /// Length of the longest end of the text that begins a stop string.
  private int openTail() {
    int open = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, text.length()); n > open; n--) {
        if (stop.startsWith(text.substring(text.length() - n))) {
          open = n;
          break;
        }
      }
    }
    return open;
  }

  /// Ends the sample: what the decoder still holds becomes text.
  String finish() {
    add(decoder.flush());
    stopped = true;
    return text.toString();
  }
}
