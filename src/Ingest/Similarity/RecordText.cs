using System.Text;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>The texts of a canonical record's line, by the part they play.</summary>
internal sealed class RecordText
{
    private readonly JsonLine _json = new();
    private readonly List<string> _context = [], _asked = [], _answered = [];

    /// <summary>System and developer messages.</summary>
    public IReadOnlyList<string> Context => _context;

    /// <summary>What users say, or the prompt.</summary>
    public IReadOnlyList<string> Asked => _asked;

    /// <summary>What assistants say, the completion, or the text.</summary>
    public IReadOnlyList<string> Answered => _answered;

    /// <summary>Reads a line that <see cref="RecordWriter"/> wrote.</summary>
    public void Read(ReadOnlySpan<byte> body)
    {
        _context.Clear();
        _asked.Clear();
        _answered.Clear();
        _json.Read(body);
        var tokens = _json.Tokens;
        for (var at = 1; at < tokens.Length; at = tokens[at + 1].Next)
        {
            if (JsonSpace.Is(tokens[at], body, "messages"u8))
                Messages(tokens, body, at + 1);
            else if (JsonSpace.Is(tokens[at], body, "prompt"u8))
                _asked.Add(Text(tokens[at + 1], body));
            else if (JsonSpace.Is(tokens[at], body, "completion"u8) || JsonSpace.Is(tokens[at], body, "text"u8))
                _answered.Add(Text(tokens[at + 1], body));
        }
    }

    private void Messages(ReadOnlySpan<JsonToken> tokens, ReadOnlySpan<byte> body, int list)
    {
        // Each message is {"content":…,"role":…} and perhaps a weight, in this order.
        for (var at = list + 1; at < tokens[list].Next; at = tokens[at].Next)
        {
            var text = Text(tokens[at + 2], body);
            ref readonly var role = ref tokens[at + 4];
            if (JsonSpace.Is(role, body, "assistant"u8))
                _answered.Add(text);
            else if (JsonSpace.Is(role, body, "user"u8) || JsonSpace.Is(role, body, "tool"u8))
                _asked.Add(text);
            else
                _context.Add(text);
        }
    }

    private static string Text(in JsonToken token, ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(JsonText.Bytes(body, token));
}
