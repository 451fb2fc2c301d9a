package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.SafetensorsWriter;
import dev.gavel.tensor.io.TensorInfo;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A folder that holds a LoRA adapter as PEFT writes it: `adapter_config.json` and
/// `adapter_model.safetensors`; the weights it adapts are in the folder of its base.
///
/// @param model the config of the adapted model: the base's, with the head of the adapter's task
/// @param bringsHead the head is not one that the base has
record AdapterFolder(
    Path path,
    Path base,
    LlamaConfig model,
    boolean bringsHead,
    AdapterConfig config,
    SafetensorsFile file)
    implements AutoCloseable {
  static final String WEIGHTS = "adapter_model.safetensors";

  static boolean is(Path dir) {
    return Files.exists(dir.resolve(AdapterConfig.FILE));
  }

  /// Where the base lies.
  ///
  /// @param given by the user; empty: what the adapter's config names, absolute, beside the
  ///   adapter, or from the working directory
  static Path base(Path dir, Optional<Path> given) throws IOException {
    Path config = dir.resolve(AdapterConfig.FILE);
    Path base = given.isPresent() ? given.get() : named(dir, config);
    ModelFolder.requireFolder(base);
    if (is(base)) {
      throw new FormatException(
          "%s: the base %s is an adapter itself; merge it first (gavel merge)"
              .formatted(config, base));
    }
    return base;
  }

  private static Path named(Path dir, Path config) throws IOException {
    String name =
        AdapterConfig.readBase(config)
            .name()
            .orElseThrow(() ->
                new FormatException(
                    config + ": base_model_name_or_path is missing; give --base_model DIR"));
    Path beside = dir.resolve(name); // the name itself if it is absolute
    if (Files.isDirectory(beside)) {
      return beside.normalize();
    }
    if (Files.isDirectory(Path.of(name))) {
      return Path.of(name);
    }
    throw new FormatException(
        "%s: base_model_name_or_path is '%s', which is no folder here%s; give --base_model DIR"
            .formatted(config, name, HubNames.hint(name)));
  }

  /// Opens and checks an adapter.
  static AdapterFolder open(Path dir, Path base) throws IOException {
    Path weights = dir.resolve(WEIGHTS);
    if (!Files.exists(weights)) {
      String hint =
          Files.exists(dir.resolve("adapter_model.bin"))
              ? "; adapter_model.bin is of another format: save the adapter as safetensors"
              : "";
      throw new FormatException(dir + ": holds no " + WEIGHTS + hint);
    }
    SafetensorsFile file = SafetensorsFile.open(weights);
    try {
      LlamaConfig own = LlamaConfig.read(base.resolve(ModelFolder.CONFIG));
      LlamaConfig model = model(dir, base, own, file);
      List<String> names = WeightNames.of(model).stream().map(WeightNames.Weight::name).toList();
      AdapterConfig config = AdapterConfig.read(dir.resolve(AdapterConfig.FILE), names);
      String head = config.source().path(LlamaConfig.HEAD).asString("");
      if (!head.isEmpty()) {
        model = model.withExtra(LlamaConfig.HEAD, head);
      }
      AdapterFolder folder =
          new AdapterFolder(
              dir, base, model, own.architecture() != model.architecture(), config, file);
      folder.check();
      return folder;
    } catch (IOException | RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /// The base's config under the head of the adapter's task. A classifier on a causal model is as
  /// wide as the adapter's own score.
  private static LlamaConfig model(Path dir, Path base, LlamaConfig model, SafetensorsFile file)
      throws IOException {
    Path config = dir.resolve(AdapterConfig.FILE);
    Architecture task = AdapterConfig.readBase(config).task().orElse(model.architecture());
    if (task == model.architecture()) {
      return model;
    }
    if (task == Architecture.CAUSAL_LM) {
      throw new FormatException(
          "%s: task_type is CAUSAL_LM, but the base %s is a %s"
              .formatted(config, base, model.architecture().hubName()));
    }
    String name = LoraConfig.nameOfSaved(WeightNames.SCORE);
    if (!file.has(name) || file.tensor(name).shape().length != 2) {
      throw new FormatException(
          "%s: holds no matrix '%s', and the base %s has no score"
              .formatted(file.path(), name, base));
    }
    return model.withArchitecture(task, Math.toIntExact(file.tensor(name).shape()[0]));
  }

  private void check() throws FormatException {
    try {
      config.lora().requireFits(model);
    } catch (IllegalArgumentException e) {
      throw new FormatException(path.resolve(AdapterConfig.FILE) + ": " + e.getMessage(), e);
    }
    Map<String, Shape> expected = new HashMap<>();
    config.lora().tensors(model).forEach(t -> expected.put(t.name(), t.shape()));
    List<String> missing =
        config.lora().tensors(model).stream()
            .map(WeightNames.Weight::name)
            .filter(n -> !file.has(n))
            .toList();
    if (!missing.isEmpty()) {
      throw new FormatException(
          "%s: holds no %s, which %s asks for"
              .formatted(file.path(), Names.list(missing), AdapterConfig.FILE));
    }
    List<String> unexpected = new ArrayList<>();
    for (TensorInfo t : file.tensors()) {
      Shape shape = expected.get(t.name());
      if (shape == null) {
        unexpected.add(t.name());
      } else if (!t.shapeText().equals(shape.toString())) {
        throw new FormatException(
            "%s: tensor '%s' is %s, r and the base's config.json ask for %s"
                .formatted(file.path(), t.name(), t.shapeText(), shape));
      } else if (!t.dtype().isWeight()) {
        throw new FormatException(
            "%s: tensor '%s' is of type %s; this build reads weights in F64, F32, BF16, F16"
                .formatted(file.path(), t.name(), t.dtype()));
      }
    }
    if (!unexpected.isEmpty()) {
      throw new FormatException(
          "%s: holds tensors that %s does not ask for: %s"
              .formatted(file.path(), AdapterConfig.FILE, Names.list(unexpected)));
    }
  }

  /// As [AdapterConfig#save].
  static void save(
      Path dir,
      LlamaConfig model,
      AdapterConfig config,
      List<TensorSource> tensors,
      Optional<Path> tokenizerFrom)
      throws IOException {
    List<String> expected =
        config.lora().tensors(model).stream().map(t -> t.name() + t.shape()).sorted().toList();
    List<String> found = tensors.stream().map(t -> t.name() + t.shape()).sorted().toList();
    if (!expected.equals(found)) {
      throw new IllegalArgumentException(
          "tensors to save do not fit the adapter's config: expected %s, found %s"
              .formatted(expected, found));
    }
    Files.createDirectories(dir);
    if (tokenizerFrom.isPresent()) {
      TokenizerFiles.copy(tokenizerFrom.get(), dir);
    }
    config.write(dir.resolve(AdapterConfig.FILE));
    SafetensorsWriter.write(dir.resolve(WEIGHTS), tensors);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
