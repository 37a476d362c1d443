using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>Writes safetensors files as the reference implementation does: larger types first, then by name; header padded to
/// 8 bytes; <c>{"format":"pt"}</c>, without which transformers refuses a file; temporary file, fsync, rename.</summary>
public static class SafetensorsWriter
{
    private const int PieceBytes = 1 << 20;
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes or replaces <paramref name="path"/>.</summary>
    public static void Write(string path, IEnumerable<TensorSource> tensors) => DurableFile.Write(path, stream => Write(stream, tensors));

    /// <summary>The same, read back and compared byte for byte before the file gets its name. Sources are asked twice.</summary>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c>.</exception>
    public static void WriteVerified(string path, IReadOnlyList<TensorSource> tensors) => DurableFile.Write(path, stream => Write(stream, tensors), written =>
    {
        using var file = SafetensorsReader.Open(written);
        foreach (var tensor in tensors) Compare(file, tensor, path);
    });

    /// <summary>Writes to a stream.</summary>
    public static void Write(Stream target, IEnumerable<TensorSource> tensors)
    {
        var ordered = tensors.OrderBy(t => t.Type).ThenBy(t => t.Name, StringComparer.Ordinal).ToArray();
        if (ordered.FirstOrDefault(t => t.Type == StoredType.F64) is { } wide) throw new ArgumentException($"'{wide.Name}': F64 is not written", nameof(tensors));
        var header = Header(ordered);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        target.Write(length);
        target.Write(header);
        var buffer = new byte[PieceBytes];
        foreach (var tensor in ordered)
        {
            var (size, count) = (tensor.Type.Bytes(), tensor.Count);
            for (var first = 0L; first < count;)
            {
                var piece = (int)Math.Min(PieceBytes / size, count - first);
                var bytes = buffer.AsSpan(0, piece * size);
                tensor.Fill(first, bytes);
                target.Write(bytes);
                first += piece;
            }
        }
    }

    private static void Compare(SafetensorsReader file, TensorSource tensor, string path)
    {
        var stored = file.Find(tensor.Name)!;
        var (expected, found) = (new byte[PieceBytes], new byte[PieceBytes]);
        var size = tensor.Type.Bytes();
        for (var first = 0L; first < tensor.Count; first += PieceBytes / size)
        {
            var bytes = (int)Math.Min(PieceBytes / size, tensor.Count - first) * size;
            tensor.Fill(first, expected.AsSpan(0, bytes));
            file.ReadBytes(stored, first * size, found.AsSpan(0, bytes));
            if (!expected.AsSpan(0, bytes).SequenceEqual(found.AsSpan(0, bytes)))
                throw new TemperException("export_verification_failed", $"Reading {Path.GetFileName(path)} back: '{tensor.Name}' differs after element {first}.");
        }
    }

    private static byte[] Header(TensorSource[] tensors)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            var at = 0L;
            foreach (var tensor in tensors) SafetensorsHeader.WriteEntry(json, tensor.Name, tensor.Type, tensor.Shape, at, at = checked(at + tensor.Count * tensor.Type.Bytes()));
            json.WriteEndObject();
        }

        buffer.Write(Encoding.ASCII.GetBytes(new string(' ', (int)(-buffer.Length & 7))));
        return buffer.ToArray();
    }
}
