namespace Temper.Hosts.Tests;

/// <summary>One fact of the sample product: its answer, the ways it is asked in training (the first is the held-in question), and one way kept back.</summary>
internal sealed record DemoFact(string Answer, IReadOnlyList<string> Questions, string Paraphrase);

/// <summary>Reads samples/support-bot-facts.txt, the hand-written source of everything under samples/support-bot*.</summary>
internal static class DemoFacts
{
    /// <summary>All facts in the order of the file.</summary>
    public static IReadOnlyList<DemoFact> Read(string path)
    {
        var facts = new List<DemoFact>();
        foreach (var block in File.ReadAllText(path).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = block.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith('#')).ToArray();
            if (lines.Length == 0)
                continue;
            if (!lines[0].StartsWith("= ", StringComparison.Ordinal) || !lines[^1].StartsWith("? ", StringComparison.Ordinal))
                throw new InvalidDataException($"{path}: a block must start with '= ' and end with '? ', found '{lines[0]}' … '{lines[^1]}'");
            facts.Add(new(lines[0][2..], lines[1..^1], lines[^1][2..]));
        }
        return facts;
    }
}
