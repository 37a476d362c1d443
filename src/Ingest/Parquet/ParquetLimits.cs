namespace Temper.Ingest;

/// <summary>What a Parquet file may ask for before it is refused with <c>FILE_TOO_LARGE</c>. Every size is compared before anything is allocated for it.</summary>
internal sealed record ParquetLimits
{
    /// <summary>The defaults.</summary>
    public static readonly ParquetLimits Default = new();

    /// <summary>Bytes of the footer.</summary>
    public int FooterBytes { get; init; } = 32 << 20;

    /// <summary>Nodes of the schema.</summary>
    public int SchemaNodes { get; init; } = 10_000;

    /// <summary>Groups inside groups.</summary>
    public int SchemaDepth { get; init; } = 60;

    /// <summary>Column chunks of all row groups.</summary>
    public int Chunks { get; init; } = 500_000;

    /// <summary>Bytes of a page's header, most of which are statistics.</summary>
    public int PageHeaderBytes { get; init; } = 4 << 20;

    /// <summary>Bytes of one page, packed or unpacked.</summary>
    public int PageBytes { get; init; } = 128 << 20;

    /// <summary>Values of one dictionary.</summary>
    public int DictionaryValues { get; init; } = 4 << 20;

    /// <summary>Unpacked bytes of all pages that are held at once: of every column one page and its dictionary, more where a row spans pages.</summary>
    public long HeldBytes { get; init; } = 512L << 20;

    /// <summary>Bytes that are read ahead in one column chunk.</summary>
    public int WindowBytes { get; init; } = 1 << 20;

    /// <summary>Columns of a row group that lie in so few bytes are read by one request.</summary>
    public int TogetherBytes { get; init; } = 8 << 20;

    /// <summary>Bytes of one row as JSON; a longer one is cut and marked.</summary>
    public int RowBytes { get; init; } = 16 << 20;

    /// <summary>Bytes of rows that a byte of the file may become, once more than <see cref="RatioFrom"/> were made.</summary>
    public int Ratio { get; init; } = 10_000;

    /// <summary>Bytes of rows from which <see cref="Ratio"/> counts.</summary>
    public long RatioFrom { get; init; } = 256L << 20;
}
