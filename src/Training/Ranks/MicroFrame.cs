using System.Runtime.InteropServices;
using System.Text;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training.Ranks;

/// <summary>A micro-batch on its way to the process that computes it. Followers read no data of their own, so every rank sees the same records, whatever could not be read.</summary>
/// <param name="Pass">Seed, step and micro-batch, which random numbers are counted by; a step below 0 only measures.</param>
/// <param name="Place">In the order in which gradients are summed, 0 and up.</param>
/// <param name="Count">Micro-batches in the update.</param>
/// <param name="Scale">Factor on the gradient: one over the update's units.</param>
/// <param name="Micro">The examples.</param>
internal sealed record MicroFrame(LossPass Pass, int Place, int Count, double Scale, MicroBatch Micro)
{
    public byte[] ToBytes()
    {
        using var target = new MemoryStream();
        using var writer = new BinaryWriter(target, Encoding.UTF8);
        writer.Write((long)Pass.Seed);
        writer.Write(Pass.Step);
        writer.Write(Pass.Micro);
        writer.Write(Place);
        writer.Write(Count);
        writer.Write(Scale);
        writer.Write(Micro.Index);
        writer.Write(Micro.Units);
        Write<int>(writer, Micro.Batch.Tokens);
        Write<int>(writer, Micro.Batch.Lengths);
        Write<bool>(writer, Micro.Batch.Supervised);
        Write<int>(writer, Micro.Classes);
        Write<float>(writer, Micro.Pixels);
        writer.Write(Micro.Records.Count);
        Span<byte> hash = stackalloc byte[32];
        foreach (var record in Micro.Records)
        {
            record.CopyTo(hash);
            writer.Write(hash);
        }
        return target.ToArray();
    }

    /// <exception cref="InvalidDataException">It is no micro-batch.</exception>
    public static MicroFrame Read(ReadOnlySpan<byte> body)
    {
        var f = new Fields(body);
        var pass = new LossPass((ulong)f.Int64(), f.Int32(), f.Int32());
        var (place, count, scale, index, units) = (f.Int32(), f.Int32(), f.Double(), f.Int32(), f.Int64());
        var (tokens, lengths, supervised, classes, pixels) = (Array<int>(ref f) ?? [], Array<int>(ref f) ?? [], Array<byte>(ref f), Array<int>(ref f), Array<float>(ref f));
        var records = new Digest[f.Count(32)];
        for (var i = 0; i < records.Length; i++)
            records[i] = Digest.FromHash(f.Take(32));
        f.End();
        if (lengths.Any(l => l < 0) || lengths.Sum(l => (long)l) != tokens.Length || (supervised is not null && supervised.Length != tokens.Length) || place < 0 || place >= count)
            throw new InvalidDataException("a micro-batch whose documents are not its tokens");
        var batch = new PackedBatch(tokens, lengths) { Supervised = supervised is null ? null : System.Array.ConvertAll(supervised, b => b != 0) };
        return new(pass, place, count, scale, new(index, batch, records, units) { Classes = classes, Pixels = pixels });
    }

    private static void Write<T>(BinaryWriter writer, T[]? values) where T : unmanaged
    {
        writer.Write(values is not null);
        if (values is null)
            return;
        writer.Write(values.Length);
        writer.Write(MemoryMarshal.AsBytes<T>(values));
    }

    private static T[]? Array<T>(ref Fields f) where T : unmanaged => f.Byte() != 0 ? f.Array<T>() : null;
}
