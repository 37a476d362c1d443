using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Json;

namespace Temper.Ingest.Tests;

/// <summary>Validation of lines in memory, without a store.</summary>
internal static class Judge
{
    public static async Task<(FileTally Tally, Verdicts Verdicts)> LinesAsync(DatasetConfig config, params string[] lines)
    {
        using var validator = new LineValidator(config, FormatReader.For(config.Format, config), new RecordFilters(config.Filters, QualityScorers.All));
        validator.Begin("a.jsonl");
        var (reader, tally, output) = (new LineReader(new MemoryStream(Uploads.Lines(lines)), config.MaxLineBytes, 0, 0), new FileTally(), new ByteBuffer(64));
        do
        {
            while (reader.TryRead(out var line))
                Assert.True(validator.Take(line, tally, output));
        } while (await reader.FillAsync(default));
        var verdicts = Encoding.UTF8.GetString(output.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (tally, new([.. Read<CanonicalRecord>(verdicts, '+')], [.. Read<QuarantineEntry>(verdicts, '-')]));
    }

    private static IEnumerable<T> Read<T>(string[] verdicts, char mark) => verdicts.Where(v => v[0] == mark).Select(v => JsonSerializer.Deserialize<T>(v[1..], Wire.Strict)!);
}

/// <summary>What became of each line.</summary>
internal sealed record Verdicts(IReadOnlyList<CanonicalRecord> Records, IReadOnlyList<QuarantineEntry> SetAside);
