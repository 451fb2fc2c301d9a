package dev.gavel.bench.gpu;

import dev.gavel.tensor.io.Json;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The report for programs.
final class ReportJson {
  private final ReportFile f;

  ReportJson(ReportFile f) {
    this.f = f;
  }

  String text() {
    ObjectNode root = Json.mapper().createObjectNode();
    root.put("date", f.date.toString()).put("device", f.device);
    root.put("compute_capability", f.capability).put("multiprocessors", f.multiprocessors);
    root.put("copy_gb_per_s", f.copy.gigabytes());
    f.notes.forEach(root.putArray("notes")::add);
    ArrayNode train = root.putArray("sft");
    f.train.forEach(r -> step(train.addObject(), r));
    ArrayNode decode = root.putArray("decode");
    f.decode.forEach((n, r) -> step(decode.addObject().put("samples", n), r));
    ArrayNode torch = root.putArray("torch");
    f.torch.forEach(a ->
        torch
            .addObject()
            .put("work", a.what())
            .put("milliseconds", a.milliseconds())
            .put("tokens_per_second", a.tokensPerSecond()));
    kernels(root);
    return Json.writePretty(root) + "\n";
  }

  private static void step(ObjectNode to, StepRate r) {
    to.put("name", r.name()).put("milliseconds", r.milliseconds());
    to.put("fastest_milliseconds", r.fastest()).put("slowest_milliseconds", r.slowest());
    to.put("steps", r.steps()).put("tokens", r.tokens()).put("flops", r.flops());
    to.put("weight_bytes", r.bytes()).put("peak_bytes", r.peakBytes());
    HostCost h = r.host();
    if (h != null) {
      to.put("launches", h.launches()).put("host_wall_milliseconds", h.wallMilliseconds());
      to.put("driver_milliseconds", h.driverMilliseconds());
      to.put("wait_milliseconds", h.waitMilliseconds());
    }
    ArrayNode profile = to.putArray("profile");
    for (StepProfile.Kind k : r.profile()) {
      profile
          .addObject()
          .put("launch", k.name())
          .put("times", k.launches())
          .put("milliseconds", k.milliseconds());
    }
  }

  private void kernels(ObjectNode root) {
    KernelRates.Found found = f.kernels;
    if (found == null) {
      return;
    }
    ArrayNode kernels = root.putArray("kernels");
    for (Rate r : found.kernels()) {
      kernels
          .addObject()
          .put("name", r.name())
          .put("milliseconds", r.milliseconds())
          .put("bytes", r.bytes())
          .put("flops", r.flops());
    }
    found.skipped().forEach(root.putArray("skipped")::add);
  }
}
