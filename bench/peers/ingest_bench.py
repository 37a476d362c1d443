"""Chats validated and normalised with what Python brings: json and hashlib. One JSON line: seconds and records."""
import hashlib
import json
import sys
import time

ROLES = {"system", "developer", "user", "assistant", "tool"}


def accept(line):
    record = json.loads(line)
    messages = record["messages"]
    if not any(m["role"] == "assistant" and m["content"].strip() for m in messages):
        return None
    for message in messages:
        if message["role"] not in ROLES or not isinstance(message["content"], str):
            return None
    content = {"kind": "messages", "messages": [{"content": m["content"], "role": m["role"]} for m in messages]}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest(), text


def main():
    began, records, size = time.perf_counter(), 0, 0
    with open(sys.argv[1], "rb") as lines:
        for line in lines:
            made = accept(line)
            if made is not None:
                records += 1
                size += len(made[1])
    print(json.dumps({"seconds": time.perf_counter() - began, "records": records, "bytes": size}))


main()
