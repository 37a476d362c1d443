#!/bin/sh
# The cluster edition on one machine, with plain processes: a registry, a worker that ingests, trainers, and a server of /v1.
# On several machines each line runs where it belongs, with the same variables.
#   samples/cluster/cluster.sh [FOLDER]      default folder: ./cluster-state; Ctrl+C stops everything
# DATABASE   PostgreSQL, such as "Host=db;Username=temper;Database=temper" (made with the C collation); default: an SQLite file, for a trial
# BLOBS      a folder, s3://BUCKET/PREFIX, or an address of Azure Blob Storage; default: a folder
# API_KEY    at least 16 characters; needed as soon as ADDRESS can be reached by others
# ADDRESS    default http://127.0.0.1:5080      SERVE   default http://127.0.0.1:8080      TRAINERS   default 2
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
state=${1:-cluster-state}
mkdir -p "$state/blobs" "$state/worker"
state=$(cd "$state" && pwd)
database=${DATABASE:-$state/registry.db}
blobs=${BLOBS:-$state/blobs}
address=${ADDRESS:-http://127.0.0.1:5080}
serve=${SERVE:-http://127.0.0.1:8080}
trainers=${TRAINERS:-2}
[ -z "${API_KEY:-}" ] || export ApiKey="$API_KEY" TEMPER_API_KEY="$API_KEY"

if [ -z "${NO_BUILD:-}" ]; then
  for project in Cli Services.Registry Services.Trainer; do
    dotnet build "$root/$project" -c Release -v q -nologo
  done
fi
registry=$root/Services.Registry/bin/Release/net10.0/Services.Registry
trainer=$root/Services.Trainer/bin/Release/net10.0/Services.Trainer
temper=$root/Cli/bin/Release/net10.0/temper

children=""
stop() {
  trap - INT TERM EXIT
  # shellcheck disable=SC2086
  [ -z "$children" ] || kill $children 2>/dev/null || true
  wait
}
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM
trap stop EXIT
start() {
  log=$state/$1.log
  shift
  "$@" >"$log" 2>&1 &
  children="$children $!"
}

start registry env Database="$database" Blobs="$blobs" Urls="$address" "$registry"
for _ in $(seq 120); do
  curl -fsS "$address/health/ready" >/dev/null 2>&1 && break
  sleep 0.5
done
curl -fsS "$address/health/ready" >/dev/null || { cat "$state/registry.log" >&2; exit 5; }
start ingest "$temper" worker --roles ingest --server "$address" --blobs "$blobs" --home "$state/worker"
n=1
while [ "$n" -le "$trainers" ]; do
  start "trainer-$n" env Registry="$address" Blobs="$blobs" Trainer__Roles=train Trainer__Cache="$state/models-$n" "$trainer"
  n=$((n + 1))
done
start serve env Registry="$address" Trainer__Roles=serve Trainer__Cache="$state/models-serve" Urls="$serve" "$trainer"

echo "registry and dashboard: $address"
echo "chat completions:       $serve/v1/chat/completions"
echo "logs:                   $state/*.log"
echo "try:  temper upload samples/support-bot/chats.jsonl --dataset support-bot --wait --server $address"
# As soon as one process ends, all end, and the log says why.
while :; do
  for child in $children; do
    kill -0 "$child" 2>/dev/null || { echo "a process ended; see $state/*.log" >&2; exit 5; }
  done
  sleep 1
done
