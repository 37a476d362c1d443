using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// The quarantine's list while it grows: a few megabytes in memory, what is more in pieces among the stage's blobs, where the next turn finds them. At the end
/// the pieces become the version's file.
/// </summary>
internal sealed class QuarantineSpool(StageBlobs stage, IReadOnlyList<StageData> earlier)
{
    /// <summary>What names of pieces begin with.</summary>
    public const string Prefix = "quarantine-";

    private const int PieceBytes = 4 << 20;
    private readonly List<StageData> _pieces = [.. earlier];

    /// <summary>What waits.</summary>
    public ByteBuffer Pending { get; } = new(1 << 16);

    /// <summary>Pieces that are stored.</summary>
    public IReadOnlyList<StageData> Pieces => _pieces;

    /// <summary>Stores what waits, when it is much.</summary>
    public ValueTask FlushAsync(CancellationToken ct) => Pending.Length >= PieceBytes ? new(StoreAsync(ct)) : ValueTask.CompletedTask;

    /// <summary>Stores all that waits.</summary>
    public async Task StoreAsync(CancellationToken ct)
    {
        if (Pending.Length == 0)
            return;
        _pieces.Add(await stage.PutAsync(FormattableString.Invariant($"{Prefix}{_pieces.Count:D6}"), Pending, ct).ConfigureAwait(false));
        Pending.Clear();
    }

    /// <summary>Writes the whole list.</summary>
    public async Task<FileEntry> EndAsync(SealedFile file, CancellationToken ct)
    {
        var buffer = new byte[64 << 10];
        foreach (var piece in _pieces)
        {
            await using var stream = await stage.OpenAsync(piece, ct).ConfigureAwait(false);
            for (int read; (read = await stream.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0;)
            {
                file.Pending.Add(buffer.AsSpan(0, read));
                await file.FlushAsync(ct).ConfigureAwait(false);
            }
        }
        file.Pending.Add(Pending.Written);
        return await file.EndAsync(ct).ConfigureAwait(false);
    }
}
