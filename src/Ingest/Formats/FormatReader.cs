using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>From the tokens of a line to the content of a record, by the rules of one format.</summary>
internal abstract class FormatReader
{
    /// <summary>Fills <paramref name="draft"/>; null when the record may be accepted.</summary>
    public abstract RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft);

    /// <summary>Whether the fields that the format needs are there, with their types.</summary>
    public abstract bool Fits(JsonLine json, ReadOnlySpan<byte> line);

    /// <summary>The reader of a format with the names of a configuration.</summary>
    public static FormatReader For(RecordFormat format, DatasetConfig config)
    {
        var fields = new FieldNames(config.Columns);
        return format switch
        {
            RecordFormat.Messages => new MessagesFormat(fields, new TurnReader(fields, config.Roles)),
            RecordFormat.Text => new TextFormat(fields),
            RecordFormat.PromptCompletion => new PromptCompletionFormat(fields, new TurnReader(fields, config.Roles)),
            RecordFormat.Instruction => new InstructionFormat(fields),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no reader before detection"),
        };
    }

    /// <summary>The faults that every format shares, once the content is there: empty texts, nothing to learn. Notes order as warnings.</summary>
    protected static RecordFault? Finish(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        var supervised = false;
        for (var i = 0; i < draft.Count; i++)
        {
            ref readonly var turn = ref draft.Turns[i];
            if (turn.Role is Role.User or Role.Assistant && JsonSpace.IsBlank(draft.TextOf(turn)))
                return new("REC_EMPTY_CONTENT", $"The {(turn.Role == Role.User ? "user" : "assistant")}'s text is empty.", json.PointerTo(turn.Token, line));
            if (turn.Role == Role.Tool)
                return new("REC_TOOL_ORDER", "A tool's message answers no open call.", json.PointerTo(turn.Token, line));
            supervised |= turn is { Role: Role.Assistant, Weight: 1 };
            if (i > 0 && turn.Role is Role.System or Role.Developer && draft.Turns[i - 1].Role is not (Role.System or Role.Developer))
                draft.Warn(Warning.SystemNotFirst);
        }
        if (!supervised)
            return new("REC_NO_SUPERVISED_TOKENS", "No assistant's message with a weight of 1: nothing would be learnt.");
        if (draft.Turns[^1].Role != Role.Assistant)
            draft.Warn(Warning.LastNotAssistant);
        return null;
    }
}
