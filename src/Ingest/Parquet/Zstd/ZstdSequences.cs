namespace Temper.Ingest;

/// <summary>What the codes of sequences stand for (RFC 8878, 3.1.1.3.2).</summary>
internal static class ZstdSequences
{
    public const int LiteralLog = 9, OffsetLog = 8, MatchLog = 9;
    public const int LiteralCodes = 36, OffsetCodes = 32, MatchCodes = 53;

    private static readonly (int Base, int Bits)[] Literals = Make(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    private static readonly (int Base, int Bits)[] Matches = Make(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

    /// <summary>Tables of blocks that bring none.</summary>
    public static readonly FseTable LiteralDefault = FseTable.Of([4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6);

    public static readonly FseTable OffsetDefault = FseTable.Of([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5);

    public static readonly FseTable MatchDefault = FseTable.Of([1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1], 6);

    public static int Literal(byte code, ref BackwardBits bits) => Literals[code].Base + (int)bits.Read(Literals[code].Bits);

    public static int Match(byte code, ref BackwardBits bits) => Matches[code].Base + (int)bits.Read(Matches[code].Bits);

    /// <summary>Codes that stand for themselves, then those that cover as many values as their further bits count.</summary>
    private static (int Base, int Bits)[] Make(int first, int plain, ReadOnlySpan<int> more)
    {
        var codes = new (int Base, int Bits)[plain + more.Length];
        for (var i = 0; i < plain; i++)
            codes[i] = (first + i, 0);
        var next = first + plain;
        for (var i = 0; i < more.Length; i++)
        {
            codes[plain + i] = (next, more[i]);
            next += 1 << more[i];
        }
        return codes;
    }
}
