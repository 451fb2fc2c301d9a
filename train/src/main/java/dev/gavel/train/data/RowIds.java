package dev.gavel.train.data;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The ids that a call has seen, and where. Rows without an id of their own, which are named by
/// their number, cost four bytes each.
final class RowIds {
  private final Map<Object, Integer> rowOfOwnId = new HashMap<>();
  private final BitSet unnamed = new BitSet();

  /// The source of each row, entered where it changes.
  private final NavigableMap<Integer, Place> firstPlace = new TreeMap<>();

  private int[] placeNumber = new int[1024];

  /// Notes where a row stands; called for every row, in order.
  void place(int row, Place place) {
    if (row == placeNumber.length) {
      placeNumber = Arrays.copyOf(placeNumber, row + row / 2);
    }
    placeNumber[row] = place.number();
    Map.Entry<Integer, Place> last = firstPlace.lastEntry();
    if (last == null || !last.getValue().source().equals(place.source())) {
      firstPlace.put(row, place);
    }
  }

  /// Takes an id for a row.
  ///
  /// @param identity what [RowParser#identity] made of the row's own id, or null
  /// @return where the same id stood before, or null
  @Nullable Place take(@Nullable Object identity, int row) {
    Object id = identity != null ? identity : BigDecimal.valueOf(row).stripTrailingZeros();
    Integer before = rowOfOwnId.get(id);
    if (before == null) {
      before = unnamedRow(id);
    }
    if (before != null) {
      return placeOf(before);
    }
    if (identity == null) {
      unnamed.set(row);
    } else {
      rowOfOwnId.put(identity, row);
    }
    return null;
  }

  private @Nullable Integer unnamedRow(Object id) {
    if (id instanceof BigDecimal number && number.signum() >= 0 && number.scale() <= 0) {
      boolean small = number.precision() - number.scale() < 10;
      return small && unnamed.get(number.intValue()) ? number.intValue() : null;
    }
    return null;
  }

  private Place placeOf(int row) {
    Place first = firstPlace.floorEntry(row).getValue();
    return new Place(first.source(), placeNumber[row], first.element());
  }
}
