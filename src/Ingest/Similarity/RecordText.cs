using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>
/// The texts of a canonical record's line, by the part they play when records are compared: the context must be the same, what is asked and what is
/// answered may differ a little.
/// </summary>
internal sealed class RecordText
{
    private readonly JsonLine _json = new();

    /// <summary>System and developer messages, tools, verdicts, images.</summary>
    public TextList Context { get; } = new();

    /// <summary>What users and tools say, the prompt, what is not learnt, the worse of two answers.</summary>
    public TextList Asked { get; } = new();

    /// <summary>What assistants say and call, the completion, the text, the better of two answers, captions.</summary>
    public TextList Answered { get; } = new();

    /// <summary>Reads a line that <see cref="RecordWriter"/> wrote.</summary>
    public void Read(ReadOnlySpan<byte> body)
    {
        Context.Clear();
        Asked.Clear();
        Answered.Clear();
        _json.Read(body);
        var tokens = _json.Tokens;
        for (var at = 1; at < tokens.Length; at = tokens[at + 1].Next)
        {
            if (JsonSpace.Is(tokens[at], body, "messages"u8))
                Messages(tokens, body, at + 1);
            else if (JsonSpace.Is(tokens[at], body, "prompt"u8))
                Asked.Add(body, tokens[at + 1]);
            else if (JsonSpace.Is(tokens[at], body, "completion"u8) || JsonSpace.Is(tokens[at], body, "text"u8))
                Answered.Add(body, tokens[at + 1]);
            else if (!JsonSpace.Is(tokens[at], body, "rec_id"u8) && !JsonSpace.Is(tokens[at], body, "source"u8) && !JsonSpace.Is(tokens[at], body, "kind"u8))
                Rare(tokens[at], JsonSerializer.Deserialize<CanonicalRecord>(body, Wire.Json)!, body);
        }
    }

    /// <summary>Members that few records have, read whole.</summary>
    private void Rare(in JsonToken name, CanonicalRecord record, ReadOnlySpan<byte> body)
    {
        if (JsonSpace.Is(name, body, "tools"u8))
            Context.AddRange(record.Tools ?? []);
        else if (JsonSpace.Is(name, body, "label"u8))
            Context.Add(record.Label == true ? "good" : "bad");
        else if (JsonSpace.Is(name, body, "image"u8))
            Context.Add(record.Image!.Sha256.Hex);
        else if (JsonSpace.Is(name, body, "captions"u8))
            Answered.AddRange(record.Captions ?? []);
        else if (JsonSpace.Is(name, body, "chosen"u8))
            Answered.AddRange(TextsOf(record.Chosen));
        else if (JsonSpace.Is(name, body, "rejected"u8))
            Asked.AddRange(TextsOf(record.Rejected));
        foreach (var segment in JsonSpace.Is(name, body, "segments"u8) ? record.Segments! : [])
            (segment.Label ? Answered : Asked).Add(segment.Text);
    }

    private static IEnumerable<string> TextsOf(Answer? answer) => answer?.Text is { } text ? [text] : answer?.Messages?.Select(turn => turn.Content) ?? [];

    private void Messages(ReadOnlySpan<JsonToken> tokens, ReadOnlySpan<byte> body, int list)
    {
        for (var at = list + 1; at < tokens[list].Next; at = tokens[at].Next)
        {
            int content = -1, role = -1, calls = -1;
            for (var name = at + 1; name < tokens[at].Next; name = tokens[name + 1].Next)
            {
                if (JsonSpace.Is(tokens[name], body, "content"u8))
                    content = name + 1;
                else if (JsonSpace.Is(tokens[name], body, "role"u8))
                    role = name + 1;
                else if (JsonSpace.Is(tokens[name], body, "tool_calls"u8))
                    calls = name + 1;
            }
            var part = JsonSpace.Is(tokens[role], body, "assistant"u8) ? Answered
                : JsonSpace.Is(tokens[role], body, "user"u8) || JsonSpace.Is(tokens[role], body, "tool"u8) ? Asked : Context;
            part.Add(body, tokens[content]);
            if (calls >= 0)
                part.Add(body.Slice(tokens[calls].Start, tokens[calls].Length));
        }
    }
}
