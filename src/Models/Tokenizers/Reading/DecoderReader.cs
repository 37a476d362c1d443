namespace Temper.Models;

/// <summary>Reads <c>decoder</c>.</summary>
internal static class DecoderReader
{
    private const string Supported = "Sequence, ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Strip, WordPiece";

    /// <summary>A maker of fresh stages. Behind Fuse only Strip and replacements of single characters can work on a text that still grows.</summary>
    public static Func<IReadOnlyList<DecodeStage>> Read(TokenizerNode? node)
    {
        if (node is null) return () => [new JoinStage()];
        var makers = new List<Func<DecodeStage>>();
        var fused = false;
        foreach (var step in Flat(node.Value))
        {
            if (step.Type == "Fuse") fused = true;
            else makers.Add(Stage(step, fused));
            // Stages of bytes join what they get, so that later ones see text and no tokens.
            fused |= step.Type == "ByteLevel";
        }

        return () => [.. makers.Select(make => make())];
    }

    private static IEnumerable<TokenizerNode> Flat(TokenizerNode node) => node.Type == "Sequence" ? node.Items("decoders").SelectMany(Flat) : [node];

    private static Func<DecodeStage> Stage(TokenizerNode node, bool fused)
    {
        switch (node.Type)
        {
            case "Strip":
                var sign = PreTokenizerReader.Sign(node, "content") is [var c] ? c : throw node.Unsupported("a decoder that strips an astral character");
                var (left, right) = (node.Whole("start"), node.Whole("stop"));
                return () => new StripStage(sign, left, right, fused);
            case "Replace":
                var (pattern, content) = (node.Pattern("pattern"), node.Text("content"));
                if (fused && node.Get("pattern").Find("String")?.AsText() is not { Length: 1 }) throw node.Unsupported("decoder 'Replace' of more than one character after Fuse");
                return () => new ReplaceStage(pattern, content);
            case "ByteLevel" when !fused:
                return () => new ByteLevelStage();
            case "ByteFallback" when !fused:
                return () => new ByteFallbackStage();
            case "WordPiece" when !fused:
                var (prefix, cleanUp) = (node.Text("prefix"), node.Flag("cleanup", absent: true));
                return () => new WordPieceStage(prefix, cleanUp);
            case "Metaspace" when !fused:
                var (replacement, prepends) = (PreTokenizerReader.Sign(node, "replacement"), PreTokenizerReader.Scheme(node) != PrependScheme.Never);
                return () => new MetaspaceStage(replacement, prepends);
            default:
                throw node.Unsupported(fused ? $"decoder '{node.Type}' after Fuse or ByteLevel" : $"decoder '{node.Type}'; supported: {Supported}");
        }
    }
}
