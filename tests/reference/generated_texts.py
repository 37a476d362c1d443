"""The texts of the tokenizer referees, from a counter: tests/Models.Tests/Tokenizers/RefereeTexts.cs makes the same ones."""

PARTS = [
    "the", " box", "Haverstrand", " don't", "WE'LL", "'S", "'re", "\"", " ", "  ", "     ", "\n", "\n\n", "\r\n", "\t", " \n ", "\u00a0", "\u3000", "\u2028", "\u200b", "\u0085", "\ufeff",
    "12", "1234567", "\u00bd", "\u2163", "\u0664\u0665", "...", "!?", " -", "_", "(x)", "<s>", "<tool>", " [MASK]", "[MASK] ", "<unk>", "\u2581", "\u2581a", "##ing", "<0x41>",
    "\u00e9", "e\u0301", "a\u0323\u0301", "\u00df", "\u017f", "'\u017f", "\u0130", "\u01c5", "\u03a3\u03b1\u03c2", "\ufb01", "\u2460", "\uff21\uff42", "\u212b", "\u1e9b\u0323",
    "\u4f60\u597d", "\u65e5\u672c\u8a9e", "\u30ab\u3099", "\uac00\uac01", "\u1100\u1161\u11a8", "\U00020000", "a\U00020000b", "\U0001d7d8", "\U0001f600",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f1e9\U0001f1ea", "\x00", "\x07", "\x7f", "\ufffd", "\ue000",
    "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0627\u0644", "\u0e44\u0e17\u0e22", "a", "b", "zz", "ing", " running", "Unaffable", " it's.", "quick,brown", "\\n", "$5.00", "#a@b.c", " I'm",
]


def mix(n):
    z = (n + 0x9E3779B9) & 0xFFFFFFFF
    z ^= z >> 16
    z = z * 0x21F0AAAD & 0xFFFFFFFF
    z ^= z >> 15
    z = z * 0x735A2D97 & 0xFFFFFFFF
    return z ^ z >> 15


def text(i):
    key = mix(i)
    return "".join(PARTS[mix((key + j + 1) & 0xFFFFFFFF) % len(PARTS)] for j in range(mix(key) % 13))


def texts(count):
    return [text(i) for i in range(count)]
