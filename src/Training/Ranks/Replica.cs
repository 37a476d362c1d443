using System.Security.Cryptography;
using System.Text;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Objectives;

namespace Temper.Training.Ranks;

/// <summary>The trained tensors of one rank, as bytes in the order of the run.</summary>
internal sealed class Replica(IObjective objective)
{
    private readonly IReadOnlyList<NamedTensor> _tensors = objective.Trained;
    private readonly byte[] _piece = new byte[FrameHead.Piece];

    /// <summary>Bytes of all.</summary>
    public long Bytes { get; } = objective.Trained.Sum(t => t.Tensor.ByteCount);

    /// <summary>Digest of names and shapes: two runs with the same train the same tensors.</summary>
    public Digest Shape { get; } = Digest.OfText(string.Join('\n', objective.Trained.Select(t => $"{t.Name} {t.Tensor}")));

    /// <summary>Reads all, piece by piece, and says their digest.</summary>
    public Digest Read(Action<ReadOnlyMemory<byte>>? piece = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in _tensors)
            for (var at = 0L; at < tensor.Tensor.ByteCount; at += _piece.Length)
            {
                var count = (int)Math.Min(_piece.Length, tensor.Tensor.ByteCount - at);
                objective.Engine.Download(tensor.Tensor, at, _piece.AsSpan(0, count));
                hash.AppendData(_piece, 0, count);
                piece?.Invoke(_piece.AsMemory(0, count));
            }
        return Digest.FromHash(hash.GetHashAndReset());
    }

    /// <summary>Takes in what <see cref="Read"/> gave, from byte <paramref name="offset"/> of all on; a piece never spans two tensors.</summary>
    /// <exception cref="InvalidDataException">It is of no tensor.</exception>
    public void Write(long offset, ReadOnlySpan<byte> piece)
    {
        foreach (var tensor in _tensors)
        {
            if (offset < tensor.Tensor.ByteCount && piece.Length <= tensor.Tensor.ByteCount - offset)
            {
                objective.Engine.Upload(tensor.Tensor, offset, piece);
                return;
            }
            if ((offset -= tensor.Tensor.ByteCount) < 0)
                break;
        }
        throw new InvalidDataException($"{piece.Length} bytes of weights that belong to no tensor");
    }
}
