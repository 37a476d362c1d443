using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>llama.cpp, through tests/reference/llama_referee.mjs.</summary>
internal static class LlamaReferee
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>One question: a model, an adapter on it or none, and tokens; or texts to be cut into tokens.</summary>
    public sealed record Question(string Model, int[]? Tokens = null, string? Lora = null, string[]? Texts = null);

    /// <summary>Probabilities of the next token after every position, [tokens][vocabulary], or the tokens of every text.</summary>
    public sealed record Answer(float[][]? Probabilities, int[][]? Tokens);

    /// <summary>All answers of one llama.cpp.</summary>
    public static Answer[] Ask(IEnumerable<Question> questions)
    {
        var json = JsonSerializer.Serialize(questions, Json);
        var modules = Environment.GetEnvironmentVariable("TEMPER_TEST_LLAMA_MODULES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "temper-test", "llama", "node_modules");
        var start = new ProcessStartInfo("node", [Path.Combine(RepoRoot.Path, "tests", "reference", "llama_referee.mjs"), modules, json]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"llama.cpp: {errors.Result}\n{output}");
        return JsonSerializer.Deserialize<Answer[]>(output.Trim().Split('\n')[^1], Json)!;
    }
}
