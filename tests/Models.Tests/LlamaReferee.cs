using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>llama.cpp, through tests/reference/llama_referee.mjs.</summary>
internal static class LlamaReferee
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>One question: a model, an adapter on it or none, and tokens; or a text to be cut into tokens.</summary>
    public sealed record Question(string Model, int[]? Tokens = null, string? Lora = null, string? Text = null);

    /// <summary>Probabilities of the next token after every position: [tokens][vocabulary].</summary>
    public static float[][] Probabilities(string model, int[] tokens, string? lora = null) =>
        Ask(new Question(model, tokens, lora)).GetProperty("probabilities").Deserialize<float[][]>()!;

    /// <summary>How llama.cpp cuts a text.</summary>
    public static int[] Tokens(string model, string text) => Ask(new Question(model, Text: text)).GetProperty("tokens").Deserialize<int[]>()!;

    private static JsonElement Ask(Question question)
    {
        var json = JsonSerializer.Serialize(new[] { question }, Json);
        var modules = Environment.GetEnvironmentVariable("TEMPER_TEST_LLAMA_MODULES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "temper-test", "llama", "node_modules");
        var start = new ProcessStartInfo("node", [Path.Combine(RepoRoot.Path, "tests", "reference", "llama_referee.mjs"), modules, json]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"llama.cpp: {errors.Result}\n{output}");
        return JsonDocument.Parse(output.Trim().Split('\n')[^1]).RootElement[0];
    }
}
