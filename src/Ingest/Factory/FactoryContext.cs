namespace Temper.Ingest;

/// <summary>What a host tells the factory before it reads a configuration of datasets.</summary>
public sealed record FactoryContext
{
    /// <summary>Kinds of backend that datasets may name.</summary>
    public IReadOnlyList<DataBackendKind> Backends { get; init; } = BackendKinds.BuiltIn;

    /// <summary>Scores that <c>filters</c> may name.</summary>
    public IReadOnlyCollection<string> Scores { get; init; } = [];

    /// <summary>Values of <c>{model_family}</c>, <c>{output_dir}</c>, <c>{tenant}</c>, <c>{run_id}</c> and of what the host adds; those under <c>variables</c> come before them.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Values of <c>{env:NAME}</c>, for allowed names alone.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Folder that relative paths are below and local data must lie in; null when paths are not looked at.</summary>
    public string? Root { get; init; }

    /// <summary>Whether the file was written for SimpleTuner: text counts for numbers and truth values, unknown keys are passed over, each with a warning.</summary>
    public bool Importing { get; init; }
}
