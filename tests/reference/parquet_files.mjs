// Parquet files by writers that are not ours, and what they hold as JSON lines: DuckDB 1.5.6 (npm @duckdb/node-api 1.5.6-r.1), the Rust library of
// Apache Arrow (npm parquet-wasm 0.8.0) and hyparquet-writer 0.17.0.
//   npm install @duckdb/node-api@1.5.6-r.1 parquet-wasm@0.8.0 apache-arrow@21.2.0 hyparquet-writer@0.17.0 && node parquet_files.mjs DATA_FOLDER
// The rows come from the formulas below, not from reading any of the files.
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
const from = createRequire(process.cwd() + '/');
const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const { DuckDBInstance } = from('@duckdb/node-api');
const wasm = from('parquet-wasm/node');
const arrow = from('apache-arrow');
const hyparquet = await import(pathToFileURL(from.resolve('hyparquet-writer')));
const at = name => join(folder, name);

// Chats: nulls at every depth, empty lists, lists in structs in lists, maps, numbers that no double holds.
const texts = ['Hello', 'a "quoted" \\ text', 'line\nline\r\n\ttab', 'Grüße, 你好, 🙂', '', '\u0001\u001f'];
const row = i => ({
  id: `${9007199254740993n + BigInt(i)}`,
  lang: i % 11 === 0 ? null : ['en', 'de', 'fr'][i % 3],
  score: i % 7 === 0 ? null : i / 8,
  n: i * i - 1000,
  ok: i % 13 === 0 ? null : i % 2 === 0,
  tags: i % 5 === 0 ? null : Array.from({ length: i % 5 - 1 }, (_, j) => j === 2 ? null : `tag ${j}`),
  messages: Array.from({ length: i % 19 === 0 ? 0 : 1 + i % 3 }, (_, j) => ({ role: j % 2 ? 'assistant' : 'user', content: (i + j) % 17 === 0 ? null : `${texts[(i + j) % texts.length]} ${i}` })),
  meta: i % 23 === 0 ? null : { source: `s${i % 4}`, deep: i % 6 === 0 ? null : { a: i, b: i % 4 === 0 ? null : Array.from({ length: i % 4 - 1 }, (_, j) => Array.from({ length: j + i % 2 }, (_, k) => i + j + k)) } },
  counts: i % 8 === 0 ? null : Object.fromEntries(Array.from({ length: i % 3 }, (_, j) => [`k${j}`, j === 1 ? null : i])),
});
const line = value => JSON.stringify(value, (key, v) => key === 'id' ? `@${v}@` : v).replace(/"@(\d+)@"/, '$1');
const chat = Array.from({ length: 300 }, (_, i) => row(i));
writeFileSync(at('chat.jsonl'), chat.map(line).join('\n') + '\n');

const db = await (await DuckDBInstance.create(':memory:')).connect();
await db.run(`CREATE TABLE chat AS SELECT * FROM read_json('${at('chat.jsonl')}', format='newline_delimited', columns={id: 'BIGINT', lang: 'VARCHAR', score: 'DOUBLE', n: 'INTEGER',
  ok: 'BOOLEAN', tags: 'VARCHAR[]', messages: 'STRUCT(role VARCHAR, content VARCHAR)[]', meta: 'STRUCT(source VARCHAR, deep STRUCT(a INTEGER, b INTEGER[][]))', counts: 'MAP(VARCHAR, INTEGER)'})`);
for (const codec of ['uncompressed', 'snappy', 'gzip', 'brotli', 'lz4_raw', 'zstd'])
  await db.run(`COPY chat TO '${at(`chat-duckdb-${codec}.parquet`)}' (FORMAT parquet, COMPRESSION ${codec})`);
await db.run(`COPY chat TO '${at('chat-duckdb-v2.parquet')}' (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V2)`);
await db.run(`COPY (SELECT * FROM chat LIMIT 0) TO '${at('chat-duckdb-empty.parquet')}' (FORMAT parquet)`);

