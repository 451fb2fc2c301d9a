package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A Llama model's `config.json`, in its older spelling (`torch_dtype`, `rope_theta`,
/// `rope_scaling`) or its newer one (`dtype`, `rope_parameters`).
///
/// Two configs are equal when they describe the same model, however their files are spelled.
///
/// @param numKeyValueHeads heads of keys and values; divides the heads of queries
/// @param headDim length of a head; need not be hiddenSize / numAttentionHeads
/// @param tieWordEmbeddings whether `lm_head` is the embedding
/// @param numLabels outputs of `score`; 0 for a causal LM
/// @param dtype the type weights are stored in: F32, BF16, F16 or F64
/// @param eosTokenIds ids that end a text; empty if the file names none
/// @param initializerRange standard deviation of random weights
/// @param source the keys of the file, unknown ones too: what [#toJson] starts from; empty for a
///   config made in memory
public record LlamaConfig(
    Architecture architecture,
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads,
    int headDim,
    int maxPositionEmbeddings,
    double rmsNormEps,
    Rope rope,
    boolean tieWordEmbeddings,
    int numLabels,
    SafetensorsDType dtype,
    OptionalInt bosTokenId,
    List<Integer> eosTokenIds,
    OptionalInt padTokenId,
    double initializerRange,
    ObjectNode source) {

  /// A key of Gavel's own: what a classifier's value is about, where that is not a single text.
  public static final String HEAD = "gavel_head";

  // Far above any model: what a broken file says must not overflow a size or fill the memory.
  private static final int MAX_WIDTH = 1 << 24;
  private static final int MAX_LAYERS = 10_000;

  /// @throws IllegalArgumentException naming the key whose value cannot be
  public LlamaConfig {
    within("vocab_size", vocabSize, MAX_WIDTH);
    within("hidden_size", hiddenSize, MAX_WIDTH);
    within("intermediate_size", intermediateSize, MAX_WIDTH);
    within("num_hidden_layers", numHiddenLayers, MAX_LAYERS);
    within("num_attention_heads", numAttentionHeads, MAX_WIDTH);
    within("num_key_value_heads", numKeyValueHeads, MAX_WIDTH);
    within("head_dim", headDim, MAX_WIDTH / numAttentionHeads);
    within("max_position_embeddings", maxPositionEmbeddings, Integer.MAX_VALUE);
    if (numAttentionHeads % numKeyValueHeads != 0) {
      throw new IllegalArgumentException(
          "num_attention_heads is %d, expected a multiple of num_key_value_heads, which is %d"
              .formatted(numAttentionHeads, numKeyValueHeads));
    }
    if (headDim % 2 != 0) {
      throw new IllegalArgumentException(
          "head_dim is %d, expected an even number (rope turns pairs)".formatted(headDim));
    }
    if (!(rmsNormEps > 0)) {
      throw new IllegalArgumentException(
          "rms_norm_eps is %s, expected more than 0".formatted(rmsNormEps));
    }
    if (!(initializerRange >= 0)) {
      throw new IllegalArgumentException(
          "initializer_range is %s, expected 0 or more".formatted(initializerRange));
    }
    if (architecture == Architecture.SEQUENCE_CLASSIFICATION) {
      within("num_labels", numLabels, MAX_WIDTH);
    } else if (numLabels != 0) {
      throw new IllegalArgumentException(
          "num_labels is %d, but %s has none".formatted(numLabels, architecture.hubName()));
    }
    if (!dtype.isWeight()) {
      throw new IllegalArgumentException(
          "dtype is %s, expected F32, BF16, F16 or F64".formatted(dtype));
    }
    eosTokenIds = List.copyOf(eosTokenIds);
    source = source.deepCopy();
  }

  private static void within(String key, int value, int most) {
    if (value <= 0 || value > most) {
      throw new IllegalArgumentException(
          "%s is %d, expected %s"
              .formatted(key, value, value <= 0 ? "more than 0" : "at most " + most));
    }
  }

  /// Reads a `config.json`.
  ///
  /// @throws FormatException naming file and key: another architecture, an unknown rope type,
  ///   biases, sizes that do not fit
  public static LlamaConfig read(Path file) throws IOException {
    return parse(Json.read(file), file.toString());
  }

  /// Reads JSON of that form.
  ///
  /// @param where the file, for messages
  public static LlamaConfig parse(JsonNode json, String where) throws FormatException {
    return LlamaConfigReader.read(Fields.of(json, where));
  }

  /// All keys of [#source], with what differs set in the spelling that is found there.
  public ObjectNode toJson() {
    return LlamaConfigWriter.write(this);
  }

  /// Writes a `config.json`, whole or not at all.
  public void write(Path file) throws IOException {
    AtomicFiles.writeString(file, Json.writePretty(toJson()));
  }

  @Override
  public ObjectNode source() {
    return source.deepCopy();
  }

  /// The same model stored in another type.
  public LlamaConfig withDtype(SafetensorsDType dtype) {
    return copy(architecture, numLabels, dtype, eosTokenIds, padTokenId);
  }

  /// The same model with a head of its own.
  public LlamaConfig untied() {
    return copy(false, architecture, numLabels, dtype, eosTokenIds, padTokenId);
  }

  /// The same body under another head.
  ///
  /// @param numLabels 0 for a causal LM
  public LlamaConfig withArchitecture(Architecture architecture, int numLabels) {
    return copy(architecture, numLabels, dtype, eosTokenIds, padTokenId);
  }

  public LlamaConfig withEosTokenIds(List<Integer> eosTokenIds) {
    return copy(architecture, numLabels, dtype, eosTokenIds, padTokenId);
  }

  /// transformers needs a pad id to score batches; Gavel never pads.
  public LlamaConfig withPadTokenId(int padTokenId) {
    return copy(architecture, numLabels, dtype, eosTokenIds, OptionalInt.of(padTokenId));
  }

  /// The same model with a key of its own in the file, which others leave alone.
  public LlamaConfig withExtra(String key, String value) {
    LlamaConfig other = withDtype(dtype);
    other.source.put(key, value);
    return other;
  }

  /// What such a key says; empty where the file has none.
  public String extra(String key) {
    return source.path(key).asString("");
  }

  private LlamaConfig copy(
      Architecture architecture,
      int numLabels,
      SafetensorsDType dtype,
      List<Integer> eosTokenIds,
      OptionalInt padTokenId) {
    return copy(tieWordEmbeddings, architecture, numLabels, dtype, eosTokenIds, padTokenId);
  }

  private LlamaConfig copy(
      boolean tieWordEmbeddings,
      Architecture architecture,
      int numLabels,
      SafetensorsDType dtype,
      List<Integer> eosTokenIds,
      OptionalInt padTokenId) {
    return new LlamaConfig(
        architecture,
        vocabSize,
        hiddenSize,
        intermediateSize,
        numHiddenLayers,
        numAttentionHeads,
        numKeyValueHeads,
        headDim,
        maxPositionEmbeddings,
        rmsNormEps,
        rope,
        tieWordEmbeddings,
        numLabels,
        dtype,
        bosTokenId,
        eosTokenIds,
        padTokenId,
        initializerRange,
        source);
  }

  private List<Object> model() {
    return List.of(
        architecture,
        vocabSize,
        hiddenSize,
        intermediateSize,
        numHiddenLayers,
        numAttentionHeads,
        numKeyValueHeads,
        headDim,
        maxPositionEmbeddings,
        rmsNormEps,
        rope,
        tieWordEmbeddings,
        numLabels,
        dtype,
        bosTokenId,
        eosTokenIds,
        padTokenId,
        initializerRange);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof LlamaConfig c && model().equals(c.model());
  }

  @Override
  public int hashCode() {
    return model().hashCode();
  }
}
