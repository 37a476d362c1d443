using Temper.Core.Ids;

namespace Temper.Storage.S3;

/// <summary>
/// A version of an object: the service's tag, which is the same for the same content, and the mark that its writer put into the metadata, which is
/// not. Listings know the tag alone, and a tag alone stands for any version with that content. As text <c>TAG</c> or <c>TAG.MARK</c>.
/// </summary>
internal readonly record struct S3Version(string Tag, string? Mark)
{
    /// <summary>Metadata that names the writer's mark.</summary>
    public const string MarkName = "temper-writer";

    /// <summary>From what the service says.</summary>
    public static S3Version Of(string etag, Amazon.S3.Model.MetadataCollection metadata) => new(etag.Trim('"'), metadata[MarkName] is { Length: > 0 } mark ? mark : null);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static S3Version Parse(string text)
    {
        var dot = text.LastIndexOf('.');
        var mark = text[(dot + 1)..];
        return dot > 0 && Ulid.IsValid(mark) ? new(text[..dot], mark) : new(text, null);
    }

    /// <summary>The tag as a header writes it.</summary>
    public string Header => $"\"{Tag}\"";

    /// <summary>Whether an object that is <paramref name="found"/> is the one that this names.</summary>
    public bool Names(S3Version found) => found.Tag == Tag && (Mark is null || found.Mark == Mark);

    /// <inheritdoc/>
    public override string ToString() => Mark is null ? Tag : $"{Tag}.{Mark}";
}
