using System.Text;
using System.Text.Json.Nodes;
using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>One chat as the record that ingestion makes of it: tools beside the messages, calls in whatever shape an upload may have them.</summary>
/// <param name="Record">Without an id.</param>
/// <param name="Unknown">Keys that are not kept, each once.</param>
public sealed record ChatRecord(CanonicalRecord Record, IReadOnlyList<string> Unknown)
{
    /// <summary>Reads a chat. That it has something to learn is not asked here.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="tools">Tools, or null.</param>
    /// <param name="path">Where they were read.</param>
    /// <exception cref="TemperException">Code <c>REC_…</c>: what would set the record aside.</exception>
    public static ChatRecord Read(JsonArray messages, JsonNode? tools, string path)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var line = Encoding.UTF8.GetBytes(new JsonObject { ["messages"] = messages.DeepClone(), ["tools"] = tools?.DeepClone() }.ToJsonString());
        var (json, draft, fields) = (new JsonLine(), new RecordDraft(), new FieldNames(new Dictionary<string, string>()));
        draft.Begin(RecordKind.Messages, asMessages: true);
        var fault = json.Read(line) ?? new MessagesFormat(fields, new TurnReader(fields, new Dictionary<string, string>())).Chat(json, line, draft) ?? TurnRules.InOrder(json, line, draft, TurnList.Main);
        if (fault is not null)
            throw new TemperException([new Problem(fault.Code, $"Reading a chat: {fault.Message}") { File = path, Path = fault.Pointer, Hint = ErrorCatalogue.Find(fault.Code)?.Remedy }]);
        var unknown = new List<string>();
        foreach (var token in draft.UnknownKeys)
            unknown.Add(JsonText.Shown(line, json.Tokens[token]));
        return new(DraftRecord.Of(draft) with { Source = new(path, 1, 0) }, [.. unknown.Distinct(StringComparer.Ordinal)]);
    }
}
