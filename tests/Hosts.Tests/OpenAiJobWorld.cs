using System.Text.Json;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>A server with a base, and files as OpenAI's users write them.</summary>
public sealed class OpenAiJobWorld : IAsyncLifetime, IDisposable
{
    /// <summary>So many that a job of fifty epochs of one-line steps lasts some seconds: long enough for a poll and a report before it is paused or cancelled.</summary>
    private const int ChatLines = 60;

    private readonly TinyWorld _world = new();
    private readonly TempFolder _folder = new();
    private TemperProcess? _server;

    /// <summary>Lines of chats.</summary>
    public string Chats => _folder.Of("chats.jsonl");

    /// <summary>Lines of preferences.</summary>
    public string Pairs => _folder.Of("pairs.jsonl");

    /// <summary>Where the server listens.</summary>
    public Uri Address => _server!.Address;

    internal TemperProcess Server => _server!;

    public async Task InitializeAsync()
    {
        object Said(string text) => new { role = "assistant", content = text };
        object Asked(int i) => new { role = "user", content = $"what is number {i}" };
        File.WriteAllLines(Chats, [.. Enumerable.Range(0, ChatLines).Select(i => JsonSerializer.Serialize(new { messages = new[] { Asked(i), Said($"it is the {(char)('a' + i % 26)} box") } }))]);
        File.WriteAllLines(Pairs, [.. Enumerable.Range(0, 12).Select(i => JsonSerializer.Serialize(new
        {
            input = new { messages = new[] { Asked(i) }, tools = Array.Empty<object>(), parallel_tool_calls = true },
            preferred_output = new[] { Said($"it is the {(char)('a' + i)} box") },
            non_preferred_output = new[] { Said("nobody answers") },
        }))]);
        _server = await TemperProcess.UpAsync(_world.Home());
        await _world.ImportBaseAsync(Address);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _server?.Dispose();
        _world.Dispose();
        _folder.Dispose();
    }
}
