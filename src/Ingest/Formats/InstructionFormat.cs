using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// <c>{"instruction","output"}</c> with optional <c>input</c>, <c>system</c> and <c>history</c> (pairs of question and answer), as a chat:
/// the user says the instruction and, on a new line, the input.
/// </summary>
internal sealed class InstructionFormat(FieldNames fields) : FormatReader
{
    private readonly FieldName _instruction = fields["instruction"], _output = fields["output"], _input = fields["input"], _system = fields["system"], _history = fields["history"];

    public override bool Fits(JsonLine json, ReadOnlySpan<byte> line) => JsonSpace.Has(json, line, _instruction, JsonTokenType.String) && JsonSpace.Has(json, line, _output, JsonTokenType.String);

    public override RecordFault? Read(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        if (JsonSpace.NoObject(json) is { } wrong)
            return wrong;
        draft.Begin(RecordKind.Messages, asMessages: true);
        JsonSpace.NoteOthers(json.Tokens, 0, line, draft, _instruction, _output, _input, _system, _history);
        var (instruction, output) = (JsonSpace.FindValue(json, 0, line, _instruction), JsonSpace.FindValue(json, 0, line, _output));
        var (input, system) = (JsonSpace.FindValue(json, 0, line, _input), JsonSpace.FindValue(json, 0, line, _system));
        var fault = Check(json, line, _instruction, instruction, required: true) ?? Check(json, line, _output, output, required: true)
            ?? Check(json, line, _input, input, required: false) ?? Check(json, line, _system, system, required: false);
        if (fault is not null)
            return fault;
        if (system >= 0 && json.Tokens[system].Length > 0)
            Turn(draft, Role.System, line, json, system);
        if (History(json, line, draft) is { } broken)
            return broken;
        Turn(draft, Role.User, line, json, instruction);
        if (input >= 0 && json.Tokens[input].Length > 0)
        {
            draft.Add("\n"u8);
            draft.Add(line, json.Tokens[input]);
        }
        Turn(draft, Role.Assistant, line, json, output);
        return TurnRules.Check(json, line, draft);
    }

    private RecordFault? History(JsonLine json, ReadOnlySpan<byte> line, RecordDraft draft)
    {
        var tokens = json.Tokens;
        var history = JsonSpace.Find(tokens, 0, line, _history.Utf8);
        if (history < 0 || tokens[history].Type == JsonTokenType.Null)
            return null;
        if (tokens[history].Type != JsonTokenType.StartArray)
            return JsonSpace.Wrong(json, line, history, _history.Text, "a list of pairs");
        for (var pair = history + 1; pair < tokens[history].Next; pair = tokens[pair].Next)
        {
            // A pair of strings is three tokens: the array and its two items.
            if (tokens[pair].Type != JsonTokenType.StartArray || tokens[pair].Next != pair + 3 || tokens[pair + 1].Type != JsonTokenType.String || tokens[pair + 2].Type != JsonTokenType.String)
                return new("REC_WRONG_TYPE", $"An entry of '{_history.Text}' must be a list of a question and an answer.", json.PointerTo(pair, line));
            Turn(draft, Role.User, line, json, pair + 1);
            Turn(draft, Role.Assistant, line, json, pair + 2);
        }
        return null;
    }

    private static void Turn(RecordDraft draft, Role role, ReadOnlySpan<byte> line, JsonLine json, int token)
    {
        draft.Open(role, token);
        draft.Add(line, json.Tokens[token]);
    }

    private static RecordFault? Check(JsonLine json, ReadOnlySpan<byte> line, FieldName field, int token, bool required)
    {
        if (token < 0)
            return required ? JsonSpace.Missing(field.Text, "/" + field.Text) : null;
        return json.Tokens[token].Type == JsonTokenType.String ? null : JsonSpace.Wrong(json, line, token, field.Text, "a string");
    }
}
