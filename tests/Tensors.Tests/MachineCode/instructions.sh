#!/bin/sh
# Writes instructions.txt from instructions.s with GNU as and objdump (binutils): a line "BYTES INSTRUCTION" for each instruction.
set -e
cd "$(dirname "$0")"
object=$(mktemp)
trap 'rm -f "$object" "$object.hex" "$object.text"' EXIT
as -o "$object" instructions.s
objdump -d --no-show-raw-insn "$object" >/dev/null
objdump -d -w "$object" | sed -n 's/^ *[0-9a-f]*:\t\([0-9a-f ]*\)\t.*/\1/p; s/^ *[0-9a-f]*:\t\([0-9a-f ]*\)$/\1/p' | tr -d ' ' >"$object.hex"
grep -v -e '^#' -e '^\.' instructions.s >"$object.text"
{
  as --version | sed -n '1s/^/# /p'
  paste -d ' ' "$object.hex" "$object.text"
} >instructions.txt
