// Text to token ids by the tokenizers of npm, one JSON line with the fields of `bench tokenize`.
// node tokenizers_bench.mjs MODULES PEER TEXT TOKENIZER STEPS
//   MODULES    a node_modules folder that holds tiktoken, @anush008/tokenizers (Hugging Face's Rust library), @huggingface/tokenizers (JavaScript)
//   PEER       tiktoken, rust, rust-batch (2000 lines at once, on all processors), js
//   TOKENIZER  a tokenizer.json; tiktoken takes its own vocabulary of the file's name: gpt2, cl100k_base, o200k_base
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";

const [modules, peer, textFile, tokenizerFile, steps] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "_"));
const text = readFileSync(textFile, "utf8");
const lines = text.split("\n");
const bytes = Buffer.byteLength(text);

const versionOf = (name) => JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;
const batches = [];
for (let i = 0; i < lines.length; i += 2000) batches.push(lines.slice(i, i + 2000));

async function open() {
  if (peer === "tiktoken") {
    const encoder = require("tiktoken").get_encoding(basename(tokenizerFile, ".json"));
    return { name: "tiktoken", one: (line) => encoder.encode_ordinary(line) };
  }

  if (peer === "js") {
    const { Tokenizer } = require("@huggingface/tokenizers");
    const tokenizer = new Tokenizer(JSON.parse(readFileSync(tokenizerFile, "utf8")), {});
    return { name: "@huggingface/tokenizers", one: (line) => tokenizer.encode(line, { add_special_tokens: false }).ids };
  }

  const tokenizer = require("@anush008/tokenizers").Tokenizer.fromFile(tokenizerFile);
  const options = { addSpecialTokens: false };
  const one = async (line) => (await tokenizer.encode(line, null, options)).getIds();
  const many = async (batch) => (await tokenizer.encodeBatch(batch, options)).map((encoding) => encoding.getIds());
  return { name: "@anush008/tokenizers", one, many: peer === "rust-batch" ? many : null };
}

const { name, one, many } = await open();

async function byLine(keep) {
  let count = 0;
  for (const batch of batches) {
    const found = many ? await many(batch) : batch;
    for (let i = 0; i < batch.length; i++) {
      // No waiting for what is there already: it would be measured.
      const answer = many ? found[i] : one(batch[i]);
      const ids = answer instanceof Promise ? await answer : answer;
      count += ids.length;
      if (keep) keep.update(Int32Array.from(ids));
    }
  }

  return count;
}

const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const rate = (count, seconds) => Math.round((count / seconds / 1e6) * 100) / 100;

const digest = createHash("sha256");
const lineTokens = await byLine(digest);
const times = [];
for (let step = 0; step < Number(steps); step++) {
  const start = performance.now();
  await byLine();
  times.push((performance.now() - start) / 1000);
}

const peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) >> 10;
console.log(JSON.stringify({
  bench: "tokenize", tokenizer: tokenizerFile, bytes, line_tokens: lineTokens, line_ids: digest.digest("hex").slice(0, 16),
  lines_mb_s_med: rate(bytes, middle(times)), lines_mb_s_best: rate(bytes, Math.min(...times)), lines_mtok_s_med: rate(lineTokens, middle(times)),
  peak_rss_mb: peak, engine: `${name} ${versionOf(name)}, node ${process.versions.node}`,
}));
