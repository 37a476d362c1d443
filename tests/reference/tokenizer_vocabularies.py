#!/usr/bin/env python3
"""Trains the vocabularies of the tokenizer tests on our own texts, and writes what SentencePiece itself makes of the referee's texts.
Usage: tokenizer_vocabularies.py DATA_FOLDER   (Debian: apt-get install python3-sentencepiece; 0.1.97)

Writes spm-bpe.json, unigram.json, wordpiece.json (tokenizer.json files) and sentencepiece-golden.json (a digest of ids and decoded texts
for every 100 texts; texts that spell <s> or <unk> are left out: to SentencePiece they are plain text. So are, for unigram.json,
texts where the reference library looks up graphemes and SentencePiece the longest entry, and texts with U+2581, or with U+2028 or U+0085, which only the
reference takes for white space, or with repetitions that can be cut in two ways of equal score; and decoded texts
with unknown tokens, which SentencePiece writes as U+2047). The normalisation rules of unigram.json are our own few, so that its table of replacements stays small."""
import base64, collections, hashlib, io, json, os, sys
import sentencepiece as spm
from generated_texts import texts

here = os.path.dirname(os.path.abspath(__file__))
data = sys.argv[1]
corpus = [line.strip() for line in open(os.path.join(here, "../../Cli/Demo/base-corpus.txt"), encoding="utf-8") if line.strip() and not line.startswith("#")]
corpus += [t.replace("\x00", "").replace("\n", " ").replace("\r", " ") for t in texts(3000)]
corpus = [c for c in corpus if c.strip()]


SPECIAL = ["<s>", "<unk>"]
JOINED = ["\u30ab\u3099", "\u1100\u1161\u11a8", "\u2581", "\u2028", "\u0085", "....", "\u65e5\u672c\u8a9e\u65e5", "\u03c2\u03a3"]


