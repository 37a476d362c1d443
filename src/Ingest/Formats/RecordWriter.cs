using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// Writes drafts as lines of canonical records: <c>{"rec_id":…,"source":{…},</c> and then the members of the content in their canonical spelling,
/// whose SHA-256 the id is. The content is written once and used twice.
/// </summary>
internal sealed class RecordWriter : IDisposable
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonEncodedText Completion = JsonEncodedText.Encode("completion"), Content = JsonEncodedText.Encode("content"),
        Kind = JsonEncodedText.Encode("kind"), Messages = JsonEncodedText.Encode("messages"), MessagesKind = Messages, Prompt = JsonEncodedText.Encode("prompt"),
        PromptCompletion = JsonEncodedText.Encode("prompt_completion"), RoleKey = JsonEncodedText.Encode("role"), Text = JsonEncodedText.Encode("text"),
        Weight = JsonEncodedText.Encode("weight");

    private readonly ByteBuffer _content = new(4096);
    private readonly Utf8JsonWriter _json;

    public RecordWriter() => _json = new(_content, Options);

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
        _json.Flush();
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(_content.Written, hash);
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
    public void Dispose() => _json.Dispose();

    private void WriteContent(RecordDraft draft)
    {
        _json.WriteStartObject();
        switch (draft.Kind)
        {
            case RecordKind.Messages:
                _json.WriteString(Kind, MessagesKind);
                _json.WriteStartArray(Messages);
                foreach (ref readonly var turn in draft.Turns)
                    WriteTurn(draft, turn);
                _json.WriteEndArray();
                break;
            case RecordKind.Text:
                _json.WriteString(Kind, Text);
                _json.WriteString(Text, draft.TextOf(draft.Turns[0]));
                break;
            default:
                _json.WriteString(Completion, draft.TextOf(draft.Turns[1]));
                _json.WriteString(Kind, PromptCompletion);
                _json.WriteString(Prompt, draft.TextOf(draft.Turns[0]));
                break;
        }
        _json.WriteEndObject();
    }

    private void WriteTurn(RecordDraft draft, in DraftTurn turn)
    {
        _json.WriteStartObject();
        _json.WriteString(Content, draft.TextOf(turn));
        _json.WriteString(RoleKey, RoleNames.Utf8(turn.Role));
        // 1 is what a missing weight means; one spelling for both, so that equal records are equal.
        if (turn.Weight == 0)
            _json.WriteNumber(Weight, 0);
        _json.WriteEndObject();
    }
}
