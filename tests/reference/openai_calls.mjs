// What the scripts that drive the official JavaScript client share.
import { createRequire } from 'node:module';
import path from 'node:path';

// The client of a folder of modules, against a server.
export const open = (modules, baseURL) => {
  const { OpenAI, toFile } = createRequire(path.join(modules, 'noop.js'))('openai');
  const client = new OpenAI({ apiKey: 'unused', baseURL, maxRetries: 0 });
  return { client, jobs: client.fineTuning.jobs, toFile };
};

// The job, once it is as `test` wants it; within two minutes. `mayEnd`: a job that failed or was cancelled is waited for, too.
export const until = async (jobs, id, test, mayEnd = false) => {
  for (let n = 0; n < 2400; n++) {
    const job = await jobs.retrieve(id);
    if (test(job)) return job;
    if (!mayEnd && ['failed', 'cancelled'].includes(job.status)) throw new Error(`${id}: ${JSON.stringify(job)}`);
    await new Promise(done => setTimeout(done, 50));
  }
  throw new Error(`${id} did not get there: ${JSON.stringify(await jobs.retrieve(id))}`);
};

// What a call that is refused is told; null when it is not refused.
export const refused = async call => {
  try {
    await call();
    return null;
  } catch (e) {
    return { status: e.status, code: e.code, param: e.param, type: e.type, message: e.message };
  }
};