// The same rows by another writer: both page versions, every encoding, many small pages and row groups.
const { WriterPropertiesBuilder: Builder, WriterVersion: Version, Compression, Encoding, EnabledStatistics } = wasm;
const table = () => wasm.readParquet(readFileSync(at('chat-duckdb-uncompressed.parquet')));
const small = version => new Builder().setWriterVersion(version).setDataPageSizeLimit(512).setWriteBatchSize(16).setMaxRowGroupSize(120);
const write = (name, properties) => writeFileSync(at(name), wasm.writeParquet(table(), properties.build()));
write('chat-arrow-v1-snappy.parquet', small(Version.V1).setCompression(Compression.SNAPPY));
write('chat-arrow-v2-gzip.parquet', small(Version.V2).setCompression(Compression.GZIP));
write('chat-arrow-v2-plain.parquet', small(Version.V2).setDictionaryEnabled(false).setEncoding(Encoding.PLAIN).setCompression(Compression.UNCOMPRESSED));
write('chat-arrow-v1-fallback.parquet', small(Version.V1).setDictionaryPageSizeLimit(64).setCompression(Compression.LZ4_RAW));
const deltas = small(Version.V2).setDictionaryEnabled(false).setCompression(Compression.SNAPPY).setColumnEncoding('id', Encoding.DELTA_BINARY_PACKED).setColumnEncoding('n', Encoding.DELTA_BINARY_PACKED)
  .setColumnEncoding('lang', Encoding.DELTA_LENGTH_BYTE_ARRAY).setColumnEncoding('score', Encoding.BYTE_STREAM_SPLIT).setColumnEncoding('ok', Encoding.RLE)
  .setColumnEncoding('messages.list.element.content', Encoding.DELTA_BYTE_ARRAY).setColumnEncoding('meta.source', Encoding.DELTA_BYTE_ARRAY);
write('chat-arrow-v2-delta.parquet', deltas);
write('chat-arrow-v2-zstd.parquet', small(Version.V2).setCompression(Compression.ZSTD));

// Row groups whose statistics differ: what push-down is for. Row i: {"id": i, "name": "name 000i", "x": i / 4 or null}.
await db.run(`COPY (SELECT i::INTEGER AS id, 'name ' || lpad(i::VARCHAR, 5, '0') AS name, CASE WHEN i % 5 = 0 THEN NULL ELSE i / 4.0 END::DOUBLE AS x FROM range(6000) t(i)) TO '${at('numbers-duckdb.parquet')}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048)`);
await db.run(`COPY (SELECT * FROM '${at('numbers-duckdb.parquet')}') TO '${at('numbers-duckdb-zstd.parquet')}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19, ROW_GROUP_SIZE 2048)`);
hyparquet.parquetWriteBuffer && writeFileSync(at('numbers-hyparquet.parquet'), Buffer.from(hyparquet.parquetWriteBuffer({
  rowGroupSize: 1000,
  columnData: [
    { name: 'id', type: 'INT32', data: Array.from({ length: 3000 }, (_, i) => i) },
    { name: 'name', type: 'STRING', data: Array.from({ length: 3000 }, (_, i) => `name ${`${i}`.padStart(5, '0')}`) },
    { name: 'x', type: 'DOUBLE', nullable: true, data: Array.from({ length: 3000 }, (_, i) => i % 5 === 0 ? undefined : i / 4) },
  ],
})));

