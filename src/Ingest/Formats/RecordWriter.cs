using System.Security.Cryptography;
using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// Writes drafts as lines of canonical records: <c>{"rec_id":…,"source":{…},</c> and then the members of the content in their canonical spelling,
/// whose SHA-256 the id is. The content is written once and used twice.
/// </summary>
internal sealed class RecordWriter : IDisposable
{
    private static readonly JsonEncodedText Arguments = JsonEncodedText.Encode("arguments"), Chosen = JsonEncodedText.Encode("chosen"), Class = JsonEncodedText.Encode("class"), Completion = JsonEncodedText.Encode("completion"),
        Content = JsonEncodedText.Encode("content"), Id = JsonEncodedText.Encode("id"), Kind = JsonEncodedText.Encode("kind"), Label = JsonEncodedText.Encode("label"), Labelled = JsonEncodedText.Encode("labelled"),
        Messages = JsonEncodedText.Encode("messages"), Name = JsonEncodedText.Encode("name"), Preference = JsonEncodedText.Encode("preference"), Prompt = JsonEncodedText.Encode("prompt"),
        PromptCompletion = JsonEncodedText.Encode("prompt_completion"), Rejected = JsonEncodedText.Encode("rejected"), RoleKey = JsonEncodedText.Encode("role"),
        Segments = JsonEncodedText.Encode("segments"), Text = JsonEncodedText.Encode("text"), ToolCallId = JsonEncodedText.Encode("tool_call_id"),
        ToolCalls = JsonEncodedText.Encode("tool_calls"), Tools = JsonEncodedText.Encode("tools"), Unpaired = JsonEncodedText.Encode("unpaired"), Weight = JsonEncodedText.Encode("weight");

    private readonly ByteBuffer _content = new(4096);
    private readonly RecordJson _json;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public RecordWriter() => _json = new(_content);

