package dev.gavel.train.recipe;

import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.util.List;
import java.util.Optional;

/// Low-rank adapters, with TRL's names and defaults.
@OptGroup("LoRA")
public record LoraOptions(
    @Opt(value = "train a low-rank adapter on frozen weights", def = "false") boolean usePeft,
    @Opt(value = "rank of the adapters", def = "16", range = "[1, 65536]") int loraR,
    @Opt(value = "scale of the adapters, divided by the rank", def = "32", range = "(0, inf)")
        double loraAlpha,
    @Opt(value = "share of what the adapters read that is left out", def = "0.05", range = "[0, 1)")
        double loraDropout,
    @Opt(
            value =
                "layers that get one: names such as q_proj, or all-linear; default: q_proj and v_proj",
            meta = "NAME")
        List<String> loraTargetModules,
    @Opt(value = "modules trained and saved whole: embed_tokens, lm_head, score", meta = "NAME")
        List<String> loraModulesToSave,
    @Opt(value = "divide the scale by the square root of the rank instead", def = "false")
        boolean useRslora,
    @Opt(value = "leave nothing out, whatever lora_dropout says", def = "false")
        boolean disableDropout) {
  public LoraOptions {
    if (!usePeft && !(loraTargetModules.isEmpty() && loraModulesToSave.isEmpty() && !useRslora)) {
      throw new IllegalArgumentException("the options of LoRA need --use_peft true");
    }
  }

  /// The adapter to begin with; empty where weights are trained whole.
  Optional<LoraConfig> adapter() {
    return usePeft
        ? Optional.of(
            new LoraConfig(
                loraR, loraAlpha, loraDropout, loraTargetModules, loraModulesToSave, useRslora))
        : Optional.empty();
  }
}
