package dev.gavel.train.recipe;

/// What the paper's Table 2 says, and what was inferred beside it: 128 rows a step.
public final class PaperDefaults {
  /// For [dev.gavel.train.config.Defaults]: AdamW, cosine with a tenth of warm-up, 128 rows a step.
  public static final String TABLE_2 =
      "learning_rate=1e-6,adam_beta2=0.95,weight_decay=0.1,lr_scheduler_type=cosine,"
          + "warmup_steps=0.1,gradient_accumulation_steps=16";

  private PaperDefaults() {}
}
