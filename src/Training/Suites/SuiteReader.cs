using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Training.Recipes;

namespace Temper.Training.Suites;

/// <summary>Suites from files: settings in YAML or JSON with <c>cases</c> in them or in a file beside, or the cases alone, one JSON object a line.</summary>
public static class SuiteReader
{
    private const int MostProblems = 50;
    private const long MostBytes = 64 << 20;

    /// <summary>Reads and checks.</summary>
    /// <exception cref="TemperException">Everything that is wrong, with file and line: <c>suite_invalid</c>, <c>recipe_syntax</c>.</exception>
    public static Suite Read(string path)
    {
        var problems = new List<Problem>();
        var draft = Path.GetExtension(path) == ".jsonl" ? new SuiteDraft { Cases = JsonValue.Create(Path.GetFileName(path)) } : Draft(path, problems);
        var cases = draft is null ? [] : Cases(path, draft, problems);
        var fallback = Path.GetFileNameWithoutExtension(path).ToLowerInvariant();
        if (!ResourceName.TryParse(draft?.Name ?? fallback, out var name))
            problems.Add(new("suite_invalid", $"'{draft?.Name ?? fallback}' cannot be the name of a suite.") { File = path, Path = "name", Hint = "Write `name:` with 1 to 63 of a-z, 0-9, '.', '_' and '-'." });
        if (draft is not null && problems.Count == 0)
            Check(path, draft, cases, problems);
        if (problems.Count > 0)
            throw new TemperException([.. problems.Take(MostProblems)]);
        var suite = new Suite(name, cases) { Description = draft!.Description, Answer = draft.Answer, Perplexity = draft.Perplexity, Classification = draft.Classification };
        return suite with { Digest = CanonicalJson.DigestOf(Wire.ToElement(suite with { Description = null })) };
    }

    private static SuiteDraft? Draft(string path, List<Problem> problems)
    {
        var text = Text(path);
        var root = text.AsSpan().TrimStart() is ['{', ..] ? RecipeJsonText.Read(text, path, problems) : RecipeYaml.Read(text, path, problems);
        if (root is null)
            return null;
        try
        {
            return Node(root).Deserialize<SuiteDraft>(Wire.Strict);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            const string keys = "name, description, answer, perplexity, classification, checks and cases";
            problems.Add(new("suite_invalid", $"The suite cannot be read: {JsonFaults.Of(e, keys)}.") { File = path, Path = (e as JsonException)?.Path, Hint = $"A suite has {keys}." });
            return null;
        }
    }

    private static List<SuiteCase> Cases(string path, SuiteDraft draft, List<Problem> problems)
    {
        var cases = new List<SuiteCase>();
        var lines = draft.Cases is JsonArray list ? list.Select((item, i) => (item?.ToJsonString() ?? "null", Line: (long?)null, File: path)) : Lines(path, draft, problems);
        foreach (var (text, line, file) in lines)
            try
            {
                var one = JsonSerializer.Deserialize<SuiteCase>(text, Wire.Strict)!;
                cases.Add(one with { Id = one.Id.Length > 0 ? one.Id : (cases.Count + 1).ToString(CultureInfo.InvariantCulture), Checks = [.. draft.Checks, .. one.Checks] });
            }
            catch (Exception e) when (e is JsonException or NotSupportedException)
            {
                problems.Add(new("suite_invalid", $"Case {cases.Count + problems.Count + 1} cannot be read: {JsonFaults.Of(e, "prompt, messages, expected, checks and id")}.") { File = file, Line = line, Hint = "A case is {\"prompt\": …, \"expected\": …}, or has messages, id and checks." });
            }
        return cases;
    }

    private static IEnumerable<(string Text, long? Line, string File)> Lines(string path, SuiteDraft draft, List<Problem> problems)
    {
        if (draft.Cases is not JsonValue value || !value.TryGetValue<string>(out var name))
        {
            problems.Add(new("suite_invalid", "The suite has no cases.") { File = path, Path = "cases", Hint = "Write a list of cases, or the name of a .jsonl file beside the suite." });
            yield break;
        }
        var file = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, name);
        foreach (var (i, line) in Text(file).Split('\n').Index())
            if (line.Trim().Length > 0)
                yield return (line, i + 1, file);
    }

    private static void Check(string path, SuiteDraft draft, List<SuiteCase> cases, List<Problem> problems)
    {
        void Refuse(string message, string? at = null) => problems.Add(new("suite_invalid", message) { File = path, Path = at });
        if (cases.Count == 0)
            Refuse("The suite has no cases.", "cases");
        if (draft.Answer.MaxTokens < 1 || draft.Answer.Temperature is not (>= 0 and <= 2))
            Refuse("answer.max_tokens must be 1 or more, and answer.temperature 0 to 2.", "answer");
        foreach (var twice in cases.GroupBy(c => c.Id).Where(g => g.Count() > 1))
            Refuse($"Two cases have the id '{twice.Key}'.", "cases");
        foreach (var one in cases)
        {
            if (one.Prompt is null == one.Messages is null || one.Prompt?.Trim() is "" || one.Messages is { Count: 0 })
                Refuse($"Case '{one.Id}' needs either a prompt or messages.");
            if (one.Expected.Count == 0 && (one.Checks.Count == 0 || draft.Perplexity || draft.Classification || one.Checks.Any(c => c is RougeCheck)))
                Refuse($"Case '{one.Id}' has no expected answer{(one.Checks.Count == 0 ? " and no check: any answer would do" : ", which the suite needs")}.");
            foreach (var why in one.Checks.Select(c => c.Invalid()).Where(why => why is not null).Distinct())
                Refuse($"A check of case '{one.Id}' is wrong: {why}.", "checks");
        }
    }

    private static string Text(string path)
    {
        if (!File.Exists(path))
            throw new TemperException("suite_invalid", $"There is no file {Path.GetFullPath(path)}.", "Check the spelling.");
        if (new FileInfo(path).Length > MostBytes)
            throw new TemperException("suite_invalid", $"{path} has more than {MostBytes >> 20} MiB.");
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException e)
        {
            throw new TemperException("suite_invalid", $"{path} is not UTF-8: {e.Message}");
        }
    }

    /// <summary>YAML 1.2's plain values: numbers, truth values and null where they are not quoted.</summary>
    private static JsonNode? Node(RecipeNode node) => node switch
    {
        RecipeNode.Map map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key, Node(e.Value)))),
        RecipeNode.Items items => new JsonArray([.. items.Values.Select(Node)]),
        RecipeNode.Scalar { IsNull: true } => null,
        RecipeNode.Scalar { Quoted: false, Text: "true" or "false" } flag => JsonValue.Create(flag.Text == "true"),
        RecipeNode.Scalar { Quoted: false } plain when IsNumber(plain.Text) => JsonNode.Parse(plain.Text),
        RecipeNode.Scalar text => JsonValue.Create(text.Text),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>Whether JSON would read it as a number, too: not 007, not +1, not .5.</summary>
    private static bool IsNumber(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            return text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] == '-') && reader.Read() && reader.TokenType == JsonTokenType.Number && reader.BytesConsumed == text.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private sealed record SuiteDraft
    {
        public string? Name { get; init; }
        public string? Description { get; init; }
        public AnswerSettings Answer { get; init; } = new();
        public bool Perplexity { get; init; }
        public bool Classification { get; init; }
        public IReadOnlyList<AnswerCheck> Checks { get; init; } = [];
        public JsonNode? Cases { get; init; }
    }
}
