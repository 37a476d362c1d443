using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>Compares a dataset of pictures with its conditioning pictures, as their backends list them.</summary>
/// <param name="opener">Opens both.</param>
internal sealed class PairingCheck(BackendOpener opener)
{
    /// <summary>The ends of an image's header; what lies further in is compared when the records are made.</summary>
    private const int HeaderBytes = 256 << 10;

    /// <summary>Pairs of the configuration: which conditioning dataset goes with which.</summary>
    public static IEnumerable<(PictureEntry Source, ConditioningEntry Conditioning)> PairsOf(FactoryConfig config)
    {
        foreach (var conditioning in config.Order.OfType<ConditioningEntry>())
        {
            foreach (var source in config.Order.OfType<PictureEntry>().Where(p => p.Id == conditioning.SourceDatasetId || p.ConditioningData.Contains(conditioning.Id)))
                yield return (source, conditioning);
        }
    }

    /// <summary>The report of one pair; sizes are compared where the conditioning must be cut as its source is.</summary>
    public async Task<PairingReport> RunAsync(PictureEntry source, ConditioningEntry conditioning, CancellationToken ct)
    {
        await using var left = await opener.OpenAsync(source, ct).ConfigureAwait(false);
        await using var right = await opener.OpenAsync(conditioning, ct).ConfigureAwait(false);
        var sources = await PicturesAsync(left, ct).ConfigureAwait(false);
        var others = await PicturesAsync(right, ct).ConfigureAwait(false);
        var report = PairingReport.Of(source.Id, conditioning.Id, sources.Select(i => i.Path), others.Select(i => i.Path));
        if (conditioning.ConditioningType == ConditioningType.ReferenceLoose)
            return report;
        var mismatches = new List<SizeMismatch>();
        var byStem = others.DistinctBy(i => PairingReport.StemOf(i.Path)).ToDictionary(i => PairingReport.StemOf(i.Path), StringComparer.Ordinal);
        foreach (var item in sources)
        {
            if (byStem.TryGetValue(PairingReport.StemOf(item.Path), out var other)
                && await SizeAsync(left, item, ct).ConfigureAwait(false) is { } one && await SizeAsync(right, other, ct).ConfigureAwait(false) is { } two && one != two)
                mismatches.Add(new(PairingReport.StemOf(item.Path), one, two));
        }
        return report with { MismatchCount = mismatches.Count, Mismatches = [.. mismatches.Take(PairingReport.Shown)] };
    }

    private static async Task<List<DataItem>> PicturesAsync(IDataBackend backend, CancellationToken ct)
    {
        var items = new List<DataItem>();
        await foreach (var item in backend.ListAsync(ct).ConfigureAwait(false))
        {
            if (item.Problem is null && ImageSignature.OfName(item.Path) != ImageFormat.Unknown)
                items.Add(item);
        }
        return items;
    }

    /// <summary>Null where the header cannot be read: ingestion says why.</summary>
    private static async Task<string?> SizeAsync(IDataBackend backend, DataItem item, CancellationToken ct)
    {
        try
        {
            await using var stream = await backend.OpenAsync(item, 0, HeaderBytes, ct).ConfigureAwait(false);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, ct).ConfigureAwait(false);
            var header = ImageDecoder.ReadHeader(bytes.ToArray(), new ImageLimits { MinBytesPerPixel = 0 });
            return FormattableString.Invariant($"{header.UprightWidth}x{header.UprightHeight}");
        }
        catch (TemperException e) when (e.Code.StartsWith("IMG_", StringComparison.Ordinal))
        {
            return null;
        }
    }
}
