package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.Agreement;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.PairedAccuracy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The items that two judges have both judged: of the same id, and the same pair.
///
/// @param ofA in the order of the first judge
/// @param ofB the same items
/// @param conflict the first item of A whose id is another pair's in B; null without
public record CommonItems(List<ItemVotes> ofA, List<ItemVotes> ofB, @Nullable Conflict conflict) {

  /// Two pairs of one id.
  record Conflict(PairRow a, PairRow b) {}

  public static CommonItems of(List<ItemVotes> a, List<ItemVotes> b) {
    Map<String, ItemVotes> byId = new HashMap<>();
    b.forEach(item -> byId.put(key(item), item));
    List<ItemVotes> ofA = new ArrayList<>();
    List<ItemVotes> ofB = new ArrayList<>();
    Conflict conflict = null;
    for (ItemVotes item : a) {
      ItemVotes other = byId.get(key(item));
      if (other != null && isSame(item.row(), other.row())) {
        ofA.add(item);
        ofB.add(other);
      } else if (other != null && conflict == null) {
        conflict = new Conflict(item.row(), other.row());
      }
    }
    return new CommonItems(List.copyOf(ofA), List.copyOf(ofB), conflict);
  }

  private static String key(ItemVotes item) {
    return Json.write(item.row().id());
  }

  private static boolean isSame(PairRow one, PairRow other) {
    return one.prompt().equals(other.prompt())
        && one.first().equals(other.first())
        && one.second().equals(other.second())
        && one.label() == other.label();
  }

  public int size() {
    return ofA.size();
  }

  /// How far they say the same.
  public Agreement agreement() {
    return Agreement.of(said(ofA), said(ofB));
  }

  /// How often each is right, and the interval of the difference.
  public PairedAccuracy accuracy(Bootstrap bootstrap) {
    return PairedAccuracy.of(ofA, ofB, bootstrap);
  }

  private static List<@Nullable Side> said(List<ItemVotes> items) {
    List<@Nullable Side> said = new ArrayList<>();
    items.forEach(item -> said.add(item.preferred()));
    return said;
  }
}
