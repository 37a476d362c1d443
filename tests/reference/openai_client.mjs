// Drives fine-tuning with the official JavaScript client: node openai_client.mjs MODULES BASE_URL. Prints what it saw as one line of JSON.
import { Buffer } from 'node:buffer';
import { open, refused, until as untilJob } from './openai_calls.mjs';

const [modules, baseURL] = process.argv.slice(2);
const { client, jobs, toFile } = open(modules, baseURL);
const seen = {};

const until = (id, test) => untilJob(jobs, id, test, true);

const text = '{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"hi"}]}\n';
const file = await client.files.create({ file: await toFile(Buffer.from(text), 'chats.jsonl'), purpose: 'fine-tune' });
seen.file = file;
seen.content = await (await client.files.content(file.id)).text();

const job = await jobs.create({
  model: 'base', training_file: file.id, suffix: 'my bot', seed: 7, metadata: { team: 'support' },
  method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 2, batch_size: 12, learning_rate_multiplier: 'auto' } } },
});
seen.created = job;
seen.running = await until(job.id, j => j.status === 'running' && j.progress > 0.1);
seen.pausing = await jobs.pause(job.id);
seen.paused = await until(job.id, j => j.phase === 'paused');
const checkpoints = [];
for await (const checkpoint of jobs.checkpoints.list(job.id, { limit: 1 })) checkpoints.push(checkpoint);
seen.checkpoints = checkpoints;
seen.resumed = await jobs.resume(job.id);
seen.done = await until(job.id, j => j.status === 'succeeded');
const events = [];
for await (const event of jobs.listEvents(job.id, { limit: 2 })) events.push(event);
seen.events = events;
seen.result = await (await client.files.content(seen.done.result_files[0])).text();

const second = await jobs.create({ model: 'base', training_file: file.id, hyperparameters: { n_epochs: 1 } });
await until(second.id, j => j.status === 'running');
await jobs.cancel(second.id);
seen.cancelled = await until(second.id, j => j.status === 'cancelled');

const bad = await client.files.create({ file: await toFile(Buffer.from('broken\n'), 'bad.jsonl'), purpose: 'fine-tune' });
const failing = await jobs.create({ model: 'base', training_file: bad.id });
seen.failed = await until(failing.id, j => j.status === 'failed');
seen.badFile = await client.files.retrieve(bad.id);

seen.listed = [];
for await (const one of jobs.list({ limit: 2 })) seen.listed.push(one.id);
seen.ids = [failing.id, second.id, job.id];
seen.errors = {
  model: await refused(() => jobs.create({ model: 'nobody', training_file: file.id })),
  file: await refused(() => jobs.create({ model: 'base', training_file: 'file-none' })),
  epochs: await refused(() => jobs.create({ model: 'base', training_file: file.id, method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 99 } } } })),
  unknown: await refused(() => jobs.create({ model: 'base', training_file: file.id, colour: 'red' })),
  purpose: await refused(async () => client.files.create({ file: await toFile(Buffer.from(text), 'chats.jsonl'), purpose: 'assistants' })),
  ended: await refused(() => jobs.cancel(second.id)),
  resume: await refused(() => jobs.resume(second.id)),
  job: await refused(() => jobs.retrieve('ftjob-none')),
};
seen.deleted = await client.files.delete(file.id);
seen.gone = await refused(() => client.files.retrieve(file.id));
console.log(JSON.stringify(seen));
