using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tensors;

/// <summary>
/// Goes over two tensors of one type and shape, piece by piece: the next piece is read while the last one is summed by two threads. Where both
/// lie in equal chunks only one side is read.
/// </summary>
internal sealed class PairWalk(IObjectStore store, Digest oldFile, TensorRow a, Digest newFile, TensorRow b)
{
    // A whole number of blocks of every type.
    private const int PieceBytes = 4 << 20;

    private readonly StoredType _type = a.Type;
    private long _changed, _finite, _oldNan, _newNan, _oldInfinite, _newInfinite;
    private double _max;
    private CompensatedSum _absolute, _squared, _oldSquared, _newSquared, _product;

    /// <summary>The figures, once <see cref="RunAsync"/> is done.</summary>
    public TensorMoved Result { get; private set; } = null!;

    public async Task RunAsync(CancellationToken ct)
    {
        var size = _type.Bytes();
        var running = Task.CompletedTask;
        foreach (var (start, length, isSame) in Segments(size))
        {
            await using var left = await store.OpenFileAsync(oldFile, a.Offset + start, length, ct);
            await using var right = isSame ? null : await store.OpenFileAsync(newFile, b.Offset + start, length, ct);
            for (long at = 0; at < length; at += PieceBytes)
            {
                var piece = (int)Math.Min(PieceBytes, length - at);
                var x = new byte[piece];
                await left.ReadExactlyAsync(x, ct);
                var y = x;
                if (right is not null)
                {
                    y = new byte[piece];
                    await right.ReadExactlyAsync(y, ct);
                }
                await running;
                running = Task.Run(() => Add(x, y, size), ct);
            }
        }
        await running;
        Result = Finished();
    }

    /// <summary>Runs of equal and of other chunks; all of it as one run where the two are cut differently.</summary>
    private IEnumerable<(long Start, long Length, bool IsSame)> Segments(int size)
    {
        // A chunk that ends inside an element or inside a block of sums would change the order of adding.
        var block = (long)size * TensorSums.Block;
        if (!TensorTable.AreCutAlike(a, b) || a.Chunks!.SkipLast(1).Any(c => c.Length % block != 0))
        {
            yield return (0, a.Length, false);
            yield break;
        }
        long start = 0, at = 0;
        for (var i = 0; i < a.Chunks!.Count; i++)
        {
            var isSame = a.Chunks[i].Id == b.Chunks![i].Id;
            at += a.Chunks[i].Length;
            if (i + 1 < a.Chunks.Count && a.Chunks[i + 1].Id == b.Chunks[i + 1].Id == isSame)
                continue;
            yield return (start, at - start, isSame);
            start = at;
        }
    }

    private void Add(byte[] x, byte[] y, int size)
    {
        var blockBytes = size * TensorSums.Block;
        var blocks = new TensorSums[(x.Length + blockBytes - 1) / blockBytes];
        Parallel.For(0, blocks.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            var left = x.AsSpan(i * blockBytes, Math.Min(blockBytes, x.Length - i * blockBytes));
            var right = y.AsSpan(i * blockBytes, left.Length);
            var (u, v) = (new double[left.Length / size], ReferenceEquals(x, y) ? null : new double[left.Length / size]);
            TensorNumbers.Decode(_type, left, u);
            if (v is not null)
                TensorNumbers.Decode(_type, right, v);
            blocks[i] = TensorSums.Of(u, v ?? u) with { Changed = v is null ? 0 : TensorNumbers.CountChanged(_type, left, right) };
        });
        foreach (var sums in blocks)
            Add(sums);
    }

    private void Add(in TensorSums sums)
    {
        _changed += sums.Changed;
        _finite += sums.Finite;
        _oldNan += sums.OldNan;
        _newNan += sums.NewNan;
        _oldInfinite += sums.OldInfinite;
        _newInfinite += sums.NewInfinite;
        _max = Math.Max(_max, sums.Max);
        _absolute.Add(sums.Absolute);
        _squared.Add(sums.Squared);
        _oldSquared.Add(sums.OldSquared);
        _newSquared.Add(sums.NewSquared);
        _product.Add(sums.Product);
    }

    private TensorMoved Finished()
    {
        var (old, @new) = (Math.Sqrt(_oldSquared.Value), Math.Sqrt(_newSquared.Value));
        return new()
        {
            Elements = a.Count,
            Changed = _changed,
            MaxAbs = Known(_max),
            MeanAbs = Known(_absolute.Value / _finite),
            RelativeL2 = old > 0 ? Known(Math.Sqrt(_squared.Value) / old) : null,
            Cosine = old > 0 && @new > 0 ? Known(Math.Clamp(_product.Value / old / @new, -1, 1)) : null,
            OldNan = _oldNan,
            NewNan = _newNan,
            OldInfinite = _oldInfinite,
            NewInfinite = _newInfinite,
        };
    }

    private static double? Known(double value) => double.IsFinite(value) ? value : null;
}
