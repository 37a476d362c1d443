using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Temper.Models;

/// <summary>
/// The structure of a PNG (W3C, third edition): chunks, each with its CRC-32 checked, in an order that makes sense. Pixels stay packed.
/// </summary>
internal sealed class PngFile
{
    private const int LargestChunk = int.MaxValue;
    private readonly byte[] _file;
    private readonly List<string> _warnings = [];
    private bool _dataEnded;

    private PngFile(byte[] file) => _file = file;

    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>Bits a sample: 1, 2, 4, 8 or 16.</summary>
    public int Bits { get; private set; }

    public PngColour Colour { get; private set; }

    public bool Interlaced { get; private set; }

    /// <summary>Red, green, blue of up to 256 colours.</summary>
    public byte[] Palette { get; private set; } = [];

    /// <summary>Body of tRNS: alpha of palette colours, or the one transparent sample of grey or RGB.</summary>
    public byte[] Transparent { get; private set; } = [];

    /// <summary>Places of the packed pixels in the file.</summary>
    public List<(int At, int Length)> Data { get; } = [];

    /// <summary>The whole file.</summary>
    public byte[] Bytes => _file;

    /// <summary>Samples a pixel.</summary>
    public int Channels => Colour switch { PngColour.Rgb => 3, PngColour.Rgba => 4, PngColour.GreyAlpha => 2, _ => 1 };

    private int ExifOrientation { get; set; } = 1;

    /// <summary>Bytes of a row of so many pixels, without its filter byte.</summary>
    public int RowBytes(int pixels) => (int)(((long)pixels * Channels * Bits + 7) / 8);

    public ImageHeader Header() => new(ImageFormat.Png, Width, Height, ExifOrientation,
        FormattableString.Invariant($"{Name()}, {Bits} bits{(Interlaced ? ", interlaced" : "")}"), _warnings);

