using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Temper.Versioning.Tests;

/// <summary>Files as the tests need them.</summary>
internal static class Samples
{
    /// <summary>A safetensors file of these tensors in this order.</summary>
    public static byte[] Safetensors(params (string Name, string Type, long[] Shape, byte[] Data)[] tensors) => SafetensorsWith(null, tensors);

    /// <summary>The same with metadata.</summary>
    public static byte[] SafetensorsWith(Dictionary<string, string>? metadata, params (string Name, string Type, long[] Shape, byte[] Data)[] tensors)
    {
        var header = new Dictionary<string, object>();
        if (metadata is not null)
            header["__metadata__"] = metadata;
        long at = 0;
        foreach (var (name, type, shape, data) in tensors)
        {
            header[name] = new Dictionary<string, object> { ["dtype"] = type, ["shape"] = shape, ["data_offsets"] = new[] { at, at + data.Length } };
            at += data.Length;
        }
        var text = JsonSerializer.SerializeToUtf8Bytes(header);
        var padded = text.Concat(Enumerable.Repeat((byte)' ', (8 - text.Length % 8) % 8)).ToArray();
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, padded.Length);
        return [.. length, .. padded, .. tensors.SelectMany(t => t.Data)];
    }

    /// <summary>Bytes from text and hex: <c>cos\nsystem\n</c> as it is, <c>\x80</c> as a byte.</summary>
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
