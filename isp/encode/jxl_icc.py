"""An ICC profile in the header of a JPEG XL codestream, for colours that it has no numbers for.

The profile is a stream of bytes under an entropy code. Ours is the plainest there is: what follows the profile's header
is inserted as it stands, and every byte has a code of eight bits. Bits are text of 0 and 1 in the order of the stream.

Reference: ISO/IEC 18181-1:2022, annexes C.2 (entropy code, hybrid integers, prefix codes) and E.4 (ICC profile).
"""

from __future__ import annotations

HEADER = 128
"""Bytes of a profile's header, which is predicted byte for byte."""
INSERT, NO_TAG_LIST = 1, 0
"""Commands of E.4.4 and E.4.5."""
D50 = bytes.fromhex("0000f6d6 00010000 0000d32d")
FIXED = {8: b"\4", 12: b"mntr", 16: b"RGB ", 20: b"XYZ ", 36: b"acsp", 68: D50}
"""What E.4.3 expects of a header, by its place, besides the length at 0."""
PLATFORMS = (b"APPL", b"MSFT", b"SGI ", b"SUNW")
"""Expected from byte 41 or 42 on, once the letters before are known."""
PLATFORM_AT, MAKER_AT, CREATOR_AT = 40, 4, 80
# No LZ77; all contexts share one code; prefix code; values up to 255 are symbols of their own (split exponent 8, 4
# bits, then no bits of the symbol's own); 256 symbols (1, seven bits more, 127); lengths of codes by a code of their
# own, of which only length 8 - the eleventh to be named - is there, so that all 256 have it without being told.
CODE = "0" + "1" + "00" + "1" + "0001" + "0000" + "0000" + "1" + "1110" + "1111111" + "00"
CODE += "00" * 10 + "10" + "00" * 7
LONGEST = 1 << 28
"""Bytes of the stream that a decoder takes."""


def icc_bits(profile: bytes) -> str:
    """Return a profile as it stands behind the image headers; `ValueError` if it is too short or too long for that."""
    if not HEADER <= len(profile) < LONGEST:
        raise ValueError(
            f"a JPEG XL takes ICC profiles of {HEADER} to {LONGEST - 1} bytes, not of {len(profile)}"
        )
    commands = bytes((NO_TAG_LIST, INSERT)) + _varint(len(profile) - HEADER)
    data = _residuals(profile) + profile[HEADER:]
    stream = _varint(len(profile)) + _varint(len(commands)) + commands + data
    return _u64(len(stream)) + CODE + "".join(f"{byte:08b}" for byte in stream)


def _residuals(profile: bytes) -> bytes:
    """The header less what is expected of it."""
    expected = bytearray(HEADER)
    expected[:4] = len(profile).to_bytes(4, "big")
    for at, known in FIXED.items():
        expected[at : at + len(known)] = known
    expected[CREATOR_AT : CREATOR_AT + 4] = profile[MAKER_AT : MAKER_AT + 4]
    platform = profile[PLATFORM_AT : PLATFORM_AT + 4]
    for known in PLATFORMS:
        sure = 1 if known[:1] in b"AM" else 2  # two begin with S, so both letters are needed
        if platform[:sure] == known[:sure]:
            expected[PLATFORM_AT + sure : PLATFORM_AT + 4] = known[sure:]
    return bytes((byte - guess) % 256 for byte, guess in zip(profile, expected, strict=False))


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes((*found, value))


def _u64(value: int) -> str:
    """A number of any size: the selector for long ones, twelve bits, then eight at a time."""
    text, value = "11" + _lowest(value & 0xFFF, 12), value >> 12
    while value:
        text, value = text + "1" + _lowest(value & 0xFF, 8), value >> 8
    return text + "0"


def _lowest(value: int, bits: int) -> str:
    return f"{value:0{bits}b}"[::-1]
