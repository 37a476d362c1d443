using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Temper.Ingest;

/// <summary>Tells UTF-8 from what only looks like text.</summary>
internal static class TextEncodings
{
    /// <summary>Bytes of a file's begin that are looked at.</summary>
    public const int Sample = 512;

    /// <summary>The UTF-8 byte order mark.</summary>
    public static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>The fault of a file that begins with these bytes, or null.</summary>
    public static FileFault? FaultOf(ReadOnlySpan<byte> begin)
    {
        var name = begin switch
        {
            [0xFF, 0xFE, 0, 0, ..] or [0, 0, 0xFE, 0xFF, ..] => "UTF-32",
            [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "UTF-16",
            _ => null,
        };
        if (name is not null)
            return new("FILE_ENCODING", $"The file begins with the byte order mark of {name}; UTF-8 is expected.");
        var sample = begin[..Math.Min(begin.Length, Sample)];
        // Latin text in UTF-16 is half zeros, in UTF-32 three quarters; JSON in UTF-8 has none.
        return sample.Length >= 4 && sample.Count((byte)0) * 4 >= sample.Length
            ? new("FILE_ENCODING", $"{sample.Count((byte)0)} of the first {sample.Length} bytes are zero, as in UTF-16 or UTF-32; UTF-8 is expected.")
            : null;
    }

    /// <summary>The fault of a row that is not UTF-8, or null.</summary>
    public static RecordFault? FaultOfRow(ReadOnlySpan<byte> row)
    {
        if (Utf8.IsValid(row))
            return null;
        var at = FirstInvalid(row);
        return new("REC_INVALID_UTF8", $"Byte {at} of the row (0x{row[at]:X2}) is not UTF-8.");
    }

    /// <summary>Place of the first byte that begins no character.</summary>
    public static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var used) == OperationStatus.Done)
            at += used;
        return at;
    }
}
