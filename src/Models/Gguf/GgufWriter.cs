using System.Text;
using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Models;

/// <summary>Writes GGUF version 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), little-endian, tensors aligned to 32 bytes:
/// temporary file, fsync, read back and compared byte for byte, rename.</summary>
public static class GgufWriter
{
    internal const uint Magic = 0x46554747, Version = 3;
    internal const int Alignment = 32;

    /// <summary>Writes or replaces <paramref name="path"/>.</summary>
    /// <param name="path">Target.</param>
    /// <param name="values">Keys and values: uint, int, ulong, float, bool, string, or arrays of string, int, float.</param>
    /// <param name="tensors">In the order of the file.</param>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c> when the file does not hold what was to be written.</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, object>> values, IReadOnlyList<GgufTensor> tensors) =>
        DurableFile.Write(path, stream => Write(stream, values, tensors), written => Verify(written, values, tensors));

    private static void Write(Stream stream, IReadOnlyList<KeyValuePair<string, object>> values, IReadOnlyList<GgufTensor> tensors)
    {
        var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)values.Count);
        foreach (var (key, value) in values)
        {
            Text(writer, key);
            writer.Write((uint)KindOf(value));
            Value(writer, value);
        }

        var offset = 0L;
        foreach (var tensor in tensors)
        {
            Text(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Count);
            foreach (var size in tensor.Shape.Reverse()) writer.Write((ulong)size);
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset += Padded(tensor.Bytes);
        }

        Pad(writer);
        foreach (var tensor in tensors)
        {
            tensor.Stream(piece => writer.Write(piece.Span));
            Pad(writer);
        }
    }

    private static void Verify(string path, IReadOnlyList<KeyValuePair<string, object>> values, IReadOnlyList<GgufTensor> tensors)
    {
        using var file = GgufReader.Open(path);
        if (file.Values.Count != values.Count || file.Tensors.Count != tensors.Count) throw Differs("it has another number of keys or tensors");
        var buffer = Array.Empty<byte>();
        foreach (var tensor in tensors)
        {
            var stored = file.Find(tensor.Name) ?? throw Differs($"'{tensor.Name}' is missing");
            if (stored.Type != tensor.Type || !stored.Shape.SequenceEqual(tensor.Shape)) throw Differs($"'{tensor.Name}' has another type or shape");
            var at = 0L;
            tensor.Stream(piece =>
            {
                if (buffer.Length < piece.Length) buffer = new byte[piece.Length];
                var found = buffer.AsSpan(0, piece.Length);
                file.ReadBytes(stored, at, found);
                if (!found.SequenceEqual(piece.Span)) throw Differs($"'{tensor.Name}' differs after byte {at}");
                at += piece.Length;
            });
        }

        TemperException Differs(string what) => new("export_verification_failed", $"Reading {Path.GetFileName(path)} back: {what}.");
    }

    private static long Padded(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        var at = writer.BaseStream.Position;
        writer.Write(new byte[Padded(at) - at]);
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static GgufKind KindOf(object value) => value switch
    {
        uint => GgufKind.UInt32,
        int => GgufKind.Int32,
        float => GgufKind.Float32,
        bool => GgufKind.Bool,
        string => GgufKind.Text,
        ulong => GgufKind.UInt64,
        Array => GgufKind.Array,
        _ => throw new ArgumentException($"{value.GetType()} has no place in a GGUF file", nameof(value)),
    };

    private static void Value(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint number: writer.Write(number); break;
            case int number: writer.Write(number); break;
            case float number: writer.Write(number); break;
            case bool flag: writer.Write((byte)(flag ? 1 : 0)); break;
            case string text: Text(writer, text); break;
            case ulong number: writer.Write(number); break;
            case string[] texts: Items(writer, GgufKind.Text, texts); break;
            case int[] numbers: Items(writer, GgufKind.Int32, numbers); break;
            case float[] numbers: Items(writer, GgufKind.Float32, numbers); break;
            default: throw new ArgumentException($"{value.GetType()} has no place in a GGUF file", nameof(value));
        }
    }

    private static void Items<T>(BinaryWriter writer, GgufKind kind, T[] items)
    {
        writer.Write((uint)kind);
        writer.Write((ulong)items.Length);
        foreach (var item in items) Value(writer, item!);
    }
}
