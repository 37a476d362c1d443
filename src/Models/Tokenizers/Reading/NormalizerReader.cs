namespace Temper.Models;

/// <summary>Reads <c>normalizer</c>.</summary>
internal static class NormalizerReader
{
    private const string Supported = "Sequence, BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, Strip, StripAccents";

    /// <summary>The normalizer of a node.</summary>
    public static TextNormalizer Read(TokenizerNode node) => node.Type switch
    {
        "Sequence" => new NormalizerSequence([.. node.Items("normalizers").Select(Read)]),
        "BertNormalizer" => Bert(node),
        "Lowercase" => new LowercaseNormalizer(),
        "NFC" => new FormNormalizer(compatibility: false, compose: true),
        "NFD" => new FormNormalizer(compatibility: false, compose: false),
        "NFKC" => new FormNormalizer(compatibility: true, compose: true),
        "NFKD" => new FormNormalizer(compatibility: true, compose: false),
        "Nmt" => new NmtNormalizer(),
        "Precompiled" => Precompiled(node),
        "Prepend" => new PrependNormalizer(node.Text("prepend")),
        "Replace" => new ReplaceNormalizer(node.Pattern("pattern"), CodePoints.WellFormed(node.Text("content"))),
        "Strip" => new StripNormalizer(node.Flag("strip_left", absent: true), node.Flag("strip_right", absent: true)),
        "StripAccents" => new StripAccentsNormalizer(),
        var other => throw node.Unsupported($"normalizer '{other}'; supported: {Supported}"),
    };

    private static BertNormalizer Bert(TokenizerNode node)
    {
        var lowercase = node.Flag("lowercase", absent: true);
        return new BertNormalizer(node.Flag("clean_text", absent: true), node.Flag("handle_chinese_chars", absent: true), node.Flag("strip_accents", absent: lowercase), lowercase);
    }

    private static PrecompiledNormalizer Precompiled(TokenizerNode node)
    {
        var map = node.Get("precompiled_charsmap");
        map.AsText();
        return map.Element.TryGetBytesFromBase64(out var bytes) && PrecompiledNormalizer.Read(bytes) is { } normalizer ? normalizer : throw map.Invalid("is no table of replacements");
    }
}
