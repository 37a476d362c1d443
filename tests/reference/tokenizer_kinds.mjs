// Golden ids, places and decoded texts of every kind of tokenizer, by Hugging Face's own Rust library (tokenizers 0.22.2 in the npm
// package @anush008/tokenizers 0.6.0) on 10,000 generated texts. Their JavaScript library (@huggingface/tokenizers 0.2.0) is asked as well;
// how often it differs from the Rust one is recorded.
//   npm install @anush008/tokenizers@0.6.0 @huggingface/tokenizers@0.2.0 && node tokenizer_kinds.mjs DATA_FOLDER [NAME]
// Vocabularies: tokenizer_vocabularies.py, and ../tokenizer.json by our own trainer.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
const from = createRequire(process.cwd() + '/');
const { Tokenizer: Rust } = from('@anush008/tokenizers');
const { Tokenizer: JavaScript } = from('@huggingface/tokenizers');
const folder = process.argv[2];

const PARTS = eval('[' + /PARTS = \[([\s\S]*?)\n\]/.exec(readFileSync(new URL('./generated_texts.py', import.meta.url), 'utf8'))[1]
  .replace(/\\U000([0-9a-f]{5})/g, '\\u{$1}') + ']');
const mix = n => {
  let z = (n + 0x9E3779B9) >>> 0;
  z = Math.imul(z ^ z >>> 16, 0x21F0AAAD) >>> 0;
  z = Math.imul(z ^ z >>> 15, 0x735A2D97) >>> 0;
  return (z ^ z >>> 15) >>> 0;
};
const text = i => { const key = mix(i); return Array.from({ length: mix(key) % 13 }, (_, j) => PARTS[mix((key + j + 1) >>> 0) % PARTS.length]).join(''); };

const bytes = (more = {}) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: true, ...more });
const split = (Regex, behavior = 'Isolated', invert = false) => ({ type: 'Split', pattern: { Regex }, behavior, invert });
const cuts = (...pretokenizers) => ({ pre_tokenizer: { type: 'Sequence', pretokenizers } });
const changes = (...normalizers) => ({ normalizer: { type: 'Sequence', normalizers } });
const decodes = (...decoders) => ({ decoder: { type: 'Sequence', decoders } });
const template = (token, id) => ({ type: 'TemplateProcessing', single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }], special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } } });
const added = (id, content, more = {}) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...more });
const tail = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const newer = digits => `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}${tail}`;
const o200k = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const deepseek = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const clip = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
const metaspace = (prepend_scheme, split) => ({ type: 'Metaspace', replacement: '\u2581', prepend_scheme, split });
const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' };
const back = { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' };
const bert = (more = {}) => ({ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true, ...more });
const ids = JSON.parse(readFileSync(join(folder, '../tokenizer.json'), 'utf8')).added_tokens;
const first = Object.keys(JSON.parse(readFileSync(join(folder, '../tokenizer.json'), 'utf8')).model.vocab).length;
const alphabet = Object.keys(JSON.parse(readFileSync(join(folder, '../tokenizer.json'), 'utf8')).model.vocab).filter(t => t.length === 1);
const pieces = Object.keys(JSON.parse(readFileSync(join(folder, 'wordpiece.json'), 'utf8')).model.vocab).length;
const fallback = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);

