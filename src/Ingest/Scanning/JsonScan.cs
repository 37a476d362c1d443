using System.Text.Encodings.Web;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>Scans the strings and numbers of a JSON text one by one, and writes it anew where something is redacted, so that it stays JSON.</summary>
internal sealed class JsonScan(TextScanner scanner)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly ByteBuffer _written = new(256), _piece = new(256);
    private byte[] _text = new byte[256];
    private bool _changed;

    /// <summary>The text with its redactions; valid until the next call.</summary>
    public ReadOnlySpan<byte> Written => _written.Written;

    /// <summary>Whether anything was redacted; <paramref name="found"/> is told every finding's kind and says whether it is redacted.</summary>
    public bool Scan(ReadOnlySpan<byte> json, Func<FindingKind, bool> found)
    {
        _written.Clear();
        _changed = false;
        FindingKind? promised = null;
        var reader = JsonCopying.Reader(json);
        using var writer = new Utf8JsonWriter(_written, Options);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    var name = TextOf(ref reader);
                    promised = AssignedSecrets.Kind(name)?.Kind;
                    writer.WritePropertyName(Redacted(name, null, found));
                    break;
                case JsonTokenType.String:
                    writer.WriteStringValue(Redacted(TextOf(ref reader), promised, found));
                    break;
                case JsonTokenType.Number when Redacted(reader.ValueSpan, null, found) is var number && !number.SequenceEqual(reader.ValueSpan):
                    writer.WriteStringValue(number);
                    break;
                default:
                    JsonCopying.Copy(ref reader, writer);
                    break;
            }
        }
        writer.Flush();
        return _changed;
    }

    private ReadOnlySpan<byte> TextOf(ref Utf8JsonReader reader)
    {
        if (_text.Length < reader.ValueSpan.Length)
            _text = new byte[reader.ValueSpan.Length * 2];
        return _text.AsSpan(0, reader.CopyString(_text));
    }

    private ReadOnlySpan<byte> Redacted(ReadOnlySpan<byte> text, FindingKind? promised, Func<FindingKind, bool> found)
    {
        var findings = scanner.Scan(text);
        if (findings.IsEmpty && promised is { } kind && text.Length >= 8 && scanner.Wants(kind) && AssignedSecrets.IsSecret(text, quoted: true))
            findings = new[] { new Finding(kind, 0, text.Length) };
        _piece.Clear();
        var at = 0;
        foreach (var finding in findings)
        {
            if (!found(finding.Kind))
                continue;
            _piece.Add(text[at..finding.Start]);
            _piece.Add(scanner.LabelOf(finding.Kind));
            at = finding.End;
            _changed = true;
        }
        _piece.Add(text[at..]);
        return _piece.Written;
    }
}
