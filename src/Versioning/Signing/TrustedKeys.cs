using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Versioning.Signing;

/// <summary>The keys whose signatures count, by name: the settings <c>trust.NAME.key</c>, base64 each.</summary>
public sealed class TrustedKeys
{
    private readonly Dictionary<Digest, (string Name, PublicKey Key)> _keys = [];

    /// <summary>No key is trusted.</summary>
    public static TrustedKeys None { get; } = new();

    /// <summary>Names and keys, by name.</summary>
    public IEnumerable<(string Name, PublicKey Key)> All => _keys.Values.OrderBy(k => k.Name, StringComparer.Ordinal);

    /// <summary>Reads a repository's settings; others than these are skipped.</summary>
    /// <exception cref="TemperException">Code <c>key_invalid</c>.</exception>
    public static TrustedKeys From(IEnumerable<KeyValuePair<string, string>> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var trusted = new TrustedKeys();
        foreach (var (name, value) in settings)
            if (name.StartsWith("trust.", StringComparison.OrdinalIgnoreCase) && name.EndsWith(".key", StringComparison.OrdinalIgnoreCase) && name.Length > 10)
                trusted.Add(name[6..^4], PublicKey.Parse(value));
        return trusted;
    }

    /// <summary>Trusts a key; of two names of one key the first stays.</summary>
    public void Add(string name, PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _keys.TryAdd(key.Id, (name, key));
    }

    /// <summary>The key of an id; null when it is not trusted.</summary>
    public (string Name, PublicKey Key)? Find(Digest id) => _keys.TryGetValue(id, out var key) ? key : null;
}
