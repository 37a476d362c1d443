using System.Buffers.Binary;

namespace Temper.Models;

/// <summary>
/// A JPEG (ITU T.81): sequential or progressive, Huffman, 8 bits. Segments are read in order; scans are decoded into the components' planes as they come.
/// </summary>
internal sealed class JpegFile
{
    private readonly ImageLimits _limits;
    private readonly JpegTables _tables = new();
    private readonly List<string> _warnings = [];
    private int _scans, _orientation, _adobe = -1;
    private bool _jfif;

    private JpegFile(byte[] file, ImageLimits limits) => (Bytes, _limits) = (file, limits);

    public byte[] Bytes { get; }

    public int Width { get; private set; }

    public int Height { get; private set; }

    public bool Progressive { get; private set; }

    /// <summary>Units between restarts; 0 for none.</summary>
    public int RestartInterval { get; private set; }

    public JpegComponent[] Components { get; private set; } = [];

    public int MaxH => Components.Max(c => c.H);

    public int MaxV => Components.Max(c => c.V);

    /// <summary>By Adobe's marker, JFIF's, or the components' names, in libjpeg's order.</summary>
    public JpegModel Model => Components.Length switch
    {
        1 => JpegModel.Grey,
        4 => _adobe == 2 ? JpegModel.Ycck : JpegModel.Cmyk,
        _ when _jfif => JpegModel.Ycc,
        _ when _adobe >= 0 => _adobe == 0 ? JpegModel.Rgb : JpegModel.Ycc,
        _ => Components is [{ Id: 'R' }, { Id: 'G' }, { Id: 'B' }] ? JpegModel.Rgb : JpegModel.Ycc,
    };

    public ImageHeader Header() => new(ImageFormat.Jpeg, Width, Height, Math.Max(1, _orientation),
        FormattableString.Invariant($"{Model switch { JpegModel.Grey => "grey", JpegModel.Ycc => "YCbCr", JpegModel.Rgb => "RGB", JpegModel.Cmyk => "CMYK", _ => "YCCK" }}, {(Progressive ? "progressive" : "sequential")}, sampling {string.Join(',', Components.Select(c => $"{c.H}x{c.V}"))}"),
        _warnings);

