using System.Collections.Frozen;

namespace Temper.Core.Errors;

/// <summary>Every error code of the product. A code that is not here cannot be thrown: <see cref="TemperException"/> asks.</summary>
public static class ErrorCatalogue
{
    private static readonly FrozenDictionary<string, ErrorEntry> ByCode = new[]
    {
        CoreErrors.Entries,
        DataErrors.Entries,
        FileErrors.Entries,
        ConfigErrors.Entries,
        RecordErrors.Entries,
        StageErrors.Entries,
        SourceErrors.Entries,
        ImageErrors.Entries,
        ModelErrors.Entries,
        HubErrors.Entries,
        ParquetErrors.Entries,
        RecipeErrors.Entries,
        MixErrors.Entries,
        RegistryErrors.Entries,
        SweepErrors.Entries,
        EvaluationErrors.Entries,
        SyncErrors.Entries,
        CareErrors.Entries,
        ContentErrors.Entries,
        ServingErrors.Entries,
        VersioningErrors.Entries,
        HistoryErrors.Entries,
    }.SelectMany(entries => entries).ToFrozenDictionary(entry => entry.Code, StringComparer.OrdinalIgnoreCase);

    /// <summary>All entries, by code.</summary>
    public static IEnumerable<ErrorEntry> All => ByCode.Values.OrderBy(entry => entry.Code, StringComparer.Ordinal);

    /// <summary>The entry of <paramref name="code"/>, whatever its case; null when there is none.</summary>
    public static ErrorEntry? Find(string code) => ByCode.GetValueOrDefault(code);
}
