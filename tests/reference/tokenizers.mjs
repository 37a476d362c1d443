// Golden token ids of tokenizer.json variants, by Hugging Face's own JavaScript library.
//   npm install @huggingface/tokenizers@0.2.0 && node tokenizers.mjs TOKENIZER.json OUT.json
// Texts come from a fixed generator. U+0085 and U+FEFF are left out: JavaScript's \s disagrees with Unicode's white space there.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const library = await import(createRequire(process.cwd() + '/').resolve('@huggingface/tokenizers'));
const Tokenizer = library.Tokenizer ?? library.default.Tokenizer;

let state = 12345n;
const random = n => { state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n); return Number((state >> 33n) % BigInt(n)); };
const parts = ['the', ' box', ' opens', 'Haverstrand', " don't", " we'LL", "'s", "'re", "'", '"', ' ', '  ', '   ', '\n', '\n\n', '\r\n', '\t', ' \n ', '\u00a0', '\u3000', '\u2028',
  '1', '12', '123', '1234567', '\u0664\u0665', '\u2163', '\u00bd', '.', '...', '!?', ' -', '_', '<|im_start|>', '<|im_end|>', '<|im_', 'end|>', '<tool>', '\u00e9', 'e\u0301', '\u00df', '\u017f', "'\u017f",
  '\u4f60\u597d', '\u65e5\u672c\u8a9e', '\u{20000}', 'a\u{20000}b', '\u{1d7d8}', '\u{1f600}', '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f3f3}\ufe0f\u200d\u{1f308}', '\u0000', '\u0007', '\ufffd', '\u0939\u093f\u0928\u094d\u0926\u0940', '\u0627\u0644', 'a', 'b', 'zz'];
const texts = ['', ' ', 'a', ' a', '\n', ' \n', '\n a', 'a ', 'x'.repeat(300), ' '.repeat(50) + 'x'];
while (texts.length < 700) texts.push(Array.from({ length: 1 + random(12) }, () => parts[random(parts.length)]).join(''));

const base = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const merges = base.model.merges.map(m => m.split(' '));
const split = pattern => ({ type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }, { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }] });
const llama3 = n => "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + n + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const tool = { id: base.model ? Object.keys(base.model.vocab).length : 0, content: '<tool>', single_word: false, lstrip: true, rstrip: true, normalized: true, special: false };
const bos = { id: tool.id + 1, content: '<s>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
const template = { type: 'Sequence', processors: [{ type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true }, {
  type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }], special_tokens: { '<s>': { id: '<s>', ids: [bos.id], tokens: ['<s>'] } } }] };
const variants = {
  trained: {},
  prefix_space: { pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true }, added_tokens: [...base.added_tokens, tool] },
  llama3: { pre_tokenizer: split(llama3('{1,3}')), post_processor: template, added_tokens: [...base.added_tokens, bos], model: { ...base.model, ignore_merges: true, merges } },
  qwen2: { pre_tokenizer: split(llama3('')), model: { ...base.model, merges: merges.filter((_, i) => i % 3 !== 2 || i > 150) } },
};
const out = { texts, variants: {} };
for (const [name, change] of Object.entries(variants)) {
  const json = { ...base, ...change };
  if (name === 'qwen2') {
    // Merges that need a merge that was taken out are taken out, too; their tokens stay in the vocabulary.
    const known = new Set(Object.keys(base.model.vocab).filter(t => t.length === 1));
    json.model.merges = json.model.merges.filter(([a, b]) => known.has(a) && known.has(b) && known.add(a + b));
  }
  const tokenizer = new Tokenizer(json, { clean_up_tokenization_spaces: false });
  out.variants[name] = { change: { ...change, ...(json.model === base.model ? {} : { model: { ...json.model, vocab: null } }) }, add_special_tokens: name === 'llama3', ids: texts.map(t => tokenizer.encode(t, { add_special_tokens: name === 'llama3' }).ids) };
}
writeFileSync(process.argv[3], JSON.stringify(out));