def varint(b, at):
    n = shift = 0
    while True:
        n |= (b[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if b[at - 1] < 0x80:
            return n, at


def fields(b):
    at = 0
    while at < len(b):
        key, at = varint(b, at)
        if key & 7 == 2:
            n, at = varint(b, at)
            yield key >> 3, b[at:at + n]
            at += n
        elif key & 7 == 0:
            n, at = varint(b, at)
            yield key >> 3, n
        else:
            size = 4 if key & 7 == 5 else 8
            yield key >> 3, b[at:at + size]
            at += size


def train(**options):
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_writer=model, minloglevel=2, num_threads=1, **options)
    return model.getvalue()


def added(*tokens, **flags):
    base = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return [dict(dict(id=i, content=t, **base), **flags) for i, t in tokens]


def file(name, **parts):
    root = dict(version="1.0", truncation=None, padding=None)
    root.update(parts)
    with open(os.path.join(data, name), "w", encoding="utf-8") as f:
        json.dump(root, f, ensure_ascii=False, separators=(",", ":"))


def digests(sp, without):
    out, hashes, block = texts(10000), [], hashlib.sha256()
    for i, t in enumerate(out):
        if not any(part in t for part in without):
            ids = sp.encode(t)
            block.update((json.dumps(ids, separators=(",", ":")) + "\n" + ("" if 0 in ids else sp.decode(ids)) + "\n").encode())
        if i % 100 == 99:
            hashes.append(block.hexdigest()[:16])
            block = hashlib.sha256()
    return hashes


golden = {}
model = train(model_type="bpe", vocab_size=900, character_coverage=0.98, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True, split_digits=True)
sp = spm.SentencePieceProcessor(model_proto=model)
golden["spm_bpe"] = digests(sp, SPECIAL)
pieces = [sp.id_to_piece(i) for i in range(sp.get_piece_size())]
ids = {p: i for i, p in enumerate(pieces)}
merges = []
for i, p in enumerate(pieces):
    if sp.is_byte(i) or sp.is_control(i) or sp.is_unknown(i):
        continue
    merges += sorted(((i, ids[p[:k]], ids[p[k:]], p[:k], p[k:]) for k in range(1, len(p)) if p[:k] in ids and p[k:] in ids))
merges.sort()
file("spm-bpe.json", added_tokens=added((0, "<unk>"), (1, "<s>"), (2, "</s>")),
     normalizer=dict(type="Sequence", normalizers=[dict(type="Prepend", prepend="\u2581"), dict(type="Replace", pattern=dict(String=" "), content="\u2581")]), pre_tokenizer=None,
     post_processor=dict(type="TemplateProcessing", single=[dict(SpecialToken=dict(id="<s>", type_id=0)), dict(Sequence=dict(id="A", type_id=0))],
                         pair=[dict(Sequence=dict(id="A", type_id=0)), dict(Sequence=dict(id="B", type_id=1))], special_tokens={"<s>": dict(id="<s>", ids=[1], tokens=["<s>"])}),
     decoder=dict(type="Sequence", decoders=[dict(type="Replace", pattern=dict(String="\u2581"), content=" "), dict(type="ByteFallback"), dict(type="Fuse"), dict(type="Strip", content=" ", start=1, stop=0)]),
     model=dict(type="BPE", dropout=None, unk_token="<unk>", continuing_subword_prefix=None, end_of_word_suffix=None, fuse_unk=True, byte_fallback=True, vocab=ids, merges=[f"{a} {b}" for _, _, _, a, b in merges]))

rules = [("\ufb01", "fi"), ("\u00a0", " "), ("\u3000", " "), ("\t", " "), ("\n", " "), ("\r", " "), ("\u200b", " "), ("\u2460", "1"), ("\uff21", "A"), ("\uff42", "b"), ("e\u0301", "\u00e9"),
         ("\u30ab\u3099", "\u30ac"), ("\u2026", "..."), ("\u212b", "\u00c5"), ("\u00bd", "1\u20442"), ("\u1100\u1161\u11a8", "\uac01")]
tsv = os.path.join("/tmp", "temper-rules.tsv")
with open(tsv, "w", encoding="utf-8") as f:
    for a, b in rules:
        f.write(" ".join(f"{ord(c):04X}" for c in a) + "\t" + " ".join(f"{ord(c):04X}" for c in b) + "\n")
model = train(model_type="unigram", hard_vocab_limit=False, vocab_size=700, character_coverage=0.98, normalization_rule_tsv=tsv, remove_extra_whitespaces=True)
sp = spm.SentencePieceProcessor(model_proto=model)
golden["unigram"] = digests(sp, SPECIAL + JOINED)
normalizer = dict(fields(next(v for k, v in fields(model) if k == 3)))
file("unigram.json", added_tokens=added((0, "<unk>"), (1, "<s>"), (2, "</s>")),
     normalizer=dict(type="Sequence", normalizers=[dict(type="Precompiled", precompiled_charsmap=base64.b64encode(normalizer[2]).decode()), dict(type="Strip", strip_left=True, strip_right=True),
                                                   dict(type="Replace", pattern=dict(Regex=" {2,}"), content="\u2581")]),
     pre_tokenizer=dict(type="Metaspace", replacement="\u2581", prepend_scheme="always", split=True), post_processor=None,
     decoder=dict(type="Metaspace", replacement="\u2581", prepend_scheme="always", split=True),
     model=dict(type="Unigram", unk_id=0, byte_fallback=False, vocab=[[sp.id_to_piece(i), sp.get_score(i)] for i in range(sp.get_piece_size())]))

counts = collections.Counter()
for line in corpus:
    for word in line.lower().replace(".", " ").replace(",", " ").split():
        for length in (2, 3, 4, 5, 6):
            for at in range(len(word) - length + 1):
                counts[("" if at == 0 else "##") + word[at:at + length]] += 1
characters = sorted({c for line in corpus for c in line.lower() if c.isprintable() and not c.isspace()})
characters = [c for c in characters if ord(c) % 7 != 3 or c.isascii()]
vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + characters + ["##" + c for c in characters]
vocabulary += [p for p, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:500] if p not in vocabulary]
vocabulary = list(dict.fromkeys(vocabulary))
wp = {p: i for i, p in enumerate(vocabulary)}
file("wordpiece.json", added_tokens=added((0, "[PAD]"), (1, "[UNK]"), (2, "[CLS]"), (3, "[SEP]"), (4, "[MASK]")),
     normalizer=dict(type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True), pre_tokenizer=dict(type="BertPreTokenizer"),
     post_processor=dict(type="TemplateProcessing", single=[dict(SpecialToken=dict(id="[CLS]", type_id=0)), dict(Sequence=dict(id="A", type_id=0)), dict(SpecialToken=dict(id="[SEP]", type_id=0))],
                         pair=[dict(Sequence=dict(id="A", type_id=0)), dict(Sequence=dict(id="B", type_id=1))],
                         special_tokens={"[CLS]": dict(id="[CLS]", ids=[2], tokens=["[CLS]"]), "[SEP]": dict(id="[SEP]", ids=[3], tokens=["[SEP]"])}),
     decoder=dict(type="WordPiece", prefix="##", cleanup=True),
     model=dict(type="WordPiece", unk_token="[UNK]", continuing_subword_prefix="##", max_input_chars_per_word=20, vocab=wp))

with open(os.path.join(data, "sentencepiece-golden.json"), "w") as f:
    json.dump(golden, f, indent=0)
print(len(ids), len(merges), sp.get_piece_size(), len(wp), len(normalizer[2]))
