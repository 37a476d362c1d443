namespace Temper.Cli.Demo;

/// <summary>One thing to know about a product: possible answers and the ways to ask. A block with variants is known several times per product, under different list entries.</summary>
/// <param name="Number">Its place in the file, from 0.</param>
/// <param name="Answers">Templates; one is kept per product.</param>
/// <param name="Questions">Templates.</param>
internal sealed record BaseTopic(int Number, IReadOnlyList<string> Answers, IReadOnlyList<string> Questions)
{
    /// <summary>How many facts of one product the topic makes: several where the question names an entry of a list (a colour, a code), else one.</summary>
    public int Variants => Questions.Any(q => q.Contains("{code}", StringComparison.Ordinal)) ? 6 : Questions.All(q => q.Contains("{colour}", StringComparison.Ordinal)) ? 4 : 1;
}

/// <summary>The two text resources that base-corpus sentences are made of.</summary>
internal sealed class BaseKnowledge
{
    /// <summary>Blocks of base-corpus.txt.</summary>
    public IReadOnlyList<BaseTopic> Topics { get; }

    /// <summary>Lists of base-words.txt by name.</summary>
    public IReadOnlyDictionary<string, string[]> Lists { get; }

    /// <summary>Reads both resources of this assembly.</summary>
    public BaseKnowledge()
    {
        Topics = [.. Text("base-corpus.txt").Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select((b, i) => Topic(b, i)).Where(t => t.Answers.Count > 0)];
        Lists = Text("base-words.txt").Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(": ", 2))
            .ToDictionary(p => p[0], p => p[0] == "plain" ? p[1].Split(" ; ") : p[1].Split(p[0] is "open" or "close" ? "," : ", "));
    }

    private static BaseTopic Topic(string block, int number)
    {
        var lines = block.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#').ToLookup(l => l.StartsWith("= ", StringComparison.Ordinal));
        return new(number, [.. lines[true].Select(l => l[2..])], [.. lines[false]]);
    }

    private static string Text(string name)
    {
        using var stream = typeof(BaseKnowledge).Assembly.GetManifestResourceStream("demo/" + name)
            ?? throw new InvalidOperationException($"The resource demo/{name} is not in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
