// s3.js MODULES PORT: s3rver's protocol over objects in memory, with what S3 has and s3rver lacks: conditional reads, writes and removals,
// parts that are checked when they are joined, uploads that can be given up, pages of listings, keys in the order of their UTF-8 bytes.
const path = require('path');
const crypto = require('crypto');
const { AsyncLocalStorage } = require('async_hooks');
const { Readable } = require('stream');

const [, , modules, port] = process.argv;
const S3rver = require(path.join(modules, 's3rver'));
const S3Error = require(path.join(modules, 's3rver/lib/models/error'));
const S3Object = require(path.join(modules, 's3rver/lib/models/object'));
const S3Bucket = require(path.join(modules, 's3rver/lib/models/bucket'));

// s3rver hides the next page's key with DES, which today's OpenSSL no longer has; here it stands in the clear.
const clear = () => ({ update: text => Buffer.from(text), final: () => Buffer.alloc(0) });
crypto.createCipheriv = crypto.createDecipheriv = clear;

const request = new AsyncLocalStorage();
const md5 = bytes => crypto.createHash('md5').update(bytes).digest('hex');
const order = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const failed = () => new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');

async function read(content) {
  if (Buffer.isBuffer(content)) return content;
  const pieces = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

class MemoryStore {
  constructor() {
    this.buckets = new Map();
    this.uploads = new Map();
  }

  async getBucket(name) {
    const bucket = this.buckets.get(name);
    return bucket ? new S3Bucket(name, bucket.made) : null;
  }

  async putBucket(name) {
    if (!this.buckets.has(name)) this.buckets.set(name, { made: new Date(), objects: new Map() });
    return this.getBucket(name);
  }

  async listBuckets() {
    return [...this.buckets].map(([name, bucket]) => new S3Bucket(name, bucket.made));
  }

  async deleteBucket(name) {
    this.buckets.delete(name);
  }

  objects(bucket) {
    return this.buckets.get(bucket).objects;
  }

  // Between a condition and what it guards nothing may happen: no await in here.
  check(bucket, key) {
    const { none, match } = request.getStore();
    const found = this.objects(bucket).get(key);
    if (none === '*' && found) throw failed();
    if (match && !found) throw new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key });
    if (match && match !== found.metadata.etag) throw failed();
  }

  store(bucket, key, content, headers, tag) {
    this.check(bucket, key);
    const { metadata } = new S3Object(bucket, key, null, headers);
    Object.assign(metadata, { etag: JSON.stringify(tag), 'last-modified': new Date().toUTCString(), 'content-length': content.length });
    this.objects(bucket).set(key, { content, metadata });
    return { size: content.length, md5: tag };
  }

  async putObject(object) {
    const content = await read(object.content);
    return this.store(object.bucket, object.key, content, object.metadata, md5(content));
  }

  async existsObject(bucket, key) {
    return this.objects(bucket).has(key);
  }

  async getObject(bucket, key, { start, end } = {}) {
    const found = this.objects(bucket).get(key);
    if (!found) return null;
    if (request.getStore().match) this.check(bucket, key);
    const size = found.content.length;
    const object = new S3Object(bucket, key, null, found.metadata);
    if (start === undefined) {
      object.content = Readable.from([found.content], { objectMode: false });
      return object;
    }
    object.range = { start, end: Math.min(end ?? size - 1, size - 1) };
    if (start < size) object.content = Readable.from([found.content.subarray(start, object.range.end + 1)], { objectMode: false });
    return object;
  }

  async deleteObject(bucket, key) {
    this.check(bucket, key);
    this.objects(bucket).delete(key);
  }

  async listObjects(bucket, { prefix = '', startAfter, maxKeys = 1000, delimiter }) {
    const keys = [...this.objects(bucket).keys()].filter(key => key.startsWith(prefix) && (!startAfter || order(key, startAfter) > 0)).sort(order);
    const above = new Set();
    const plain = keys.filter(key => {
      const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      if (cut >= 0) above.add(key.slice(0, cut + delimiter.length));
      return cut < 0;
    });
    const objects = plain.slice(0, maxKeys).map(key => new S3Object(bucket, key, null, this.objects(bucket).get(key).metadata));
    return { objects, commonPrefixes: [...above].sort(), isTruncated: plain.length > maxKeys };
  }

  async initiateUpload(bucket, key, id, headers) {
    this.uploads.set(id, { bucket, key, headers, parts: new Map() });
  }

  upload(id) {
    const found = this.uploads.get(id);
    if (!found) throw new S3Error('NoSuchUpload', 'The specified upload does not exist.', { UploadId: id });
    return found;
  }

  async putPart(bucket, id, number, stream) {
    this.upload(id);
    const content = await read(stream);
    this.upload(id).parts.set(Number(number), { content, md5: md5(content) });
    return { size: content.length, md5: md5(content) };
  }

  async putObjectMultipart(bucket, id, parts) {
    const upload = this.upload(id);
    const found = parts.map(part => upload.parts.get(part.number));
    if (found.some((part, i) => !part || part.md5 !== parts[i].etag))
      throw new S3Error('InvalidPart', 'One or more of the specified parts could not be found.');
    const tag = md5(Buffer.concat(found.map(part => Buffer.from(part.md5, 'hex')))) + '-' + found.length;
    const made = this.store(upload.bucket, upload.key, Buffer.concat(found.map(part => part.content)), upload.headers, tag);
    this.uploads.delete(id);
    return made;
  }

  abandon(id) {
    this.upload(id);
    this.uploads.delete(id);
  }

  async getSubresource() {
    return null;
  }
}

const server = new S3rver({ directory: process.cwd(), address: '127.0.0.1', port: Number(port), silent: true, vhostBuckets: false });
const store = (server.store = server.context.store = new MemoryStore());
server.middleware.splice(1, 0, (ctx, next) =>
  request.run({ none: ctx.get('if-none-match'), match: ctx.get('if-match') }, async () => {
    if (ctx.method !== 'DELETE' || !ctx.query.uploadId) return next();
    store.abandon(ctx.query.uploadId);
    ctx.status = 204;
  }),
);
server.run().then(() => console.log('ready'));
