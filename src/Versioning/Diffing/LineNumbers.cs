namespace Temper.Versioning.Diffing;

/// <summary>Numbers for lines, so that comparing two costs one comparison.</summary>
internal sealed class LineNumbers
{
    private readonly Dictionary<ReadOnlyMemory<byte>, int> _numbers = new(new ByContent());

    public int Of(ReadOnlyMemory<byte> line)
    {
        if (!_numbers.TryGetValue(line, out var number))
            _numbers.Add(line, number = _numbers.Count);
        return number;
    }

    private sealed class ByContent : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> obj)
        {
            var hash = new HashCode();
            hash.AddBytes(obj.Span);
            return hash.ToHashCode();
        }
    }
}
