namespace Temper.Ingest;

/// <summary>What holds for messages, whatever format they were written in.</summary>
internal static class TurnRules
{
    /// <summary>Empty texts, tools' messages without a call, nothing to learn. Order is noted as a warning.</summary>
    /// <param name="json">The line.</param>
    /// <param name="line">Its bytes.</param>
    /// <param name="draft">With all its turns.</param>
    public static RecordFault? Check(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (InOrder(json, line, draft, TurnList.Main) is { } fault)
            return fault;
        var supervised = false;
        foreach (ref readonly var turn in draft.Turns)
            supervised |= turn is { Role: Role.Assistant, Weight: 1 };
        if (!supervised)
            return new("REC_NO_SUPERVISED_TOKENS", "No assistant's message with a weight of 1: nothing would be learnt.");
        if (draft.Last.Role != Role.Assistant)
            draft.Warn(Warning.LastNotAssistant);
        return null;
    }

    /// <summary>The rules of each message and of what may follow what, for the main list with the messages of one section behind it.</summary>
    public static RecordFault? InOrder(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft, TurnList section)
    {
        var turns = draft.Turns;
        var (previous, calling) = (-1, -1);
        for (var i = 0; i < turns.Length; i++)
        {
            ref readonly var turn = ref turns[i];
            if (turn.TurnList != TurnList.Main && turn.TurnList != section)
                continue;
            if (turn.Role is Role.User or Role.Assistant && turn.Calls == 0 && JsonSpace.IsBlank(draft.TextOf(turn)))
                return new("REC_EMPTY_CONTENT", $"The {(turn.Role == Role.User ? "user" : "assistant")}'s text is empty.", json.PointerTo(turn.Token, line));
            if (turn.Role is Role.System or Role.Developer && previous >= 0 && turns[previous].Role is not (Role.System or Role.Developer))
                draft.Warn(Warning.SystemNotFirst);
            if (turn.Role == Role.Tool)
            {
                if (calling < 0 || !Answers(draft, turns[calling], turn))
                    return new("REC_TOOL_ORDER", "A tool's message answers no open call.", json.PointerTo(turn.Token, line));
            }
            else
            {
                if (calling >= 0 && IsOpen(draft, turns[calling]))
                    draft.Warn(Warning.CallUnanswered);
                calling = turn.Calls > 0 ? i : -1;
                foreach (ref var call in draft.CallsOf(turn))
                    call.Answered = false;
            }
            previous = i;
        }
        return null;
    }

    /// <summary>Finds the call that a tool's message answers, by its id where both have one, else the first, and closes it.</summary>
    private static bool Answers(RecordDraft draft, in DraftTurn asking, in DraftTurn tool)
    {
        var calls = draft.CallsOf(asking);
        for (var i = 0; i < calls.Length; i++)
        {
            if (calls[i].Answered || (tool.CallId >= 0 && calls[i].Id >= 0 && !draft.TextOf(tool.CallId).SequenceEqual(draft.TextOf(calls[i].Id))))
                continue;
            calls[i].Answered = true;
            return true;
        }
        return false;
    }

    private static bool IsOpen(RecordDraft draft, in DraftTurn asking)
    {
        foreach (ref readonly var call in draft.CallsOf(asking))
        {
            if (!call.Answered)
                return true;
        }
        return false;
    }
}
