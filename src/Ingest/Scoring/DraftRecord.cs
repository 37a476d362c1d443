using System.Text;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>A draft as scorers see it: its content alone. Where a record stands, or its id, must not move its score.</summary>
internal static class DraftRecord
{
    /// <summary>The record of a draft that a format accepted.</summary>
    public static CanonicalRecord Of(RecordDraft draft)
    {
        var record = new CanonicalRecord(default, draft.Kind, new("", 0, 0)) { Tools = draft.ToolCount == 0 ? null : [.. draft.Tools.ToArray().Select(tool => Text(draft, tool))] };
        return draft.Kind switch
        {
            RecordKind.Text => record with { Text = Bare(draft, 0) },
            RecordKind.Labelled => record with { Text = Bare(draft, 0), Class = Bare(draft, 1) },
            RecordKind.PromptCompletion => record with { Prompt = Bare(draft, 0), Completion = Bare(draft, 1) },
            RecordKind.Segments => record with { Segments = [.. draft.Turns.ToArray().Select(turn => new TextSegment(Text(draft, turn.Content), turn.Weight == 1))] },
            RecordKind.Preference when !draft.AsMessages => record with { Prompt = Bare(draft, 0), Chosen = new(Bare(draft, 1)), Rejected = new(Bare(draft, 2)) },
            RecordKind.Preference => record with { Messages = Turns(draft, TurnList.Main), Chosen = new(Turns(draft, TurnList.Chosen)), Rejected = new(Turns(draft, TurnList.Rejected)) },
            RecordKind.Unpaired when !draft.AsMessages => record with { Prompt = Bare(draft, 0), Completion = Bare(draft, 1), Label = draft.Label },
            RecordKind.Unpaired => record with { Messages = Turns(draft, TurnList.Main), Label = draft.Label },
            _ => record with { Messages = Turns(draft, TurnList.Main) },
        };
    }

    private static string Bare(RecordDraft draft, int turn) => Encoding.UTF8.GetString(draft.TextOf(draft.Turns[turn]));

    private static string Text(RecordDraft draft, int text) => Encoding.UTF8.GetString(draft.TextOf(text));

    private static ChatTurn[] Turns(RecordDraft draft, TurnList section) => [.. draft.Turns.ToArray().Where(turn => turn.TurnList == section).Select(turn => Turn(draft, turn))];

    private static ChatTurn Turn(RecordDraft draft, DraftTurn turn) => new(RoleNames.All[(int)turn.Role], Text(draft, turn.Content), turn.Weight == 0 ? 0 : null)
    {
        Name = turn.Name < 0 ? null : Text(draft, turn.Name),
        ToolCallId = turn.CallId < 0 ? null : Text(draft, turn.CallId),
        ToolCalls = turn.Calls == 0 ? null : [.. draft.CallsOf(turn).ToArray().Select(call => new ToolCall(Text(draft, call.Name), Text(draft, call.Arguments)) { Id = call.Id < 0 ? null : Text(draft, call.Id) })],
    };
}