    /// <summary>Reads every segment; the pixels too where asked.</summary>
    public static JpegFile Read(byte[] file, ImageLimits limits, bool decode, CancellationToken ct = default)
    {
        var jpeg = new JpegFile(file, limits);
        for (var at = 2; ;)
        {
            at = NextMarker(file, at);
            var marker = file[at + 1];
            at += 2;
            if (marker == 0xD9) return jpeg.End(at, decode);
            if (marker is 0x01 or (>= 0xD0 and <= 0xD7)) continue;
            if (marker == 0xD8) throw ImageFault.Corrupt("A second JPEG begins inside the first.");
            var length = file.Length - at < 2 ? throw ImageFault.Truncated("The JPEG ends inside a segment.") : BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at));
            if (length < 2) throw ImageFault.Corrupt("A segment of the JPEG says that it has less than 2 bytes.");
            if (length > file.Length - at) throw ImageFault.Truncated("The JPEG ends inside a segment.");
            var body = file.AsSpan(at + 2, length - 2);
            at += length;
            if (marker == 0xDA) at = jpeg.TakeScan(body, at, decode, ct);
            else jpeg.TakeSegment(marker, body, decode);
        }
    }

    private static int NextMarker(byte[] file, int at)
    {
        for (; at < file.Length - 1; at++)
        {
            if (file[at] == 0xFF && file[at + 1] is not (0 or 0xFF)) return at;
        }
        throw ImageFault.Truncated("The JPEG ends before its end mark (FFD9).");
    }

    private void TakeSegment(int marker, ReadOnlySpan<byte> body, bool decode)
    {
        switch (marker)
        {
            case 0xC0 or 0xC1 or 0xC2:
                TakeFrame(body, marker == 0xC2, decode);
                break;
            case 0xC4:
                _tables.TakeHuffman(body);
                break;
            case 0xDB:
                _tables.TakeQuantizers(body);
                break;
            case 0xDD:
                RestartInterval = body.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(body) : throw ImageFault.Corrupt("The JPEG's restart interval is of a wrong size.");
                break;
            case 0xC3 or 0xC5 or 0xC6 or 0xC7 or 0xDE or 0xDF:
                throw ImageFault.Unsupported("The JPEG is lossless or hierarchical; sequential and progressive ones are decoded.");
            case >= 0xC8 and <= 0xCF:
                throw ImageFault.Unsupported("The JPEG uses arithmetic coding; Huffman coding is decoded.");
            case 0xDC:
                throw ImageFault.Unsupported("The JPEG says its height behind its pixels (DNL).");
            case 0xE0 when body.StartsWith("JFIF\0"u8):
                _jfif = true;
                break;
            case 0xE1 when _orientation == 0 && body.StartsWith("Exif\0\0"u8):
                _orientation = Orientation.Read(body[6..]);
                break;
            case 0xE2 when body.StartsWith("ICC_PROFILE\0"u8) && !_warnings.Contains("IMG_COLOUR_PROFILE"):
                _warnings.Add("IMG_COLOUR_PROFILE");
                break;
            case 0xEE when body.StartsWith("Adobe"u8) && body.Length >= 12:
                _adobe = body[11];
                break;
        }
    }

    private void TakeFrame(ReadOnlySpan<byte> body, bool progressive, bool decode)
    {
        if (Components.Length > 0) throw ImageFault.Corrupt("The JPEG has two frames.");
        if (body.Length < 6 || body.Length != 6 + 3 * body[5]) throw ImageFault.Corrupt("The JPEG's frame is of a wrong size.");
        if (body[0] != 8) throw ImageFault.Unsupported(FormattableString.Invariant($"The JPEG has {body[0]} bits a sample; 8 are decoded."));
        (Height, Width, Progressive) = (BinaryPrimitives.ReadUInt16BigEndian(body[1..]), BinaryPrimitives.ReadUInt16BigEndian(body[3..]), progressive);
        _limits.Check(Width, Height, Bytes.LongLength);
        if (body[5] is not (1 or 3 or 4)) throw ImageFault.Unsupported(FormattableString.Invariant($"The JPEG has {body[5]} components; 1, 3 and 4 are decoded."));
        var components = new JpegComponent[body[5]];
        for (var i = 0; i < components.Length; i++)
        {
            var part = body.Slice(6 + 3 * i, 3);
            var (h, v) = (part[1] >> 4, part[1] & 15);
            if (h is 0 or > 4 || v is 0 or > 4 || part[2] > 3) throw ImageFault.Corrupt("A component of the JPEG has a sampling or a table that does not exist.");
            components[i] = new(part[0], h, v, part[2]);
        }
        Components = components;
        foreach (var component in components)
        {
            if (MaxH % component.H != 0 || MaxV % component.V != 0) throw ImageFault.Unsupported("The JPEG samples a component at a fraction of another's rate.");
            component.Measure(Width, Height, MaxH, MaxV);
        }
        _limits.CheckMemory(3L * Width * Height + components.Sum(c => c.Memory(progressive)));
        // Every block takes one bit at least, of a sequential image two.
        if (components.Sum(c => c.Memory(false)) / 64 / (progressive ? 8 : 4) > Bytes.LongLength) throw ImageFault.Truncated($"The JPEG says {Width} × {Height} pixels, more than {Bytes.LongLength} bytes can hold.");
        if (decode)
            foreach (var component in components) component.Allocate(progressive);
    }

    private int TakeScan(ReadOnlySpan<byte> body, int at, bool decode, CancellationToken ct)
    {
        if (Components.Length == 0) throw ImageFault.Corrupt("The JPEG's pixels come before its frame.");
        if (Components.Length == 4 && _adobe < 0) throw ImageFault.Unsupported("The JPEG has four components and no Adobe marker that says what they mean.");
        if (++_scans > _limits.MaxScans) throw ImageFault.Of("IMG_BOMB", $"The JPEG has more than {_limits.MaxScans} scans.");
        var (components, band) = JpegScanHeader.Read(this, _tables, body);
        return decode ? new JpegScan(this, components, band).Read(at, ct) : SkipScan(at);
    }

    private int SkipScan(int at)
    {
        while (true)
        {
            at = NextMarker(Bytes, at);
            if (Bytes[at + 1] is not (>= 0xD0 and <= 0xD7)) return at;
            at += 2;
        }
    }

    private JpegFile End(int at, bool decode)
    {
        if (_scans == 0) throw ImageFault.Truncated("The JPEG ends before its first pixel.");
        foreach (var component in Components)
        {
            // A file that was cut and closed: what is missing would be guessed.
            if (Array.Exists(component.Sent, low => low != 0)) throw ImageFault.Truncated("The JPEG ends before every scan of its pixels has come.");
            if (decode && Progressive) JpegScanHeader.Transform(component);
        }
        if (at < Bytes.Length) _warnings.Add("IMG_TRAILING_DATA");
        return this;
    }
}
