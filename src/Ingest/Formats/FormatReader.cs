namespace Temper.Ingest;

/// <summary>From the tokens of a line to the content of a record, by the rules of one format.</summary>
internal abstract class FormatReader
{
    /// <summary>Fills <paramref name="draft"/>; null when the record may be accepted.</summary>
    public abstract RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft);

    /// <summary>Whether the fields that the format needs are there, with their types, and none that makes it another format.</summary>
    public abstract bool Fits(JsonLine json, ReadOnlySpan<byte> line);

    /// <summary>The reader of a format with the names of a configuration.</summary>
    public static FormatReader For(RecordFormat format, DatasetConfig config)
    {
        var fields = new FieldNames(config.Columns);
        var turns = new TurnReader(fields, config.Roles);
        return format switch
        {
            RecordFormat.Messages => new MessagesFormat(fields, turns),
            RecordFormat.Text => new TextFormat(fields),
            RecordFormat.PromptCompletion => new PromptCompletionFormat(fields, turns),
            RecordFormat.Instruction => new InstructionFormat(fields),
            RecordFormat.InputOutput => new InputOutputFormat(fields),
            RecordFormat.Sharegpt => new SharegptFormat(fields, turns),
            RecordFormat.Preference => new PreferenceFormat(fields, turns),
            RecordFormat.Kto => new KtoFormat(fields, turns),
            RecordFormat.Classification => new ClassificationFormat(fields),
            RecordFormat.AutoPerRecord => new AnyFormat(config),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no reader before detection"),
        };
    }
}
