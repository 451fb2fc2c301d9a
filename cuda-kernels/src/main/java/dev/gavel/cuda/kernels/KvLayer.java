package dev.gavel.cuda.kernels;

/// A layer's keys and values in pages of 64 positions: page p at `address + p * pageStride`, its
/// keys [KV, 64, D], its values the same at `valueOffset` from them.
///
/// @param address of the layer's part of page 0, aligned to 16 bytes
/// @param pageStride elements from one page to the next; multiple of 16 bytes
/// @param valueOffset elements from a key to its value; multiple of 16 bytes
public record KvLayer(long address, long pageStride, long valueOffset) {}
