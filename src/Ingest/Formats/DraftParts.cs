namespace Temper.Ingest;

/// <summary>One text of a draft.</summary>
internal struct DraftText
{
    public int Start;
    public int Length;

    /// <summary>Token that it was read from.</summary>
    public int Token;

    /// <summary>Whether it is the text of a JSON value.</summary>
    public bool IsJson;
}

/// <summary>Which list of a record a turn belongs to.</summary>
internal enum TurnList : byte
{
    Main,
    Chosen,
    Rejected,
}

/// <summary>One turn of a draft. Texts are numbers of <see cref="RecordDraft.Text"/>; -1 is none.</summary>
internal struct DraftTurn
{
    public Role Role;
    public TurnList TurnList;

    /// <summary>0 leaves it out of the loss. Of a segment: whether it is labelled.</summary>
    public int Weight;
    public int Content;
    public int Name;
    public int CallId;
    public int FirstCall;
    public int Calls;
    public int Token;
}

/// <summary>One call of a tool. Texts are numbers of <see cref="RecordDraft.Text"/>; -1 is none.</summary>
internal struct DraftCall
{
    public int Id;
    public int Name;
    public int Arguments;
    public bool Answered;
}

/// <summary>What is worth knowing of an accepted record.</summary>
[Flags]
internal enum Warning
{
    None = 0,
    LastNotAssistant = 1,
    SystemNotFirst = 2,
    UnknownKey = 4,
    NulCharacter = 8,
    CallUnanswered = 16,
}
