"""Lossless JPEG, as DNG compresses samples: Huffman coding of each sample's difference from its left neighbour.

Reference: ITU-T T.81, annex H (lossless mode), C (Huffman codes), K.2 (code lengths), B (markers). Predictor 1 and
interleaved components are what every reader of DNG takes; some take nothing else.
"""

from __future__ import annotations

import heapq
import struct

import numpy as np
from numpy.typing import NDArray

SOI, EOI, SOF3, DHT, SOS = 0xD8, 0xD9, 0xC3, 0xC4, 0xDA
LEFT = 1
"""T.81 table H.1: the prediction is the sample to the left; in the first column, the one above."""
CATEGORIES = 17
LONGEST_CODE = 16
WORD = 32


def encode_lossless_jpeg(samples: NDArray[np.uint16]) -> bytes:
    """Compress samples without loss.

    Parameters
    ----------
    samples : (H, W, C) uint16
        1 to 4 interleaved components, sides up to 65535. A Bayer mosaic compresses best as (H, W / 2, 2), where
        left neighbours have the same colour.

    Returns
    -------
    bytes
        A JPEG stream of the process SOF3, its precision as small as the samples allow.

    Raises
    ------
    ValueError
        If the samples have another shape or type.
    """
    if samples.ndim != 3 or samples.dtype != np.uint16 or not samples.size or samples.shape[2] > 4:
        raise ValueError(f"expected (H, W, 1 to 4) uint16, got {samples.shape} {samples.dtype}")
    precision = max(2, int(samples.max()).bit_length())
    differences = _differences(samples, precision)
    categories = _CATEGORY[differences]
    lengths = code_lengths(np.bincount(categories, minlength=CATEGORIES).tolist())
    data = _pack(differences, categories, lengths)
    return b"".join((_headers(samples.shape, precision, lengths), data, _marker(EOI)))


def code_lengths(counts: list[int]) -> list[int]:
    """Return the length of each symbol's Huffman code, 0 for one that does not occur; at most 16.

    No code is all ones: a symbol that never occurs holds that place (T.81 K.2).
    """
    nodes = [(count, symbol, (symbol,)) for symbol, count in enumerate(counts) if count]
    heap: list[tuple[int, int, tuple[int, ...]]] = [(0, -1, (-1,)), *nodes]
    heapq.heapify(heap)
    lengths = [0] * len(counts)
    while len(heap) > 1:
        one, two = heapq.heappop(heap), heapq.heappop(heap)
        members = one[2] + two[2]
        for symbol in members:
            if symbol >= 0:
                lengths[symbol] += 1
        heapq.heappush(heap, (one[0] + two[0], min(one[1], two[1]), members))
    if max(lengths) <= LONGEST_CODE:
        return lengths
    return code_lengths([(count + 1) // 2 for count in counts])


def _differences(samples: NDArray[np.uint16], precision: int) -> NDArray[np.uint16]:
    """Differences modulo 2^16 in the order of coding, flat (T.81 H.1.2.1)."""
    found = np.empty_like(samples)
    found[0, 0] = samples[0, 0] - np.uint16(1 << (precision - 1))
    found[1:, 0] = samples[1:, 0] - samples[:-1, 0]
    found[:, 1:] = samples[:, 1:] - samples[:, :-1]
    return found.reshape(-1)


def _pack(differences: NDArray[np.uint16], categories: NDArray[np.uint8], lengths: list[int]) -> bytes:
    """Code and further bits of every difference, one after the other, padded with ones."""
    further = np.arange(CATEGORIES, dtype=np.int64) % (CATEGORIES - 1)
    codes = (_codes(lengths) << further).astype(np.uint64)[categories] | _FURTHER[differences]
    bits = (np.array(lengths) + further)[categories]
    ends = np.cumsum(bits)
    starts = ends - bits
    shifted = codes << (2 * WORD - starts % WORD - bits).astype(np.uint64)
    words = np.zeros(int(ends[-1]) // WORD + 2)
    first = starts // WORD
    # The bits of a word come from separate codes, so that their sum is their union; 32 bits are exact in float64.
    words += np.bincount(first, (shifted >> np.uint64(WORD)).astype(np.float64), len(words))
    words += np.bincount(first + 1, (shifted & np.uint64(2**WORD - 1)).astype(np.float64), len(words))
    data = bytearray(words.astype(">u4").tobytes()[: -(-int(ends[-1]) // 8)])
    data[-1] |= (1 << -int(ends[-1]) % 8) - 1
    return bytes(data).replace(b"\xff", b"\xff\0")


def _codes(lengths: list[int]) -> NDArray[np.int64]:
    """Codes in the order of their lengths, counted up (T.81 C.2)."""
    codes = np.zeros(len(lengths), dtype=np.int64)
    code = 0
    for length in range(1, LONGEST_CODE + 1):
        for symbol in (symbol for symbol, own in enumerate(lengths) if own == length):
            codes[symbol] = code
            code += 1
        code <<= 1
    return codes


def _headers(shape: tuple[int, ...], precision: int, lengths: list[int]) -> bytes:
    height, width, components = shape
    frame = struct.pack(">BHHB", precision, height, width, components)
    frame += b"".join(bytes((number, 0x11, 0)) for number in range(components))
    counts = bytes(lengths.count(length) for length in range(1, LONGEST_CODE + 1))
    symbols = bytes(sorted((s for s in range(CATEGORIES) if lengths[s]), key=lambda s: (lengths[s], s)))
    scan = bytes((components, *(part for number in range(components) for part in (number, 0)), LEFT, 0, 0))
    return b"".join(
        (_marker(SOI), _marker(SOF3, frame), _marker(DHT, b"\0" + counts + symbols), _marker(SOS, scan))
    )


def _marker(code: int, payload: bytes | None = None) -> bytes:
    head = bytes((0xFF, code))
    return head if payload is None else head + struct.pack(">H", len(payload) + 2) + payload


def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint64]]:
    """Category and further bits of every difference modulo 2^16 (T.81 table H.2)."""
    signed = np.arange(1 << 16).astype(np.uint16).astype(np.int16).astype(np.int64)
    category = np.ceil(np.log2(np.abs(signed) + 1)).astype(np.uint8)
    further = np.where(signed < 0, signed - 1, signed) & ((1 << category.astype(np.int64)) - 1)
    further[category == CATEGORIES - 1] = 0
    return category, further.astype(np.uint64)


_CATEGORY, _FURTHER = _tables()
