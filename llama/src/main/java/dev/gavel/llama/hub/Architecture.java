package dev.gavel.llama.hub;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// What sits on the hidden states.
public enum Architecture {
  /// `lm_head`: a distribution over the vocabulary.
  CAUSAL_LM("LlamaForCausalLM"),
  /// `score`: one value per label; a reward model has one label.
  SEQUENCE_CLASSIFICATION("LlamaForSequenceClassification");

  private final String hubName;

  Architecture(String hubName) {
    this.hubName = hubName;
  }

  /// The name in config.json.
  public String hubName() {
    return hubName;
  }

  static Optional<Architecture> of(String hubName) {
    return Arrays.stream(values()).filter(a -> a.hubName.equals(hubName)).findFirst();
  }

  static String names() {
    return Arrays.stream(values()).map(a -> a.hubName).collect(Collectors.joining(", "));
  }
}
