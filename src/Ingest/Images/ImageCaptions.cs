using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Temper.Core.Ids;
using Temper.Tensors;

namespace Temper.Ingest;

/// <summary>Makes the captions of one image as the configuration says.</summary>
internal sealed class ImageCaptions(CaptionConfig config)
{
    /// <summary>Most bytes of a caption's file.</summary>
    public const int LongestFile = 1 << 20;

    private const uint ShuffleStream = 73;
    private readonly CaptionFilter _filter = CaptionFilter.Of(config.Filter, (_, _) => { });

    /// <summary>The captions, none empty; or why there is none.</summary>
    /// <param name="file">The image.</param>
    /// <param name="sidecar">Bytes of its caption file; null where it has none.</param>
    /// <param name="image">Decides the order of shuffled parts.</param>
    public (IReadOnlyList<string> Captions, RecordFault? Fault) Of(SourceFile file, byte[]? sidecar, Digest image)
    {
        if (config.OnlyInstancePrompt && config.InstancePrompt is { } alone)
            return ([alone], null);
        var (raw, fault) = Raw(file, sidecar);
        if (fault is not null)
            return ([], fault);
        List<string> texts;
        try
        {
            texts = [.. raw.Select(text => _filter.Apply(Tidy(text))).Where(text => text.Length > 0)];
        }
        catch (RegexMatchTimeoutException)
        {
            return ([], new("CFG_REGEX", "An expression of caption_filter took longer than a second on this caption."));
        }
        if (texts.Count == 0 && config.Strategy != CaptionStrategy.None)
            return ([], new("IMG_NO_CAPTION", "The caption is empty or only white space."));
        if (config.PrependInstancePrompt && config.Strategy != CaptionStrategy.Instanceprompt)
            texts = [.. texts.Select(text => $"{config.InstancePrompt} {text}")];
        return (config.Shuffle.Enable ? Shuffled(texts, image) : texts, null);
    }

    private (IEnumerable<string> Texts, RecordFault? Fault) Raw(SourceFile file, byte[]? sidecar)
    {
        var name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
        switch (config.Strategy)
        {
            case CaptionStrategy.None:
                return ([], null);
            case CaptionStrategy.Instanceprompt:
                return ([config.InstancePrompt ?? ""], null);
            case CaptionStrategy.Filename:
                return ([ImageUpload.Stem(name).Replace('_', ' ')], null);
            case CaptionStrategy.Folder:
                var folder = file.Path[..Math.Max(0, file.Path.LastIndexOf('/'))];
                return folder.Length > 0 ? ([folder[(folder.LastIndexOf('/') + 1)..].Replace('_', ' ')], null) : ([], new("IMG_NO_CAPTION", "The image is in no folder, whose name would be its class."));
            case CaptionStrategy.Textfile:
                return sidecar is null ? ([], new("IMG_NO_CAPTION", $"There is no '{ImageUpload.Stem(name)}.txt' beside the image.")) : Lines(sidecar);
            case CaptionStrategy.Csv when sidecar is not null:
                var (lines, wrong) = Lines(sidecar);
                return ([string.Join('\n', lines)], wrong);
            default:
                return file.Image?.Captions is { } captions ? (captions, null) : ([], new("IMG_NO_CAPTION", "No row of the table of captions names the image."));
        }
    }

    private (IEnumerable<string> Texts, RecordFault? Fault) Lines(byte[] bytes)
    {
        var text = bytes.AsSpan();
        if (text.Length > LongestFile)
            return ([], new("REC_LINE_TOO_LONG", $"The caption's file has more than {LongestFile} bytes."));
        if (text.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            text = text[3..];
        if (!Utf8.IsValid(text))
            return ([], new("REC_INVALID_UTF8", "The caption's file is not UTF-8."));
        var whole = Encoding.UTF8.GetString(text);
        return (config.DisableMultilineSplit ? [whole] : whole.Split('\n'), null);
    }

    private static string Tidy(string text) => text.Replace("\0", "", StringComparison.Ordinal).Trim();

    /// <summary>Each caption, where wanted, and so many others of the same parts. The order follows from the seed, the image and the caption's place alone.</summary>
    private List<string> Shuffled(List<string> texts, Digest image)
    {
        var separator = config.Shuffle.SplitOn switch { "comma" => ",", "space" => " ", "period" => ".", var other => other };
        var seed = (ulong)(config.Shuffle.Seed ?? 0) ^ Convert.ToUInt64(image.Hex[..16], 16);
        var all = new List<string>();
        foreach (var (index, text) in texts.Index())
        {
            if (config.Shuffle.IncludeOriginal)
                all.Add(text);
            for (var copy = 0; copy < config.Shuffle.Count; copy++)
            {
                var parts = text.Split(separator).Select(part => part.Trim()).Where(part => part.Length > 0).ToArray();
                Shuffle(parts.AsSpan(Math.Min(config.Shuffle.PositionStart, parts.Length)), new RandomKey(seed, ShuffleStream, (uint)index, 0, (uint)copy));
                all.Add(string.Join(separator == " " ? " " : $"{separator} ", parts));
            }
        }
        return [.. all.Distinct(StringComparer.Ordinal)];
    }

    private static void Shuffle(Span<string> parts, RandomKey key)
    {
        for (var last = parts.Length - 1; last > 0; last--)
        {
            var other = (int)Philox.Below(key, last, last + 1L);
            (parts[last], parts[other]) = (parts[other], parts[last]);
        }
    }
}
