namespace Temper.Ingest;

/// <summary>What a key of a backend holds.</summary>
public enum BackendKeyKind
{
    /// <summary>Text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary><c>{"secretRef": "name"}</c>, never the secret itself.</summary>
    Secret,
}

/// <summary>A key that datasets of a backend's type may have.</summary>
/// <param name="Name">As the configuration writes it.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Required">Whether a dataset without it is refused.</param>
public sealed record BackendKey(string Name, BackendKeyKind Kind = BackendKeyKind.Text, bool Required = false);

/// <summary>A kind of backend that datasets name in <c>type</c>. A plug-in registers an instance of its own in its service collection.</summary>
/// <param name="Type">What <c>type</c> says: <c>local</c>, <c>azure</c>, …; lower case.</param>
/// <param name="Open">Opens the backend of one dataset: checks its keys and that it may be reached. Throws <c>CFG_…</c>, <c>SRC_…</c>, <c>permission_denied</c>.</param>
public sealed record DataBackendKind(string Type, Func<BackendRequest, CancellationToken, Task<IDataBackend>> Open)
{
    /// <summary>Other words for <see cref="Type"/>.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The keys it reads, so that a misspelt one is an error with a hint.</summary>
    public IReadOnlyList<BackendKey> Keys { get; init; } = [];

    /// <summary>Whether <paramref name="type"/> names this kind.</summary>
    public bool IsCalled(string type) => type == Type || Aliases.Contains(type);
}
