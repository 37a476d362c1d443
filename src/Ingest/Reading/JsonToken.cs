using System.Text.Json;

namespace Temper.Ingest;

/// <summary>One token of a parsed line.</summary>
internal struct JsonToken
{
    public JsonTokenType Type;

    /// <summary>Whether a string or name holds escapes.</summary>
    public bool Escaped;

    /// <summary>First byte; of a string, the one behind its quote.</summary>
    public int Start;

    /// <summary>Bytes; of a string, without its quotes.</summary>
    public int Length;

    /// <summary>Index of the token behind this value.</summary>
    public int Next;
}