    /// <summary>Appends the record's line, without a newline, to <paramref name="output"/>.</summary>
    /// <param name="draft">Checked.</param>
    /// <param name="source">The file's name as JSON, with its quotes.</param>
    /// <param name="line">1 and up.</param>
    /// <param name="offset">Byte offset of the line.</param>
    /// <param name="output">Grows.</param>
    public void Write(RecordDraft draft, ReadOnlySpan<byte> source, long line, long offset, ByteBuffer output)
    {
        _content.Clear();
        _json.Reset();
        WriteContent(draft);
        // One hash over and over: making one anew costs more than hashing a record.
        Span<byte> hash = stackalloc byte[32];
        _hash.AppendData(_content.Written);
        _hash.GetHashAndReset(hash);
        output.Add("{\"rec_id\":\""u8);
        output.AddHex(hash);
        output.Add("\",\"source\":{\"file\":"u8);
        output.Add(source);
        output.Add(",\"line\":"u8);
        output.Add(line);
        output.Add(",\"offset\":"u8);
        output.Add(offset);
        output.Add("},"u8);
        output.Add(_content.Written[1..]);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    /// <summary>The content's members, their names in ascending order whatever the kind.</summary>
    private void WriteContent(RecordDraft draft)
    {
        _json.WriteStartObject();
        switch (draft.Kind)
        {
            case RecordKind.Messages:
                _json.WriteString(Kind, Messages);
                WriteTurns(Messages, draft, TurnList.Main);
                WriteTools(draft);
                break;
            case RecordKind.Text:
                _json.WriteString(Kind, Text);
                _json.WriteString(Text, draft.TextOf(draft.Turns[0]));
                break;
            case RecordKind.Labelled:
                _json.WriteString(Class, draft.TextOf(draft.Turns[1]));
                _json.WriteString(Kind, Labelled);
                _json.WriteString(Text, draft.TextOf(draft.Turns[0]));
                break;
            case RecordKind.PromptCompletion:
                _json.WriteString(Completion, draft.TextOf(draft.Turns[1]));
                _json.WriteString(Kind, PromptCompletion);
                _json.WriteString(Prompt, draft.TextOf(draft.Turns[0]));
                break;
            case RecordKind.Segments:
                WriteSegments(draft);
                break;
            case RecordKind.Preference:
                WritePreference(draft);
                break;
            default:
                WriteUnpaired(draft);
                break;
        }
        _json.WriteEndObject();
    }

    private void WriteSegments(RecordDraft draft)
    {
        _json.WriteString(Kind, Segments);
        _json.WriteStartArray(Segments);
        foreach (ref readonly var turn in draft.Turns)
        {
            _json.WriteStartObject();
            _json.WriteBoolean(Label, turn.Weight == 1);
            _json.WriteString(Text, draft.TextOf(turn));
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private void WritePreference(RecordDraft draft)
    {
        if (draft.AsMessages)
            WriteTurns(Chosen, draft, TurnList.Chosen);
        else
            _json.WriteString(Chosen, draft.TextOf(draft.Turns[1]));
        _json.WriteString(Kind, Preference);
        if (draft.AsMessages)
        {
            WriteTurns(Messages, draft, TurnList.Main);
            WriteTurns(Rejected, draft, TurnList.Rejected);
            WriteTools(draft);
            return;
        }
        _json.WriteString(Prompt, draft.TextOf(draft.Turns[0]));
        _json.WriteString(Rejected, draft.TextOf(draft.Turns[2]));
    }

    private void WriteUnpaired(RecordDraft draft)
    {
        if (!draft.AsMessages)
            _json.WriteString(Completion, draft.TextOf(draft.Turns[1]));
        _json.WriteString(Kind, Unpaired);
        _json.WriteBoolean(Label, draft.Label);
        if (draft.AsMessages)
        {
            WriteTurns(Messages, draft, TurnList.Main);
            WriteTools(draft);
            return;
        }
        _json.WriteString(Prompt, draft.TextOf(draft.Turns[0]));
    }

    private void WriteTools(RecordDraft draft)
    {
        if (draft.ToolCount == 0)
            return;
        _json.WriteStartArray(Tools);
        foreach (var tool in draft.Tools)
            _json.WriteStringValue(draft.TextOf(tool));
        _json.WriteEndArray();
    }

    private void WriteTurns(JsonEncodedText name, RecordDraft draft, TurnList section)
    {
        _json.WriteStartArray(name);
        foreach (ref readonly var turn in draft.Turns)
        {
            if (turn.TurnList == section)
                WriteTurn(draft, turn);
        }
        _json.WriteEndArray();
    }

    private void WriteTurn(RecordDraft draft, in DraftTurn turn)
    {
        _json.WriteStartObject();
        _json.WriteString(Content, draft.TextOf(turn));
        if (turn.Name >= 0)
            _json.WriteString(Name, draft.TextOf(turn.Name));
        _json.WriteString(RoleKey, RoleNames.Utf8(turn.Role));
        if (turn.CallId >= 0)
            _json.WriteString(ToolCallId, draft.TextOf(turn.CallId));
        if (turn.Calls > 0)
            WriteCalls(draft, turn);
        // 1 is what a missing weight means; one spelling for both, so that equal records are equal. What is compared has no weights.
        if (turn.Weight == 0 && draft.Kind != RecordKind.Preference)
            _json.WriteNumber(Weight, 0);
        _json.WriteEndObject();
    }

    private void WriteCalls(RecordDraft draft, in DraftTurn turn)
    {
        _json.WriteStartArray(ToolCalls);
        foreach (ref readonly var call in draft.CallsOf(turn))
        {
            _json.WriteStartObject();
            _json.WriteString(Arguments, draft.TextOf(call.Arguments));
            if (call.Id >= 0)
                _json.WriteString(Id, draft.TextOf(call.Id));
            _json.WriteString(Name, draft.TextOf(call.Name));
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }
}
