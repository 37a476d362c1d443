using System.Text;

namespace Temper.Ingest;

/// <summary>What the files call the fields of the formats: their own names, or what <c>columns</c> says.</summary>
internal sealed class FieldNames(IReadOnlyDictionary<string, string> columns)
{
    /// <summary>Every field of every format.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "messages", "role", "content", "weight", "train", "name", "tool_calls", "tool_call_id", "tools", "text", "prompt", "completion", "instruction", "input", "output",
        "system", "history", "segments", "label", "conversations", "from", "value", "chosen", "rejected",
    ];

    /// <summary>The name of a field in the files.</summary>
    public FieldName this[string field] => new(columns.GetValueOrDefault(field, field));
}

/// <summary>The name of a field, as text and as bytes.</summary>
internal sealed class FieldName(string text)
{
    public string Text { get; } = text;

    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(text);
}
