using System.Globalization;
using Temper.Core.Errors;
using Temper.Training.Sampling;

namespace Temper.Cli.Verbs.Data;

/// <summary>Sizes of datasets from the command line: ID=N, or ID/BUCKET=N for each bucket.</summary>
internal sealed class MixSizes
{
    private readonly Dictionary<string, List<MixBucket>> _sizes = new(StringComparer.Ordinal);

    /// <exception cref="TemperException"><c>usage</c>.</exception>
    public MixSizes(IEnumerable<string> options)
    {
        foreach (var text in options)
        {
            var equals = text.LastIndexOf('=');
            var name = equals < 0 ? text : text[..equals];
            var slash = name.IndexOf('/', StringComparison.Ordinal);
            var (id, bucket) = slash < 0 ? (name, "") : (name[..slash], name[(slash + 1)..]);
            if (equals < 1 || !long.TryParse(text.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var items) || items < 1)
                throw new TemperException("usage", $"--size {text}: expected ID=N or ID/BUCKET=N with N from 1 up.", "For example --size chats=9000.");
            if (!_sizes.TryGetValue(id, out var list))
                _sizes[id] = list = [];
            if (list.Any(b => b.Name == bucket || b.Name.Length == 0 || bucket.Length == 0))
                throw new TemperException("usage", $"--size {text}: '{id}' already has a size.", "Give one size for the dataset, or one for each bucket.");
            list.Add(new(bucket, items));
        }
    }

    /// <summary>What was said of a dataset; null when nothing was.</summary>
    /// <exception cref="TemperException"><c>usage</c>: a size is of none of the <paramref name="known"/> datasets.</exception>
    public IReadOnlyList<MixBucket>? Of(string id, IReadOnlyList<string> known) => _sizes.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown
        ? throw new TemperException("usage", $"--size {unknown}=…: the file has no dataset '{unknown}'.", $"It has {string.Join(", ", known)}.")
        : _sizes.GetValueOrDefault(id);
}
