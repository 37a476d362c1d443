namespace Temper.Core.Datasets;

/// <summary>One message of a chat.</summary>
/// <param name="Role">system, developer, user, assistant or tool.</param>
/// <param name="Content">Its text; empty where an assistant only calls tools.</param>
/// <param name="Weight">0 leaves an assistant's message out of the loss; null counts as 1.</param>
public sealed record ChatTurn(string Role, string Content, int? Weight = null)
{
    /// <summary>Who speaks, where several share a role; of a tool's message, the function that answers. Null where it was not given.</summary>
    public string? Name { get; init; }

    /// <summary>Of a tool's message: the id of the call that it answers; null where the calls have none.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The calls that an assistant's message makes; null for none, never empty.</summary>
    public IReadOnlyList<ToolCall>? ToolCalls { get; init; }
}

/// <summary>A call of a function, as an assistant writes it.</summary>
/// <param name="Name">Name of the function; not empty.</param>
/// <param name="Arguments">
/// Text of a JSON object without white space between its tokens. Text rather than an object, because the order of the keys is part of what is learnt.
/// </param>
public sealed record ToolCall(string Name, string Arguments)
{
    /// <summary>By which a tool's message answers it; null where the data has none.</summary>
    public string? Id { get; init; }
}
