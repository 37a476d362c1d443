#!/bin/sh
# Writes the Zstandard files of tests/Ingest.Tests/data/zstd with Debian's zstd (1.5). Usage: zstd_files.sh FOLDER
set -e
rows() { seq "$1" "$2" | awk '{ printf "{\"text\": \"note %d of %d, which says %d\"}\n", $1, ($1 * 7919) % 10007, ($1 * 104729) % 65537 }'; }
mkdir -p "$1"
rows 1 7000 | zstd -q -19 -o "$1/level-19.jsonl.zst"
rows 1 7000 | zstd -q -1 --zstd=wlog=10 -o "$1/small-window.jsonl.zst"
rows 1 400 | zstd -q -3 --no-check -o "$1/unchecked.jsonl.zst"
{ rows 1 200 | zstd -q -9; printf '\120\052\115\030\003\000\000\000abc'; rows 201 400 | zstd -q --fast=3; printf '' | zstd -q; } > "$1/frames.jsonl.zst"
rows 1 400 | zstd -q -3 --long=27 -o "$1/large-window.jsonl.zst"
