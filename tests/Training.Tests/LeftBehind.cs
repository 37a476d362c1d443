using Temper.Storage.Blobs;

namespace Temper.Training.Tests;

/// <summary>What a kill leaves behind.</summary>
internal static class LeftBehind
{
    /// <summary>Copies the checkpoints up to step k: what a kill right after it would have left.</summary>
    public static void KeepUpTo(int k, string source, string target)
    {
        var (from, to) = (BlobStores.Open(Path.Combine(source, "blobs"), TimeProvider.System), BlobStores.Open(Path.Combine(target, "blobs"), TimeProvider.System));
        foreach (var blob in from.ListAsync("runs/", default).ToBlockingEnumerable())
            if (int.Parse(blob.Key.ToString().Split('/')[^2]["step-".Length..], System.Globalization.CultureInfo.InvariantCulture) <= k)
                using (var stream = from.OpenAsync(blob.Key, 0, null, null, default).Result)
                    Assert.NotNull(to.CreateAsync(blob.Key, stream, default).Result);
    }
}
