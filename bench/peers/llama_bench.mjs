// What llama.cpp does with a GGUF file of ours, as a JSON line with the fields of `bench`.
//
//   node llama_bench.mjs NODE_MODULES FILE.gguf SHAPE decode|prefill DTYPE THREADS STEPS
//
// Rates are llama.cpp's own timings of its evaluation (what llama-bench prints); *_wall is what a caller of the package waits, sampling included.
import path from "node:path";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, file, cfg, mode, dtype, threadsText, stepsText] = process.argv.slice(2);
const [threads, steps] = [Number(threadsText), Number(stepsText)];
const [prompt, generated] = mode === "decode" ? [64, 127] : [512, 0];
const entry = path.join(path.resolve(modules), "node-llama-cpp", "dist", "index.js");
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(entry).href);

let log = "";
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, maxThreads: threads, logLevel: LlamaLogLevel.info, logger: (_, text) => { log += text + "\n"; } });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: prompt + generated + 64, batchSize: 512, sequences: 1, threads, performanceTracking: true });
const sequence = context.getSequence();
const rates = { prefill: [], decode: [], prefillWall: [], decodeWall: [] };

for (let step = 0; step <= steps; step++) {
  const tokens = Array.from({ length: prompt }, (_, i) => 300 + ((i * 7919 + step) % 200));
  await sequence.clearHistory();
  log = "";
  let start = performance.now();
  const first = await sequence.controlledEvaluate(tokens.map((token, i) => (i === prompt - 1 ? [token, { generateNext: { token: true, options: { temperature: 0 } } }] : token)));
  const prefillWall = (prompt / (performance.now() - start)) * 1000;
  let token = first[prompt - 1].next.token;
  start = performance.now();
  for (let i = 0; i < generated; i++) token = (await sequence.controlledEvaluate([[token, { generateNext: { token: true, options: { temperature: 0 } } }]]))[0].next.token;
  const decodeWall = (generated / (performance.now() - start)) * 1000;
  await context.printTimings();
  await new Promise((done) => setTimeout(done, 50));
  if (step === 0) continue;
  rates.prefillWall.push(prefillWall);
  rates.prefill.push(timing(/prompt eval time\s*=\s*([\d.]+) ms \/\s*(\d+) tokens/) ?? prefillWall);
  if (generated > 0) {
    rates.decodeWall.push(decodeWall);
    rates.decode.push(timing(/[^t] eval time\s*=\s*([\d.]+) ms \/\s*(\d+) (?:runs|tokens)/) ?? decodeWall);
  }
}

function timing(pattern) {
  const found = pattern.exec(log);
  return found === null ? null : (Number(found[2]) / Number(found[1])) * 1000;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const round = (value) => Math.round(value * 10) / 10;
const built = JSON.parse(readFileSync(path.join(path.resolve(modules), "node-llama-cpp", "package.json"), "utf8")).version;
const result = { cfg, mode, dtype };
if (mode === "decode")
  Object.assign(result, { decode_tok_s_med: round(median(rates.decode)), decode_best: round(Math.max(...rates.decode)), decode_wall: round(median(rates.decodeWall)), prefill64_tok_s: round(median(rates.prefill)) });
else Object.assign(result, { prefill512_tok_s: round(median(rates.prefill)), prefill512_best: round(Math.max(...rates.prefill)), prefill512_wall: round(median(rates.prefillWall)) });
const peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) >> 10;
Object.assign(result, { peak_rss_mb: peak, threads, engine: `llama.cpp ${llama.llamaCppRelease?.release ?? ""} (node-llama-cpp ${built})` });
if (process.env.BENCH_LLAMA_LOG) process.stderr.write(log);
process.stdout.write(JSON.stringify(result) + "\n", () => process.exit(0));