// Every type of DuckDB, its smallest, largest and null values.
const types = [
  ['b', 'BOOLEAN', ['true', 'true'], ['false', 'false']],
  ['i8', 'TINYINT', ['-128', '-128'], ['127', '127']],
  ['u8', 'UTINYINT', ['0', '0'], ['255', '255']],
  ['i16', 'SMALLINT', ['-32768', '-32768'], ['32767', '32767']],
  ['u16', 'USMALLINT', ['0', '0'], ['65535', '65535']],
  ['i32', 'INTEGER', ['-2147483648', '-2147483648'], ['2147483647', '2147483647']],
  ['u32', 'UINTEGER', ['0', '0'], ['4294967295', '4294967295']],
  ['i64', 'BIGINT', ['-9223372036854775808', '-9223372036854775808'], ['9223372036854775807', '9223372036854775807']],
  ['u64', 'UBIGINT', ['0', '0'], ['18446744073709551615', '18446744073709551615']],
  ['f32', 'FLOAT', ['0.1', '0.1'], ['3.4028235e38', '3.4028235E+38']],
  ['f64', 'DOUBLE', ['0.1', '0.1'], ['-1.7976931348623157e308', '-1.7976931348623157E+308']],
  ['d4', 'DECIMAL(4,2)', ['-0.05', '-0.05'], ['99.99', '99.99']],
  ['d18', 'DECIMAL(18,4)', ['-12345678901234.5678', '-12345678901234.5678'], ['0', '0.0000']],
  ['d38', 'DECIMAL(38,10)', ['-1234567890123456789012345678.0123456789', '-1234567890123456789012345678.0123456789'], ['1', '1.0000000000']],
  ['date', 'DATE', ["'0001-01-01'", '"0001-01-01"'], ["'9999-12-31'", '"9999-12-31"']],
  ['time', 'TIME', ["'00:00:00'", '"00:00:00.000000"'], ["'23:59:59.999999'", '"23:59:59.999999"']],
  ['ts', 'TIMESTAMP', ["'1969-12-31 23:59:59.999999'", '"1969-12-31T23:59:59.999999"'], ["'2024-02-29 12:34:56.5'", '"2024-02-29T12:34:56.500000"']],
  ['tz', 'TIMESTAMPTZ', ["'2000-01-01 00:00:00+00'", '"2000-01-01T00:00:00.000000Z"'], ["'9999-12-31 23:59:59+00'", '"9999-12-31T23:59:59.000000Z"']],
  ['ms', 'TIMESTAMP_MS', ["'1900-01-01 00:00:00.001'", '"1900-01-01T00:00:00.001"'], ["'2100-06-15 01:02:03'", '"2100-06-15T01:02:03.000"']],
  ['ns', 'TIMESTAMP_NS', ["'1970-01-01 00:00:00.000000001'", '"1970-01-01T00:00:00.000000001"'], ["'2200-01-01 00:00:00'", '"2200-01-01T00:00:00.000000000"']],
  ['blob', 'BLOB', ["'\\xAA\\x00\\xFF'::BLOB", '"qgD/"'], ["''::BLOB", '""']],
  ['uuid', 'UUID', ["'00112233-4455-6677-8899-aabbccddeeff'", '"00112233-4455-6677-8899-aabbccddeeff"'], ["'ffffffff-ffff-ffff-ffff-ffffffffffff'", '"ffffffff-ffff-ffff-ffff-ffffffffffff"']],
  ['enum', "ENUM('low', 'high')", ["'low'", '"low"'], ["'high'", '"high"']],
  ['json', 'JSON', [`'{"a": [1, 2.50, null]}'`, '{"a": [1, 2.50, null]}'], [`'"text"'`, '"text"']],
  ['ints', 'MAP(INTEGER, VARCHAR)', ["MAP {1: 'one', 2: NULL}", '[{"key":1,"value":"one"},{"key":2,"value":null}]'], ['MAP {}', '[]']],
];
const values = k => types.map(([name, type, ...v]) => `CAST(${k < 2 ? v[k][0] : 'NULL'} AS ${type}) AS "${name}"`).join(', ');
await db.run(`COPY (SELECT ${values(0)} UNION ALL SELECT ${values(1)} UNION ALL SELECT ${values(2)}) TO '${at('types-duckdb.parquet')}' (FORMAT parquet)`);
writeFileSync(at('types-duckdb.jsonl'), [0, 1, 2].map(k => `{${types.map(([name, , ...v]) => `"${name}":${k < 2 ? v[k][1] : 'null'}`).join(',')}}\n`).join(''));
await db.run(`COPY (SELECT INTERVAL 3 DAY AS span, 1 AS id) TO '${at('interval-duckdb.parquet')}' (FORMAT parquet)`);
await db.run(`COPY (SELECT unnest(['NaN'::DOUBLE, 'Infinity'::DOUBLE, 1.5]) AS x, unnest(['NaN'::FLOAT, '-Infinity'::FLOAT, 2.5]) AS y) TO '${at('nan-duckdb.parquet')}' (FORMAT parquet)`);

// Types that only Arrow has.
const { Field, Schema, Table, RecordBatch, makeData, vectorFromArray: vector } = arrow;
const columns = {
  half: vector([1.5, -0.25, null], new arrow.Float16()),
  time_ms: vector([0, 86399999, null], new arrow.TimeMillisecond()),
  ns: vector([0, 1700000000000, null], new arrow.TimestampNanosecond('UTC')),
  fixed: vector([Uint8Array.of(1, 2, 3), Uint8Array.of(255, 254, 253), null], new arrow.FixedSizeBinary(3)),
  pair: vector([[1, 2], [3, 4], null], new arrow.FixedSizeList(2, new Field('item', new arrow.Int32(), true))),
  word: vector(['same', 'same', null], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
  nothing: vector([null, null, null], new arrow.Null()),
};
writeFileSync(at('types-arrow.parquet'), wasm.writeParquet(wasm.Table.fromIPCStream(arrow.tableToIPC(new Table(columns), 'stream')), new Builder().setCompression(Compression.BROTLI).build()));
writeFileSync(at('types-arrow.jsonl'), [
  '{"half":1.5,"time_ms":"00:00:00.000","ns":"1970-01-01T00:00:00.000000000Z","fixed":"AQID","pair":[1,2],"word":"same","nothing":null}',
  '{"half":-0.25,"time_ms":"23:59:59.999","ns":"2023-11-14T22:13:20.000000000Z","fixed":"//79","pair":[3,4],"word":"same","nothing":null}',
  '{"half":null,"time_ms":null,"ns":null,"fixed":null,"pair":null,"word":null,"nothing":null}',
].join('\n') + '\n');
