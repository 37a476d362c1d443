using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Versioning.Objects;

/// <summary>An annotated tag: a named pointer to an object, with a message.</summary>
/// <param name="Target">What it points to.</param>
/// <param name="Kind">Kind of the target.</param>
/// <param name="Name">One line.</param>
/// <param name="Tagger">Who set it.</param>
/// <param name="Message">Any text without NUL.</param>
public sealed record Tag(Digest Target, ObjectKind Kind, string Name, Signature Tagger, string Message)
{
    /// <summary>The signature over all the rest, as docs/formats/signing.md spells it; null when nobody signed.</summary>
    public string? Sig { get; init; }
}

/// <summary>Tags as bytes: the headers <c>object</c>, <c>type</c>, <c>tag</c>, <c>tagger</c>, <c>sig</c>?, an empty line, the message. Specification: docs/formats/objects.md.</summary>
public static class TagCodec
{
    /// <summary>Bytes of a tag.</summary>
    /// <exception cref="ArgumentException">A value holds a line break, half a character, or what its header cannot.</exception>
    public static byte[] Encode(Tag tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        if (tag.Message.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("A message holds no NUL.", nameof(tag));
        if (tag.Kind == ObjectKind.Recipe)
            throw new ArgumentException("A tag names a file, not its recipe.", nameof(tag));
        var text = new StringBuilder();
        ObjectText.Add(text, "object", tag.Target.Hex);
        ObjectText.Add(text, "type", ObjectIds.Word(tag.Kind));
        ObjectText.Add(text, "tag", tag.Name);
        ObjectText.Add(text, "tagger", ObjectText.Of(tag.Tagger));
        if (tag.Sig is not null)
            ObjectText.Add(text, "sig", tag.Sig);
        return ObjectText.Bytes(text.Append('\n').Append(tag.Message).ToString());
    }

    /// <summary>Reads an encoded tag.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>: the bytes are not what <see cref="Encode"/> writes.</exception>
    public static Tag Decode(ReadOnlySpan<byte> body)
    {
        var (headers, message) = ObjectText.Split(body, "tag");
        if (!headers.Take(4).Select(h => h.Key).SequenceEqual(["object", "type", "tag", "tagger"]) || headers.Skip(4).Any(h => h.Key != "sig"))
            throw ObjectText.Corrupt("tag", "its headers are not object, type, tag, tagger and perhaps sig");
        if (!Digest.TryParse(headers[0].Value, out var target))
            throw ObjectText.Corrupt("tag", $"'{headers[0].Value}' is not an id");
        try
        {
            var tag = new Tag(target, ObjectIds.Kind(headers[1].Value), headers[2].Value, ObjectText.Signature(headers[3].Value, "tag"), message)
            {
                Sig = headers.Count > 4 ? headers[4].Value : null,
            };
            return body.SequenceEqual(Encode(tag)) ? tag : throw ObjectText.Corrupt("tag", "it is not in the one spelling that there is");
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw ObjectText.Corrupt("tag", error.Message);
        }
    }
}
