using System.Runtime.CompilerServices;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>A row that names something to download.</summary>
/// <param name="Line">Where it begins, 1 and up.</param>
/// <param name="Offset">Its first byte.</param>
/// <param name="Url">The address as written.</param>
/// <param name="Caption">The caption; null when no column was asked for.</param>
/// <param name="Fault">Why the row cannot be used; null when it can.</param>
internal sealed record CsvEntry(long Line, long Offset, string Url, string? Caption, Problem? Fault);

/// <summary>The CSV file of a dataset: rows by the names of its columns, at one version of the file.</summary>
/// <param name="folder">Backend of the folder that holds the file.</param>
/// <param name="file">The file, as the backend lists it.</param>
/// <param name="urlColumn">Column of addresses.</param>
/// <param name="captionColumn">Column of captions; null for none.</param>
internal sealed class CsvSource(IDataBackend folder, DataItem file, string urlColumn, string? captionColumn)
{
    private int _columns, _url, _caption = -1;

    /// <summary>The file and its version.</summary>
    public DataItem File => file;

    /// <summary>All rows below the header.</summary>
    /// <exception cref="TemperException">Codes <c>CSV_INVALID</c> (no header), <c>CSV_COLUMN</c>, <c>FILE_ENCODING</c>, <c>SRC_CHANGED</c>.</exception>
    public async IAsyncEnumerable<CsvEntry> EntriesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await using var stream = await folder.OpenAsync(file, 0, null, ct);
        var header = false;
        await foreach (var row in new CsvReader(stream, file.Path).RowsAsync(ct))
        {
            if (header)
                yield return Entry(row);
            else
                ReadHeader(row);
            header = true;
        }
        if (!header)
            throw Fault("CSV_INVALID", 1, $"{file.Path} is empty; its first row must name the columns.");
    }

    /// <summary>Reads one row again.</summary>
    public async Task<CsvEntry> EntryAtAsync(long offset, long line, CancellationToken ct)
    {
        await using var stream = await folder.OpenAsync(file, offset, null, ct);
        await foreach (var row in new CsvReader(stream, file.Path, line, offset).RowsAsync(ct))
            return Entry(row);
        throw LocalFiles.Changed(file.Path, folder.Address);
    }

    private CsvEntry Entry(CsvRow row)
    {
        var fault = row.Fault ?? (row.Fields.Count == _columns ? null : $"it has {row.Fields.Count} fields; the header has {_columns}");
        if (fault is not null)
            return new(row.Line, row.Offset, "", null, new("CSV_INVALID", $"The row on line {row.Line} of {file.Path} cannot be read: {fault}.") { File = file.Path, Line = row.Line });
        return new(row.Line, row.Offset, row.Fields[_url], _caption < 0 ? null : row.Fields[_caption], null);
    }

    private void ReadHeader(CsvRow row)
    {
        if (row.Fault is not null)
            throw Fault("CSV_INVALID", row.Line, $"The header of {file.Path} cannot be read: {row.Fault}.");
        _columns = row.Fields.Count;
        _url = Column(row, urlColumn);
        _caption = captionColumn is null ? -1 : Column(row, captionColumn);
    }

    private int Column(CsvRow header, string name)
    {
        var found = Enumerable.Range(0, header.Fields.Count).Where(i => header.Fields[i].Trim() == name).ToList();
        return found.Count == 1
            ? found[0]
            : throw Fault("CSV_COLUMN", header.Line, $"{file.Path} has {(found.Count == 0 ? "no column" : $"{found.Count} columns")} '{name}'; its columns are {string.Join(", ", header.Fields.Take(20).Select(f => $"'{f}'"))}.");
    }

    private TemperException Fault(string code, long line, string message) => new([new Problem(code, message) { File = file.Path, Line = line }]);
}
