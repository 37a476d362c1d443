using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>Judges lines one by one and writes each verdict: <c>+</c> and the canonical record, or <c>-</c> and why it was set aside.</summary>
internal sealed class LineValidator(DatasetConfig config, FormatReader format, RecordFilters filters) : IDisposable
{
    private const int MostKeys = 16;
    private readonly JsonLine _json = new();
    private readonly RecordDraft _draft = new();
    private readonly RecordWriter _writer = new();
    private readonly RowExpectations? _expectations = RowExpectations.Of(config.Expect);
    private readonly RecordScan _scan = new(config);
    private readonly RecordMeasure _measure = new();
    private readonly SplitRule _split = new(config.Split);
    private readonly byte[]? _group = new SplitRule(config.Split).Group is { } column ? Encoding.UTF8.GetBytes(column) : null;
    private readonly List<(byte[] Raw, string Name)> _keys = [];
    private string _file = "";
    private IReadOnlySet<long>? _corrected;
    private byte[] _fileJson = [];

    /// <summary>Whether other lines of the slice came before those that a tally counts.</summary>
    public bool Follows { get; set; }

    /// <summary>Whether nothing stands on a line.</summary>
    public static bool IsBlank(in Line line) => !line.TooLong && line.Fault is null && line.Bytes.TrimStart(" \t\r"u8).IsEmpty;

