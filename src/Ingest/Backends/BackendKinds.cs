namespace Temper.Ingest;

/// <summary>The kinds of backend that come with the product. Hosts add those that plug-ins registered.</summary>
public static class BackendKinds
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<DataBackendKind> BuiltIn { get; } = [LocalBackend.Kind, AzureKind.Kind, S3Kind.Kind, CsvKind.Kind, MemoryBackend.Kind, HubSource.Kind];
}
