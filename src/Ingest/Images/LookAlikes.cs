using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Finds images that look like an earlier one: whose difference hashes are at most 3 bits apart. Of four bands of 16 bits one is then the same, so that
/// few images are compared. Plain images, whose hash says nothing, are not compared.
/// </summary>
internal sealed class LookAlikes
{
    private const int Farthest = 3, Bands = 4, BandBits = 16;

    /// <summary>Fewest bits of a hash, and of its inverse, that tell images apart.</summary>
    private const int Telling = 6;

    /// <summary>Most images of a band that one is compared with.</summary>
    private const int MostCompared = 200;

    private readonly List<ulong> _looks = [];
    private readonly Dictionary<int, List<int>> _bands = [];

    /// <summary>Takes the next image; the place of the first earlier one that looks like it, and the bits that differ. Null where there is none.</summary>
    public (int Of, int Distance)? Add(ulong look)
    {
        var index = _looks.Count;
        _looks.Add(look);
        var bits = DifferenceHash.Distance(look, 0);
        if (bits is < Telling or > 64 - Telling)
            return null;
        (int Of, int Distance)? found = null;
        for (var band = 0; band < Bands; band++)
        {
            var key = band << BandBits | (int)(look >> (band * BandBits) & 0xFFFF);
            if (!_bands.TryGetValue(key, out var alike))
                _bands[key] = alike = [];
            foreach (var other in alike)
            {
                if (DifferenceHash.Distance(look, _looks[other]) is <= Farthest and var distance && (found is null || other < found.Value.Of))
                    found = (other, distance);
            }
            if (alike.Count < MostCompared)
                alike.Add(index);
        }
        return found;
    }
}
