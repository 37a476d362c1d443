using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Temper.Core.Ids;

namespace Temper.Versioning.Objects;

/// <summary>Kinds of stored objects. The values are those of packs.</summary>
public enum ObjectKind
{
    /// <summary>Part of a file's content.</summary>
    Chunk = 1,

    /// <summary>Names of one folder.</summary>
    Tree = 2,

    /// <summary>A version and where it came from.</summary>
    Commit = 3,

    /// <summary>A named pointer with a message.</summary>
    Tag = 4,

    /// <summary>How a file of several chunks is put together; its id is the file's.</summary>
    Recipe = 5,
}

/// <summary>Identities: <c>SHA256(kind SP length NUL body)</c> for trees, commits and tags; plain SHA-256 of the bytes for chunks and files;
/// a recipe goes by the id of its file, and its body carries a digest of its own.</summary>
public static class ObjectIds
{
    /// <summary>Id of an object by its encoded body. A recipe that was altered has one that names no file.</summary>
    public static Digest Of(ObjectKind kind, ReadOnlySpan<byte> body)
    {
        if (kind == ObjectKind.Chunk)
            return Digest.Of(body);
        if (kind == ObjectKind.Recipe)
            return RecipeCodec.IdOf(body) ?? Digest.Of(body);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Word(kind)} {body.Length}\0")));
        hash.AppendData(body);
        return Digest.FromHash(hash.GetHashAndReset());
    }

    /// <summary>The kind as text: in ids, in tags and in the catalogue.</summary>
    public static string Word(ObjectKind kind) => kind switch
    {
        ObjectKind.Chunk => "chunk",
        ObjectKind.Tree => "tree",
        ObjectKind.Commit => "commit",
        ObjectKind.Tag => "tag",
        ObjectKind.Recipe => "recipe",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "is no kind of object"),
    };

    /// <summary>Reads what <see cref="Word"/> wrote.</summary>
    /// <exception cref="FormatException">Any other text.</exception>
    public static ObjectKind Kind(string word) => word switch
    {
        "chunk" => ObjectKind.Chunk,
        "tree" => ObjectKind.Tree,
        "commit" => ObjectKind.Commit,
        "tag" => ObjectKind.Tag,
        "recipe" => ObjectKind.Recipe,
        _ => throw new FormatException($"'{word}' is no kind of object."),
    };
}
