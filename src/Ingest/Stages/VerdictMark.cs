namespace Temper.Ingest;

/// <summary>First byte of a verdict's line in a slice.</summary>
internal static class VerdictMark
{
    /// <summary>A canonical record.</summary>
    public const byte Sound = (byte)'+';

    /// <summary>A canonical record whose group is kept for evaluation.</summary>
    public const byte SoundEval = (byte)'*';

    /// <summary>Why a record was set aside.</summary>
    public const byte Aside = (byte)'-';
}