const VARIANTS = {
  gpt2: { base: '../tokenizer.json' },
  roberta: { base: '../tokenizer.json', change: { pre_tokenizer: bytes({ add_prefix_space: true }), post_processor: { type: 'RobertaProcessing', sep: ['</s>', first + 1], cls: ['<s>', first], trim_offsets: false, add_prefix_space: true },
    added_tokens: [...ids, added(first, '<s>'), added(first + 1, '</s>'), added(first + 2, '[MASK]', { lstrip: true })] } },
  llama3: { base: '../tokenizer.json', change: { ...cuts(split(newer('{1,3}')), bytes({ use_regex: false })), added_tokens: [...ids, added(first, '<s>')],
    post_processor: { type: 'Sequence', processors: [bytes(), template('<s>', first)] }, model: { ignore_merges: true } } },
  qwen2: { base: '../tokenizer.json', change: { normalizer: { type: 'NFC' }, ...cuts(split(newer('')), bytes({ use_regex: false })), added_tokens: [...ids, added(first, '<tool>', { special: false })] } },
  o200k: { base: '../tokenizer.json', change: cuts(split(o200k), bytes({ use_regex: false })) },
  deepseek: { base: '../tokenizer.json', change: cuts(split('\\p{N}{1,3}'), split('[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+'), split(deepseek), bytes({ use_regex: false })) },
  starcoder: { base: '../tokenizer.json', change: cuts({ type: 'Digits', individual_digits: true }, bytes()) },
  clip: { base: '../tokenizer.json', append: alphabet.map(c => c + '</w>'), change: { ...changes({ type: 'NFC' }, { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' }, { type: 'Lowercase' }),
    ...cuts(split(clip, 'Removed', true), bytes({ use_regex: false })), model: { unk_token: '!', end_of_word_suffix: '</w>' } } },
  llama2: { base: 'spm-bpe.json', special: true },
  mistral: { base: 'spm-bpe.json', change: { normalizer: null, pre_tokenizer: metaspace('first', false) } },
  gemma: { base: 'spm-bpe.json', change: { normalizer: spaces, pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false }, ...decodes(back, { type: 'ByteFallback' }, { type: 'Fuse' }) } },
  spm_fused_unknown: { base: 'spm-bpe.json', change: { model: { byte_fallback: false }, pre_tokenizer: metaspace('always', true), normalizer: null, decoder: metaspace('always', true) } },
  spm_unknown: { base: 'spm-bpe.json', change: { model: { byte_fallback: false, fuse_unk: false }, ...cuts({ type: 'WhitespaceSplit' }, { type: 'Punctuation', behavior: 'MergedWithNext' }), normalizer: { type: 'NFKC' }, decoder: null } },
  bert_uncased: { base: 'wordpiece.json', special: true },
  bert_cased: { base: 'wordpiece.json', change: { normalizer: bert({ lowercase: false }), post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] } }, special: true },
  bert_stripped: { base: 'wordpiece.json', change: { normalizer: bert({ clean_text: false, handle_chinese_chars: false, strip_accents: true }), decoder: { type: 'WordPiece', prefix: '##', cleanup: false } } },
  wordpiece_nfkd: { base: 'wordpiece.json', change: { ...changes({ type: 'NFKD' }, { type: 'StripAccents' }, { type: 'Lowercase' }, { type: 'Strip', strip_left: true, strip_right: false }), pre_tokenizer: { type: 'Whitespace' } } },
  wordpiece_nfd: { base: 'wordpiece.json', change: { ...changes({ type: 'NFD' }, { type: 'Lowercase' }), ...cuts({ type: 'CharDelimiterSplit', delimiter: ' ' }, { type: 'Punctuation', behavior: 'Contiguous' }, { type: 'Digits', individual_digits: false }) } },
  wordpiece_nfc: { base: 'wordpiece.json', change: { ...changes({ type: 'NFC' }, { type: 'Prepend', prepend: '[x' }, { type: 'Nmt' }), ...cuts({ type: 'WhitespaceSplit' }, { type: 'Punctuation', behavior: 'Removed' }) } },
  flags: { base: 'wordpiece.json', change: { added_tokens: [added(0, '[PAD]'), added(1, '[UNK]'), added(2, '[CLS]'), added(3, '[SEP]'), added(4, '[MASK]', { lstrip: true, rstrip: true }), added(pieces + 0, '<TOOL>', { normalized: true, special: false }),
    added(pieces + 1, 'Haverstrand', { single_word: true }), added(pieces + 2, 'unaffable', { single_word: true, normalized: true, special: false }), added(pieces + 3, '\u00e9x', { normalized: true }), added(pieces + 4, 'WE'), added(pieces + 5, 'WE\'LL'), added(pieces + 6, '\u{1f600}a', { rstrip: true })] } },
  unigram: { base: 'unigram.json' },
  unigram_bytes: { base: 'unigram.json', append: fallback, change: { model: { byte_fallback: true }, pre_tokenizer: metaspace('first', true), ...decodes({ type: 'ByteFallback' }, metaspace('first', true)) } },
  albert: { base: 'unigram.json', change: { ...changes({ type: 'Replace', pattern: { String: '...' }, content: '\u2026' }, { type: 'NFKD' }, { type: 'StripAccents' }, { type: 'Lowercase' }),
    ...cuts({ type: 'WhitespaceSplit' }, metaspace('always', true)) } },
};

function make({ base, change = {}, append = [] }) {
  const json = JSON.parse(readFileSync(join(folder, base), 'utf8'));
  const model = { ...json.model, ...(change.model ?? {}) };
  if (append.length > 0) {
    model.vocab = Array.isArray(model.vocab) ? [...model.vocab, ...append.map(t => [t, -30])] : { ...model.vocab };
    if (!Array.isArray(model.vocab)) append.forEach((t, i) => { model.vocab[t] = Object.keys(json.model.vocab).length + i; });
  }
  return { ...json, ...change, model };
}

const out = {};
for (const [name, variant] of Object.entries(VARIANTS)) {
  if (process.argv[3] && process.argv[3] !== name) continue;
  const json = make(variant);
  const rust = Rust.fromString(JSON.stringify(json));
  let script = null;
  try { script = new JavaScript(json, { clean_up_tokenization_spaces: false }); } catch { /* Not supported there. */ }
  const [digests, cases] = [[], []];
  let [differs, block] = [0, createHash('sha256')];
  for (let i = 0; i < 10000; i++) {
    const encoding = await rust.encode(text(i), null, { addSpecialTokens: variant.special ?? false });
    const found = [encoding.getIds(), encoding.getOffsets().flat(), await rust.decode(encoding.getIds(), false)];
    if (script) {
      let same = false;
      try { same = JSON.stringify(script.encode(text(i), { add_special_tokens: variant.special ?? false }).ids) === JSON.stringify(found[0]); } catch { /* Counts as different. */ }
      if (!same) differs++;
    }
    if (i < 15 || process.argv[3]) cases.push(found);
    block.update(JSON.stringify(found[0]) + '\n' + JSON.stringify(found[1]) + '\n' + found[2] + '\n');
    if (i % 100 === 99) {
      digests.push(block.digest('hex').slice(0, 16));
      block = createHash('sha256');
    }
  }
  out[name] = { ...variant, javascript_differs: script ? differs : null, digests, cases };
  console.log(name, 'JavaScript differs on', script ? differs : 'all: not supported');
}
if (process.argv[3]) writeFileSync('/tmp/temper-tokenizer-cases.json', JSON.stringify({ texts: Array.from({ length: 10000 }, (_, i) => text(i)), ...out }));
else writeFileSync(join(folder, 'kinds-golden.json'), JSON.stringify(out, null, 0).replaceAll('},"', '},\n"'));
