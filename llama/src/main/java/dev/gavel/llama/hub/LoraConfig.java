package dev.gavel.llama.hub;

import dev.gavel.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Low-rank adaptation (Hu et al., arXiv 2106.09685) with PEFT's names and rules: which linear
/// layers of a frozen model get an update `scale B A`, and which modules are trained whole.
///
/// @param r rank: A is [r, inputs], B [outputs, r]
/// @param alpha `lora_alpha`
/// @param dropout of what A reads, in training; in [0, 1)
/// @param targetModules names that a layer's name is or ends with after a dot (`q_proj`,
///   `self_attn.q_proj`, `model.layers.0.mlp.up_proj`), or `all-linear`; empty: PEFT's choice for
///   llama, q_proj and v_proj
/// @param modulesToSave modules trained and saved as full copies: `embed_tokens`, `lm_head`,
///   `score`; a classifier's score always is one
/// @param rslora scale by alpha / sqrt(r) (Kalajdzievski, arXiv 2312.03732) instead of alpha / r
public record LoraConfig(
    int r,
    double alpha,
    double dropout,
    List<String> targetModules,
    List<String> modulesToSave,
    boolean rslora) {
  /// All linear layers but the head.
  public static final String ALL_LINEAR = "all-linear";

  private static final List<String> DEFAULT_TARGETS = List.of("q_proj", "v_proj");
  private static final List<String> LINEAR =
      List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");

  /// Before every name in an adapter's file.
  private static final String PREFIX = "base_model.model.";

  private static final String WEIGHT = ".weight";

  /// What PEFT adds to every classifier's list; llama has no `classifier`.
  static final List<String> HEADS = List.of("classifier", "score");

  private static final Set<String> SAVABLE = Set.of("embed_tokens", "lm_head", "score");

  /// @throws IllegalArgumentException naming the value that cannot be
  public LoraConfig {
    if (r <= 0) {
      throw new IllegalArgumentException("r is " + r + ", expected more than 0");
    }
    if (!Double.isFinite(alpha)) {
      throw new IllegalArgumentException("lora_alpha is " + alpha + ", expected a number");
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          "lora_dropout is " + dropout + ", expected 0 or more, and below 1");
    }
    targetModules = targets(targetModules);
    modulesToSave = List.copyOf(modulesToSave);
    for (String m : modulesToSave) {
      if (!SAVABLE.contains(last(m)) && !HEADS.contains(m)) {
        throw new IllegalArgumentException(
            "modules_to_save names '%s'; expected embed_tokens, lm_head or score".formatted(m));
      }
    }
  }

  private static List<String> targets(List<String> names) {
    if (names.isEmpty()) {
      return DEFAULT_TARGETS;
    }
    return names.size() == 1 && names.getFirst().toLowerCase(Locale.ROOT).equals(ALL_LINEAR)
        ? LINEAR
        : List.copyOf(names);
  }

  private static String last(String module) {
    return module.substring(module.lastIndexOf('.') + 1);
  }

  /// What B A is multiplied with.
  public double scale() {
    return alpha / (rslora ? Math.sqrt(r) : r);
  }

  // ---------------------------------------------------------------- which modules

  /// Whether the linear layer of a weight is adapted.
  ///
  /// @param weight as in [WeightNames]: `model.layers.0.self_attn.q_proj.weight`
  public boolean adapts(String weight) {
    return isLinear(weight) && targetModules.stream().anyMatch(t -> isNamed(weight, t));
  }

  /// Whether the module of a weight is trained and saved as a full copy.
  public boolean saves(String weight) {
    return !isLinear(weight)
        && (weight.equals(WeightNames.SCORE)
            || modulesToSave.stream().anyMatch(m -> isNamed(weight, m)));
  }

  private static boolean isLinear(String weight) {
    return LINEAR.stream().anyMatch(l -> isNamed(weight, l));
  }

  private static boolean isNamed(String weight, String suffix) {
    return weight.equals(suffix + WEIGHT) || weight.endsWith("." + suffix + WEIGHT);
  }

  /// Refuses names that match nothing in a model, and heads and embeddings among the targets.
  ///
  /// @throws IllegalArgumentException naming them
  public void requireFits(LlamaConfig model) {
    List<String> weights = weights(model);
    for (String target : targetModules) {
      if (weights.stream().noneMatch(w -> isNamed(w, target) && isLinear(w))) {
        String hint =
            SAVABLE.contains(last(target))
                ? "; train it whole: name it in modules_to_save"
                : "; expected names out of " + String.join(", ", LINEAR) + ", or " + ALL_LINEAR;
        throw new IllegalArgumentException(
            "target_modules: '%s' is no linear layer that LoRA adapts%s".formatted(target, hint));
      }
    }
    for (String module : modulesToSave) {
      if (!module.equals("classifier") && weights.stream().noneMatch(w -> isNamed(w, module))) {
        throw new IllegalArgumentException(
            "modules_to_save: %s has no '%s'".formatted(model.architecture().hubName(), module));
      }
    }
  }

  /// Weights of a model, the head of tied embeddings too.
  private static List<String> weights(LlamaConfig model) {
    List<String> names = new ArrayList<>();
    WeightNames.of(model).forEach(w -> names.add(w.name()));
    if (isTied(model)) {
      names.add(WeightNames.LM_HEAD);
    }
    return names;
  }

  static boolean isTied(LlamaConfig model) {
    return model.architecture() == Architecture.CAUSAL_LM && model.tieWordEmbeddings();
  }

  /// Whether embedding and head, which the model shares, are different ones with this adapter.
  public boolean unties(LlamaConfig model) {
    return isTied(model) && (saves(WeightNames.EMBEDDING) || saves(WeightNames.LM_HEAD));
  }

  // ---------------------------------------------------------------- names in files

  /// A, of the adapted layer of a weight: `base_model.model.….q_proj.lora_A.weight`.
  public static String nameOfA(String weight) {
    return PREFIX + module(weight) + ".lora_A" + WEIGHT;
  }

  public static String nameOfB(String weight) {
    return PREFIX + module(weight) + ".lora_B" + WEIGHT;
  }

  /// A module that is saved whole.
  public static String nameOfSaved(String weight) {
    return PREFIX + weight;
  }

  /// The weight that an adapter's tensor belongs to: the inverse of the three above.
  public static String weightOf(String name) {
    String plain = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
    return plain.replace(".lora_A" + WEIGHT, WEIGHT).replace(".lora_B" + WEIGHT, WEIGHT);
  }

  private static String module(String weight) {
    return weight.substring(0, weight.length() - WEIGHT.length());
  }

  /// The tensors of an adapter of a model, in the order of its weights.
  public List<WeightNames.Weight> tensors(LlamaConfig model) {
    List<WeightNames.Weight> all = new ArrayList<>();
    List<WeightNames.Weight> weights = new ArrayList<>(WeightNames.of(model));
    if (isTied(model)) {
      weights.add(new WeightNames.Weight(WeightNames.LM_HEAD, weights.getFirst().shape()));
    }
    for (WeightNames.Weight w : weights) {
      if (adapts(w.name())) {
        long out = w.shape().dim(0);
        long in = w.shape().dim(1);
        all.add(new WeightNames.Weight(nameOfA(w.name()), Shape.of(r, in)));
        all.add(new WeightNames.Weight(nameOfB(w.name()), Shape.of(out, r)));
      } else if (saves(w.name())) {
        all.add(new WeightNames.Weight(nameOfSaved(w.name()), w.shape()));
      }
    }
    return all;
  }
}
