#!/usr/bin/env python3
"""Writes src/Models/Tokenizers/Text/normalization.bin: decompositions, compositions and combining classes of Unicode, from Python's
unicodedata. .NET's own Normalize does nothing under invariant globalization.
Usage: unicode_tables.py OUT   (Python 3.11: Unicode 14)

Raw deflate of LEB128 numbers, each list with its count first:
  combining classes: (code point minus end of the previous run, run length, class)
  decompositions:    (code point minus the previous one, canonical length, its code points, compatibility length, its code points);
                     length 0 where there is none, or where compatibility equals canonical. Hangul is left to arithmetic.
  compositions:      (first, second, composed)"""
import sys, unicodedata, zlib

out = bytearray()


def number(n):
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)


runs = []
for cp in range(0x110000):
    c = unicodedata.combining(chr(cp))
    if c == 0:
        continue
    if runs and runs[-1][0] + runs[-1][1] == cp and runs[-1][2] == c:
        runs[-1][1] += 1
    else:
        runs.append([cp, 1, c])
number(len(runs))
end = 0
for start, length, c in runs:
    number(start - end), number(length), number(c)
    end = start + length

entries = []
for cp in range(0x110000):
    if 0xAC00 <= cp < 0xD7A4 or 0xD800 <= cp < 0xE000:
        continue
    s = chr(cp)
    d, k = unicodedata.normalize("NFD", s), unicodedata.normalize("NFKD", s)
    if d != s or k != s:
        entries.append((cp, d if d != s else "", k if k != d else ""))
number(len(entries))
last = 0
for cp, d, k in entries:
    number(cp - last)
    last = cp
    for part in (d, k):
        number(len(part))
        for c in part:
            number(ord(c))

pairs = []
for cp in range(0x110000):
    if 0xAC00 <= cp < 0xD7A4:
        continue
    parts = unicodedata.decomposition(chr(cp)).split()
    if len(parts) == 2 and not parts[0].startswith("<"):
        a, b = (int(p, 16) for p in parts)
        if unicodedata.normalize("NFC", chr(a) + chr(b)) == chr(cp):
            pairs.append((a, b, cp))
number(len(pairs))
for pair in pairs:
    for n in pair:
        number(n)

deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
packed = deflate.compress(bytes(out)) + deflate.flush()
open(sys.argv[1], "wb").write(packed)
print(unicodedata.unidata_version, len(runs), len(entries), len(pairs), len(out), len(packed))
