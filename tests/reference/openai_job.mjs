// Fine-tunes for real with the official JavaScript client: node openai_job.mjs MODULES BASE_URL CHATS PAIRS. Prints what it saw as one line of JSON.
import fs from 'node:fs';
import { Buffer } from 'node:buffer';
import { open, refused, until as untilJob } from './openai_calls.mjs';

const [modules, baseURL, chats, pairs] = process.argv.slice(2);
const { client, jobs, toFile } = open(modules, baseURL);
const seen = {};

const until = (id, test) => untilJob(jobs, id, test);

const all = async page => {
  const items = [];
  for await (const item of page) items.push(item);
  return items;
};

const send = async (name, text) => client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'fine-tune' });
const ended = async id => until(id, j => j.status === 'succeeded');
const failed = async id => {
  for (let n = 0; n < 2400; n++) {
    const job = await jobs.retrieve(id);
    if (job.finished_at) return job;
    await new Promise(done => setTimeout(done, 50));
  }
  throw new Error(`${id} did not end`);
};
const question = [{ role: 'user', content: 'what is number 1' }];
const ask = async (model, more) => client.chat.completions.create({ model, messages: question, temperature: 0, max_tokens: 8, ...more });

// A job that is paused in the middle, asked at a checkpoint, and goes on.
const file = await send('chats.jsonl', fs.readFileSync(chats));
const job = await jobs.create({
  model: 'base', training_file: file.id, suffix: 'bot', seed: 3,
  method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 50, batch_size: 1, learning_rate_multiplier: 10 } } },
});
const reached = [];
await until(job.id, j => (reached.push(j.progress), j.status === 'running' && j.progress > 0.03));
await jobs.pause(job.id);
seen.paused = await until(job.id, j => j.phase === 'paused');
seen.pausedCheckpoints = await all(jobs.checkpoints.list(job.id, { limit: 1 }));
seen.early = (await ask(seen.pausedCheckpoints[0].fine_tuned_model_checkpoint)).choices[0];
await jobs.resume(job.id);
seen.done = await until(job.id, j => (reached.push(j.progress), j.status === 'succeeded'));
seen.reached = reached;
seen.events = await all(jobs.listEvents(job.id, { limit: 40 }));
seen.checkpoints = await all(jobs.checkpoints.list(job.id, { limit: 2 }));
seen.result = await (await client.files.content(seen.done.result_files[0])).text();

// What it made answers, whole and as a stream.
const model = seen.done.fine_tuned_model;
seen.answer = await ask(model);
seen.chunks = [];
for await (const chunk of await ask(model, { stream: true, stream_options: { include_usage: true } })) seen.chunks.push(chunk);
seen.last = (await ask(seen.checkpoints[0].fine_tuned_model_checkpoint)).choices[0];

// Preferences in OpenAI's lines.
const compared = await send('pairs.jsonl', fs.readFileSync(pairs));
const dpo = await jobs.create({ model: 'base', training_file: compared.id, method: { type: 'dpo', dpo: { hyperparameters: { n_epochs: 2, beta: 0.2 } } } });
seen.dpo = await ended(dpo.id);
seen.preferred = (await ask(seen.dpo.fine_tuned_model)).choices[0];

// A job that is cancelled while it runs.
const second = await jobs.create({ model: 'base', training_file: file.id, hyperparameters: { n_epochs: 50, batch_size: 1 } });
await until(second.id, j => j.status === 'running' && j.progress > 0.03);
await jobs.cancel(second.id);
seen.cancelled = await failed(second.id);

// What fails, and what is refused.
const wrong = await jobs.create({ model: 'base', training_file: compared.id });
const unpaired = await jobs.create({ model: 'base', training_file: file.id, method: { type: 'dpo' } });
const long = await jobs.create({ model: 'base', training_file: (await send('long.jsonl', `${JSON.stringify({ messages: [{ role: 'user', content: 'what' }, { role: 'assistant', content: 'it is the box '.repeat(200) }] })}\n`)).id });
seen.failures = { wrong: await failed(wrong.id), unpaired: await failed(unpaired.id), long: await failed(long.id) };
const create = more => jobs.create({ model: 'base', training_file: file.id, ...more });
seen.errors = {
  noModel: await refused(() => ask('nobody')),
  unmade: await refused(() => ask(`ft:base::${wrong.id}`)),
  noCheckpoint: await refused(() => ask(`${model}:ckpt-step-7`)),
  noMessages: await refused(() => client.chat.completions.create({ model, messages: [] })),
  tooLong: await refused(() => client.chat.completions.create({ model, messages: [{ role: 'user', content: 'what is number 1 '.repeat(200) }] })),
  epochs: await refused(() => create({ hyperparameters: { n_epochs: 51 } })),
  batch: await refused(() => create({ hyperparameters: { batch_size: 257 } })),
  multiplier: await refused(() => create({ hyperparameters: { learning_rate_multiplier: 0 } })),
  beta: await refused(() => create({ method: { type: 'dpo', dpo: { hyperparameters: { beta: 3 } } } })),
  method: await refused(() => create({ method: { type: 'reinforcement' } })),
  seed: await refused(() => create({ seed: -1 })),
  suffix: await refused(() => create({ suffix: '' })),
  pauseEnded: await refused(() => jobs.pause(job.id)),
  resumeEnded: await refused(() => jobs.resume(second.id)),
  cancelEnded: await refused(() => jobs.cancel(job.id)),
};
console.log(JSON.stringify(seen));
