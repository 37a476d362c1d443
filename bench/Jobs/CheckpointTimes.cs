using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Training.Checkpoints;

namespace Temper.Bench;

/// <summary>What a checkpoint tells of its run: seconds of training up to it, and the supervised tokens of every step.</summary>
internal sealed record CheckpointTimes(int Step, double Seconds, byte[] Log)
{
    /// <summary>Those of all checkpoints below a prefix, in order of steps.</summary>
    public static async Task<IReadOnlyList<CheckpointTimes>> ReadAllAsync(IBlobStore blobs, string run)
    {
        const string State = "/state.json";
        var found = new List<CheckpointTimes>();
        await foreach (var blob in blobs.ListAsync(run, default).ConfigureAwait(false))
            if (blob.Key.ToString() is var key && key.EndsWith(State, StringComparison.Ordinal))
            {
                using var json = JsonDocument.Parse(await BytesAsync(blobs, key).ConfigureAwait(false));
                found.Add(new(json.RootElement.GetProperty("step").GetInt32(), json.RootElement.GetProperty("seconds").GetDouble(), await BytesAsync(blobs, $"{key[..^State.Length]}/metrics.jsonl").ConfigureAwait(false)));
            }
        return [.. found.OrderBy(state => state.Step)];
    }

    /// <summary>Supervised tokens of the steps behind <paramref name="step"/>.</summary>
    public double UnitsAfter(int step) => MetricsLog.Read(Log).Where(point => point.Step > step).Sum(point => point.Values["supervised_tokens"]);

    private static async Task<byte[]> BytesAsync(IBlobStore blobs, string key)
    {
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(key), 0, null, null, default).ConfigureAwait(false);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy).ConfigureAwait(false);
        return copy.ToArray();
    }
}
