using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Packs;

/// <summary>How an entry's bytes are kept: no part of any id.</summary>
public enum PackForm
{
    /// <summary>As they are.</summary>
    Raw = 0,

    /// <summary>Deflate (RFC 1951).</summary>
    Deflate = 1,

    /// <summary>Numbers of two bytes: all first bytes, then all second ones, each plane deflated or not.</summary>
    Planes2 = 2,

    /// <summary>The same for numbers of four bytes.</summary>
    Planes4 = 3,

    /// <summary>The bits in which the object differs from another one, its base, as byte planes.</summary>
    Difference = 4,
}

/// <summary>One object in a pack.</summary>
/// <param name="Id">Of the object's bytes.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Offset">Byte offset of the entry's header in the pack.</param>
/// <param name="Stored">Bytes behind the header.</param>
/// <param name="Size">Bytes of the object itself.</param>
/// <param name="Form">How they are kept.</param>
public sealed record PackEntry(Digest Id, ObjectKind Kind, long Offset, int Stored, int Size, PackForm Form)
{
    /// <summary>
    /// The chunk without which this one cannot be read: of an entry of the form <see cref="PackForm.Difference"/>, where whoever listed it read that
    /// far; an index alone does not name it.
    /// </summary>
    public Digest? Base { get; init; }

    internal PackRow Row => new(Id, Kind, Offset, Stored, Size, Form);
}

/// <summary>A <see cref="PackEntry"/> that costs no allocation.</summary>
internal readonly record struct PackRow(Digest Id, ObjectKind Kind, long Offset, int Stored, int Size, PackForm Form);
