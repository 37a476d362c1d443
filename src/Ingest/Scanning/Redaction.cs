using System.Text;

namespace Temper.Ingest;

/// <summary>Puts the names of kinds in place of what a scan found.</summary>
internal static class Redaction
{
    /// <summary>Passes after which a text is taken as it is; texts that are not made for it need one.</summary>
    public const int MostPasses = 8;

    private static readonly HashSet<FindingKind> Everything = [.. Enum.GetValues<FindingKind>()];

    [ThreadStatic]
    private static TextScanner? _sure, _eager;

    /// <summary>Writes a text without the values of its findings.</summary>
    public static void Write(ReadOnlySpan<byte> text, ReadOnlySpan<Finding> findings, ByteBuffer output)
    {
        var at = 0;
        foreach (var finding in findings)
        {
            output.Add(text[at..finding.Start]);
            output.Add(finding.Kind.Label());
            at = finding.End;
        }
        output.Add(text[at..]);
    }

    /// <summary>A text for people without personal data and secrets; what is doubtful is left out, too.</summary>
    public static string Of(ReadOnlySpan<byte> text)
    {
        // What is sure comes first, so that a doubtful secret does not hide the beginning of a card's number.
        return Encoding.UTF8.GetString(Without(Without(text, _sure ??= new(Everything)), _eager ??= new(Everything, eager: true)));
    }

    private static ReadOnlySpan<byte> Without(ReadOnlySpan<byte> text, TextScanner scanner)
    {
        // A label can end a word that hid what stands behind it; so it is looked through until nothing is left.
        for (var pass = 0; pass < MostPasses && scanner.Scan(text) is { IsEmpty: false } findings; pass++)
        {
            var output = new ByteBuffer(text.Length + 16);
            Write(text, findings, output);
            text = output.Written;
        }
        return text;
    }
}
