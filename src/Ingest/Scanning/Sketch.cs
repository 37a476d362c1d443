namespace Temper.Ingest;

/// <summary>
/// How numbers are spread, in little room and added up exactly: counts in buckets of an eighth of a power of two, so that a quantile is right within 12.5
/// percent, and the least and the greatest number themselves.
/// </summary>
internal sealed record Sketch
{
    private const int Dropped = 49;

    /// <summary>Bucket to count; a bucket is sign, exponent and three bits of the fraction of its least number.</summary>
    public SortedDictionary<int, long> Buckets { get; init; } = [];

    /// <summary>Numbers added.</summary>
    public long Count { get; set; }

    /// <summary>The least; 0 when there is none.</summary>
    public double Min { get; set; }

    /// <summary>The greatest; 0 when there is none.</summary>
    public double Max { get; set; }

    /// <summary>Adds a finite number.</summary>
    public void Add(double number)
    {
        var magnitude = (int)(BitConverter.DoubleToInt64Bits(Math.Abs(number)) >> Dropped);
        var bucket = number < 0 ? -magnitude : magnitude;
        Buckets[bucket] = Buckets.GetValueOrDefault(bucket) + 1;
        (Min, Max) = Count++ == 0 ? (number, number) : (Math.Min(Min, number), Math.Max(Max, number));
    }

    /// <summary>Adds another sketch.</summary>
    public void Add(Sketch other)
    {
        if (other.Count == 0)
            return;
        foreach (var (bucket, count) in other.Buckets)
            Buckets[bucket] = Buckets.GetValueOrDefault(bucket) + count;
        (Min, Max) = Count == 0 ? (other.Min, other.Max) : (Math.Min(Min, other.Min), Math.Max(Max, other.Max));
        Count += other.Count;
    }

    /// <summary>The number below which a share of all lies.</summary>
    public double Quantile(double share)
    {
        var (left, last) = ((long)Math.Floor(share * Count), Min);
        foreach (var (bucket, count) in Buckets)
        {
            last = Least(bucket);
            if ((left -= count) < 0)
                break;
        }
        return Math.Clamp(last, Min, Max);
    }

    /// <summary>Counts by powers of two: the greatest power that is not above the numbers, 0 for those below 1.</summary>
    public SortedDictionary<long, long> ByPowers()
    {
        var powers = new SortedDictionary<long, long>();
        foreach (var (bucket, count) in Buckets)
        {
            var least = Least(bucket);
            var power = least < 1 ? 0 : 1L << Math.ILogB(least);
            powers[power] = powers.GetValueOrDefault(power) + count;
        }
        return powers;
    }

    private static double Least(int bucket)
    {
        var magnitude = BitConverter.Int64BitsToDouble((long)Math.Abs(bucket) << Dropped);
        return bucket < 0 ? -magnitude : magnitude;
    }
}
