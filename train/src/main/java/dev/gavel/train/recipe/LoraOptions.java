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
    @Opt(value = "rank of the adapters", def = "16", range = "[1, 65536]", with = "use_peft=true")
        int loraR,
    @Opt(
            value = "scale of the adapters, divided by the rank",
            def = "32",
            range = "(0, inf)",
            with = "use_peft=true")
        double loraAlpha,
    @Opt(
            value = "share of what the adapters read that is left out",
            def = "0.05",
            range = "[0, 1)",
            with = "use_peft=true")
        double loraDropout,
    @Opt(
            value =
                "layers that get one: names such as q_proj, or all-linear; default: q_proj and v_proj",
            meta = "NAME",
            with = "use_peft=true")
        List<String> loraTargetModules,
    @Opt(
            value = "modules trained and saved whole: embed_tokens, lm_head, score",
            meta = "NAME",
            with = "use_peft=true")
        List<String> loraModulesToSave,
    @Opt(
            value = "divide the scale by the square root of the rank instead",
            def = "false",
            with = "use_peft=true")
        boolean useRslora,
    @Opt(value = "leave nothing out, whatever lora_dropout says", def = "false")
        boolean disableDropout) {
  /// The options that shape a new adapter.
  public static final List<String> SHAPE =
      List.of(
          "use_peft",
          "lora_r",
          "lora_alpha",
          "lora_dropout",
          "lora_target_modules",
          "lora_modules_to_save",
          "use_rslora");

  /// The adapter to begin with; empty where weights are trained whole.
  Optional<LoraConfig> adapter() {
    return usePeft
        ? Optional.of(
            new LoraConfig(
                loraR, loraAlpha, loraDropout, loraTargetModules, loraModulesToSave, useRslora))
        : Optional.empty();
  }
}
