namespace Temper.Ingest;

/// <summary>The beginning that two answers of messages share.</summary>
internal static class SharedTurns
{
    /// <summary>
    /// Moves the shared beginning of both answers into the main list: messages that stand in both stay once. Gives the length of the main list then;
    /// -1 when a prompt was given as a text and the shared messages do not hold it.
    /// </summary>
    /// <param name="draft">Its turns are the given prompt, the chosen answer, the rejected one.</param>
    /// <param name="given">Turns of the given prompt.</param>
    /// <param name="middle">Where the rejected answer begins.</param>
    /// <param name="asText">Whether the given prompt is a text.</param>
    public static int Find(RecordDraft draft, int given, int middle, bool asText)
    {
        // The last message of each is its answer, however alike they are.
        var most = Math.Min(middle - given, draft.Count - middle) - 1;
        var common = 0;
        while (common < most && Same(draft, draft.Turns[given + common], draft.Turns[middle + common]))
            common++;
        var repeated = Repeated(draft, given, common, asText);
        if (repeated < 0)
            return -1;
        // What both hold stays once, and so does a prompt that they repeat.
        for (var i = 0; i < common; i++)
            draft.Turns[given + i].TurnList = TurnList.Main;
        draft.Remove(middle, common);
        if (repeated > 0)
            draft.Remove(0, given);
        return (repeated > 0 ? 0 : given) + common;
    }

    /// <summary>The last turn of a list, or -1.</summary>
    public static int LastOf(RecordDraft draft, TurnList section)
    {
        for (var i = draft.Count - 1; i >= 0; i--)
        {
            if (draft.Turns[i].TurnList == section)
                return i;
        }
        return -1;
    }

    /// <summary>Whether both answers are the same.</summary>
    public static bool SameAnswers(RecordDraft draft)
    {
        var first = 0;
        while (draft.Turns[first].TurnList != TurnList.Chosen)
            first++;
        var second = LastOf(draft, TurnList.Chosen) + 1;
        if (second - first != draft.Count - second)
            return false;
        for (var i = 0; first + i < second; i++)
        {
            if (!Same(draft, draft.Turns[first + i], draft.Turns[second + i]))
                return false;
        }
        return true;
    }

    /// <summary>How many of the given turns the common ones repeat: all, or 0 for none; -1 for a text that should be among them and is not.</summary>
    private static int Repeated(RecordDraft draft, int given, int common, bool asText)
    {
        if (given == 0 || common == 0)
            return 0;
        if (asText)
        {
            for (var i = given; i < given + common; i++)
            {
                if (draft.TextOf(draft.Turns[i]).SequenceEqual(draft.TextOf(draft.Turns[0])))
                    return given;
            }
            return -1;
        }
        if (common < given)
            return 0;
        for (var i = 0; i < given; i++)
        {
            if (!Same(draft, draft.Turns[i], draft.Turns[given + i]))
                return 0;
        }
        return given;
    }

    private static bool Same(RecordDraft draft, in DraftTurn a, in DraftTurn b)
    {
        if (a.Role != b.Role || a.Calls != b.Calls || !Same(draft, a.Content, b.Content) || !Same(draft, a.Name, b.Name) || !Same(draft, a.CallId, b.CallId))
            return false;
        var calls = draft.CallsOf(a);
        var others = draft.CallsOf(b);
        for (var i = 0; i < calls.Length; i++)
        {
            if (!Same(draft, calls[i].Id, others[i].Id) || !Same(draft, calls[i].Name, others[i].Name) || !Same(draft, calls[i].Arguments, others[i].Arguments))
                return false;
        }
        return true;
    }

    private static bool Same(RecordDraft draft, int a, int b) => draft.TextOf(a).SequenceEqual(draft.TextOf(b));
}
