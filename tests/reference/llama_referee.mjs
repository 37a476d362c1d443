// llama.cpp as referee: probabilities of the next token at every position, from a GGUF file.
//
//   npm install --prefix DIR --omit=optional node-llama-cpp@3.22.1 @node-llama-cpp/linux-x64@3.22.1
//   node llama_referee.mjs DIR/node_modules '[{"model": "m.gguf", "lora": "a.gguf", "tokens": [1, 2, 3]}]'
//
// Prints a JSON array; each item is { probabilities: [[p of token 0, p of token 1, …] per position] }, or { tokens: [[…] per text] } when texts are given instead.
import path from "node:path";
import { pathToFileURL } from "node:url";

const modules = path.resolve(process.argv[2]);
const entry = path.join(modules, "node-llama-cpp", "dist", "index.js");
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(entry).href);

const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, skipDownload: true, maxThreads: 2 });
const answers = [];
for (const { model: file, lora, tokens, texts } of JSON.parse(process.argv[3])) {
  const model = await llama.loadModel({ modelPath: file, useMmap: false, gpuLayers: 0 });
  if (texts !== undefined) {
    answers.push({ tokens: texts.map((text) => Array.from(model.tokenize(text, false))) });
    await model.dispose();
    continue;
  }
  const context = await model.createContext({
    contextSize: Math.max(64, tokens.length + 8), batchSize: 64, sequences: 1, flashAttention: false,
    experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32",
    ...(lora ? { lora: { adapters: [{ filePath: lora, scale: 1 }] } } : {}),
  });
  const sequence = context.getSequence();
  const output = await sequence.controlledEvaluate(tokens.map((token) => [token, { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } }]));
  answers.push({
    probabilities: output.map((item) => {
      const row = [];
      for (const [token, p] of item.next.probabilities) row[token] = p;
      return row;
    }),
  });
  await context.dispose();
  await model.dispose();
}
process.stdout.write(JSON.stringify(answers) + "\n", () => process.exit(0));
