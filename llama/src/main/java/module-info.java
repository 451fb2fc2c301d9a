/// Llama models: files, tokenizer, forward pass, generation.
module dev.gavel.llama {
  requires static org.jspecify;
  requires transitive dev.gavel.tensor;

  exports dev.gavel.llama;
  exports dev.gavel.llama.check;
  exports dev.gavel.llama.generate;
  exports dev.gavel.llama.hub;
  exports dev.gavel.llama.tokenizer;
}