    /// <summary>Names the file whose lines come next, and those that give way to corrected ones where they cannot be accepted.</summary>
    public void Begin(string file, IReadOnlySet<long>? corrected = null)
    {
        (_file, _corrected) = (file, corrected);
        _fileJson = [(byte)'"', .. JsonEncodedText.Encode(file, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"'];
    }

    /// <summary>Judges one line; false when it shows that the file is not made of lines at all.</summary>
    public bool Take(in Line line, FileTally tally, ByteBuffer output)
    {
        if (IsBlank(line))
        {
            tally.Blank++;
            return true;
        }
        var fault = Fault(line, tally);
        if (!Follows && tally.RecordsIn == 0 && line is { Number: <= 100, Unfinished: false } && fault is { Code: "REC_INVALID_JSON" } && line.Bytes.Trim(" \t\r"u8) is [(byte)'[' or (byte)'{'])
            return false;
        tally.RecordsIn++;
        if (fault is not null && _corrected?.Contains(line.Number) == true)
            SetAside(line, new("REC_CORRECTED", $"A corrected line stands in its stead; it was quarantined as {fault.Code}: {fault.Message}"), RecordOutcome.Filtered, tally, output);
        else if (fault is not null)
            SetAside(line, fault, RecordOutcome.Quarantined, tally, output);
        else if (filters.Broken(_draft, tally.Facts, _file, line.Number) is { } rule)
            SetAside(line, rule, RecordOutcome.Filtered, tally, output);
        else
            Accept(line, tally, output);
        return true;
    }

    /// <summary>Counts the names of keys that the format does not know; most records of a file have the same ones.</summary>
    private void CountUnknownKeys(ReadOnlySpan<byte> line, FileTally tally)
    {
        foreach (var token in _draft.UnknownKeys)
        {
            var raw = line.Slice(_json.Tokens[token].Start, _json.Tokens[token].Length);
            var known = 0;
            while (known < _keys.Count && !raw.SequenceEqual(_keys[known].Raw))
                known++;
            var name = known < _keys.Count ? _keys[known].Name : JsonText.Shown(line, _json.Tokens[token]);
            if (known == _keys.Count && known < MostKeys)
                _keys.Add((raw.ToArray(), name));
            FileTally.CountKey(tally.UnknownKeys, name, 1);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private RecordFault? Fault(in Line line, FileTally tally)
    {
        if (line.TooLong)
            return new("REC_LINE_TOO_LONG", $"The line has {line.Length} bytes; max_line_bytes is {config.MaxLineBytes}.");
        if (line.Fault is not null)
            return line.Fault;
        var bytes = line.Bytes;
        if (!Utf8.IsValid(bytes))
        {
            var at = TextEncodings.FirstInvalid(bytes);
            return line.Unfinished && bytes.Length - at < 4
                ? new("REC_TRUNCATED", "The file ends inside this record.")
                : new("REC_INVALID_UTF8", $"Byte {at} of the line (0x{bytes[at]:X2}) is not UTF-8.");
        }
        var fault = _json.Read(bytes);
        if (fault is { Code: "REC_INVALID_JSON" } && line.Unfinished)
            return new("REC_TRUNCATED", $"The file ends inside this record. {fault.Message}");
        return fault ?? _expectations?.Check(bytes, tally) ?? format.Read(_json, bytes, _draft) ?? Ungrouped(bytes) ?? _scan.Apply(_draft, _json, bytes, line.Number, tally.Facts);
    }

    /// <summary>The fault of a row without the column that decides its part of a split: on neither side could it be told to stay.</summary>
    private RecordFault? Ungrouped(ReadOnlySpan<byte> row) => _group is not null && (MemberOf(row) is not { IsEmpty: false } value || value.SequenceEqual("null"u8))
        ? new("REC_MISSING_FIELD", $"'{_split.Group}' is missing; split.by says that it decides the record's part.", "/" + _split.Group!.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal))
        : null;

    private void Accept(in Line line, FileTally tally, ByteBuffer output)
    {
        tally.Accepted++;
        _measure.Add(_draft, tally.Facts);
        output.Add(_group is not null && _split.IsEvalGroup(MemberOf(line.Bytes)) ? VerdictMark.SoundEval : VerdictMark.Sound);
        _writer.Write(_draft, _fileJson, line.Number, line.Offset, output);
        output.Add((byte)'\n');
        if (_draft.Warnings == Warning.None)
            return;
        CountUnknownKeys(line.Bytes, tally);
        foreach (var (warning, code) in WarningCodes)
        {
            if (_draft.Warnings.HasFlag(warning))
                FileTally.Count(tally.Warnings, code, line.Number);
        }
    }

    /// <summary>The value of the column whose equal values stay on one side of a split; empty where the row has none.</summary>
    private ReadOnlySpan<byte> MemberOf(ReadOnlySpan<byte> row)
    {
        var reader = new Utf8JsonReader(row);
        for (reader.Read(); reader.Read() && reader.TokenType == JsonTokenType.PropertyName;)
        {
            var found = reader.ValueTextEquals(_group);
            reader.Read();
            var from = (int)reader.TokenStartIndex;
            reader.Skip();
            if (found)
                return row[from..(int)reader.BytesConsumed];
        }
        return default;
    }

    private void SetAside(in Line line, RecordFault fault, RecordOutcome outcome, FileTally tally, ByteBuffer output)
    {
        if (outcome == RecordOutcome.Filtered)
            tally.Filtered++;
        else
            tally.Quarantined++;
        FileTally.Count(tally.Codes, fault.Code, line.Number);
        var entry = new QuarantineEntry(_file, line.Number, line.Offset, fault.Code, outcome, fault.Message)
        {
            RecSha256 = line.Digest,
            JsonPointer = fault.Pointer,
            Hint = ErrorCatalogue.Find(fault.Code)?.Remedy,
            Excerpt = Excerpts.Of(line.Original, rules: _scan.Rules),
        };
        output.Add((byte)'-');
        output.Add(JsonSerializer.SerializeToUtf8Bytes(entry, Wire.Json));
        output.Add((byte)'\n');
    }

    private static readonly (Warning, string)[] WarningCodes =
    [
        (Warning.LastNotAssistant, "REC_LAST_NOT_ASSISTANT"),
        (Warning.SystemNotFirst, "REC_SYSTEM_NOT_FIRST"),
        (Warning.UnknownKey, "REC_UNKNOWN_KEY"),
        (Warning.NulCharacter, "REC_NUL_CHARACTER"),
        (Warning.CallUnanswered, "REC_CALL_UNANSWERED"),
    ];
}