    /// <summary>Reads every chunk.</summary>
    public static PngFile Read(byte[] file, ImageLimits limits)
    {
        var png = new PngFile(file);
        for (var at = ImageSignature.Png.Length; ;)
        {
            if (file.Length - at < 12) throw ImageFault.Truncated("The PNG ends before its IEND chunk.");
            var length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > LargestChunk) throw ImageFault.Corrupt("A PNG chunk says that it has more than 2³¹ bytes.");
            if (length > file.Length - at - 12) throw ImageFault.Truncated($"The PNG's chunk {Named(file.AsSpan(at + 4, 4))} says that it has {length} bytes, but the file ends before.");
            var body = file.AsSpan(at + 8, (int)length);
            if (Crc32.HashToUInt32(file.AsSpan(at + 4, (int)length + 4)) != BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + (int)length)))
                throw ImageFault.Corrupt($"The check sum of the PNG's chunk {Named(file.AsSpan(at + 4, 4))} differs.");
            var last = png.Take(file.AsSpan(at + 4, 4), body, at + 8, limits);
            at += 12 + (int)length;
            if (!last) continue;
            if (at < file.Length) png._warnings.Add("IMG_TRAILING_DATA");
            return png;
        }
    }

    private bool Take(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body, int at, ImageLimits limits)
    {
        var first = Width == 0;
        if (first != type.SequenceEqual("IHDR"u8)) throw ImageFault.Corrupt(first ? "The PNG does not begin with an IHDR chunk." : "The PNG has two IHDR chunks.");
        var isData = type.SequenceEqual("IDAT"u8);
        if (Data.Count > 0 && !isData) _dataEnded = true;
        if (first) TakeHeader(body, limits);
        else if (isData) TakeData(at, body.Length);
        else if (type.SequenceEqual("PLTE"u8)) TakePalette(body);
        else if (type.SequenceEqual("tRNS"u8)) TakeTransparent(body);
        else if (type.SequenceEqual("eXIf"u8)) ExifOrientation = Orientation.Read(body);
        else if (type.SequenceEqual("acTL"u8)) Warn("IMG_ANIMATED");
        else if (type.SequenceEqual("iCCP"u8)) Warn("IMG_COLOUR_PROFILE");
        else if (type.SequenceEqual("IEND"u8)) return Ended();
        else if ((type[0] & 0x20) == 0) throw ImageFault.Unsupported($"The PNG has a critical chunk {Named(type)} that is not known.");
        return false;
    }

    private void TakeHeader(ReadOnlySpan<byte> body, ImageLimits limits)
    {
        if (body.Length != 13) throw ImageFault.Corrupt("The PNG's IHDR chunk does not have 13 bytes.");
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(body), BinaryPrimitives.ReadUInt32BigEndian(body[4..]));
        limits.Check(width, height, _file.LongLength);
        (Width, Height, Bits, Colour, Interlaced) = ((int)width, (int)height, body[8], (PngColour)body[9], body[12] == 1);
        var known = Colour switch
        {
            PngColour.Grey => Bits is 1 or 2 or 4 or 8 or 16,
            PngColour.Palette => Bits is 1 or 2 or 4 or 8,
            PngColour.Rgb or PngColour.GreyAlpha or PngColour.Rgba => Bits is 8 or 16,
            _ => false,
        };
        if (!known) throw ImageFault.Corrupt(FormattableString.Invariant($"PNG has no colour type {body[9]} with {body[8]} bits."));
        if (body[10] != 0 || body[11] != 0 || body[12] > 1) throw ImageFault.Unsupported("The PNG uses a compression, filter or interlace method that does not exist.");
        limits.CheckMemory(3L * Width * Height + 2L * RowBytes(Width));
        // Deflate makes at most 1,032 bytes of one: a file that is smaller cannot hold its pixels, whatever it says.
        if ((long)RowBytes(Width) * Height / 1040 > _file.LongLength) throw ImageFault.Truncated($"The PNG says {Width} × {Height} pixels, more than {_file.LongLength} bytes can hold.");
    }

    private void TakeData(int at, int length)
    {
        if (_dataEnded) throw ImageFault.Corrupt("The PNG's IDAT chunks are not next to each other.");
        if (Colour == PngColour.Palette && Palette.Length == 0) throw ImageFault.Corrupt("The PNG's pixels come before their palette.");
        Data.Add((at, length));
    }

    private void TakePalette(ReadOnlySpan<byte> body)
    {
        if (Palette.Length > 0 || Data.Count > 0 || body.Length is 0 or > 768 || body.Length % 3 != 0) throw ImageFault.Corrupt("The PNG's palette is misplaced or of a wrong size.");
        if (Colour is PngColour.Grey or PngColour.GreyAlpha) throw ImageFault.Corrupt("A grey PNG cannot have a palette.");
        Palette = body.ToArray();
    }

    private void TakeTransparent(ReadOnlySpan<byte> body)
    {
        var fits = Colour switch
        {
            PngColour.Grey => body.Length == 2,
            PngColour.Rgb => body.Length == 6,
            PngColour.Palette => body.Length <= Palette.Length / 3,
            _ => false,
        };
        if (!fits || Data.Count > 0 || Transparent.Length > 0) throw ImageFault.Corrupt("The PNG's tRNS chunk is misplaced or of a wrong size.");
        Transparent = body.ToArray();
    }

    private bool Ended() => Data.Count > 0 ? true : throw ImageFault.Corrupt("The PNG has no pixels: no IDAT chunk.");

    private void Warn(string code)
    {
        if (!_warnings.Contains(code)) _warnings.Add(code);
    }

    private string Name() => Colour switch
    {
        PngColour.Grey => Transparent.Length > 0 ? "grey with a transparent one" : "grey",
        PngColour.Rgb => Transparent.Length > 0 ? "RGB with a transparent colour" : "RGB",
        PngColour.Palette => FormattableString.Invariant($"palette of {Palette.Length / 3} colours{(Transparent.Length > 0 ? " with alpha" : "")}"),
        PngColour.GreyAlpha => "grey with alpha",
        _ => "RGB with alpha",
    };

    private static string Named(ReadOnlySpan<byte> type) => string.Concat(Encoding.Latin1.GetString(type).Select(c => char.IsAsciiLetter(c) ? c : '?'));
}

/// <summary>Colour types as IHDR numbers them.</summary>
internal enum PngColour
{
    Grey = 0,
    Rgb = 2,
    Palette = 3,
    GreyAlpha = 4,
    Rgba = 6,
}
