using System.Security.Cryptography;
using System.Text;
using Temper.Core.Datasets;
using Temper.Ingest;
using YamlDotNet.Serialization;

namespace Example.WordList;

/// <summary>Sums the weights of the listed words in a record. A changed list is another version, so versions sealed under the old one keep their key.</summary>
public sealed class WordListScorer(IReadOnlyDictionary<string, double> weights, string source) : IRecordScorer
{
    private static readonly Version Yaml = typeof(IDeserializer).Assembly.GetName().Version!;

    /// <inheritdoc/>
    public string Name => "word_list";

    /// <inheritdoc/>
    public string Version { get; } = $"1-yaml{Yaml.Major}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source)))[..12]}";

    /// <inheritdoc/>
    public double Score(CanonicalRecord record) => record.AllTexts()
        .SelectMany(text => text.ToLowerInvariant().Split([' ', '\t', '\n', '.', ',', '!', '?'], StringSplitOptions.RemoveEmptyEntries))
        .Sum(word => weights.GetValueOrDefault(word));
}
