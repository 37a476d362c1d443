using System.CommandLine;
using System.Text.Json;
using Temper.Cli;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>What the verbs of versioning know of what is versioned: metadata, formats, signatures. In this process, against a folder.</summary>
public sealed class VersionContentTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Metadata_is_set_checked_committed_and_compared()
    {
        await RunAsync(0, "init", "--name", "Ada", "--email", "ada@example.org");
        await RunAsync(0, "meta", "set", "models/qwen-ft", "/license", "MIT");
        await RunAsync(0, "meta", "set", "models/qwen-ft", "/metrics/-", "{\"name\":\"acc\",\"value\":0.5}");
        Assert.Equal("A models/qwen-ft\n", await RunAsync(1, "meta", "diff", "--exit-code"));
        await RunAsync(0, "commit", "-m", "metadata");
        Assert.Equal("", await RunAsync(0, "meta", "diff", "--exit-code"));

        await RunAsync(0, "meta", "set", "models/qwen-ft", "/metrics/0/value", "0.75");
        await RunAsync(0, "meta", "unset", "models/qwen-ft", "/license");
        Assert.Equal("D models/qwen-ft#/license: \"MIT\"\nM models/qwen-ft#/metrics/0/value: 0.5 → 0.75\n", await RunAsync(0, "meta", "diff"));
        Assert.Equal("0.75\n", await RunAsync(0, "meta", "get", "models/qwen-ft", "/metrics/0/value"));
        Assert.Equal("MIT\n", await RunAsync(0, "meta", "get", "models/qwen-ft", "/license", "--rev", "HEAD"));
        Assert.Equal("", await RunAsync(1, "meta", "get", "models/qwen-ft", "/license"));

        var refused = await RunAsync(128, "meta", "set", "models/qwen-ft", "/metrics/0", "{\"value\":\"high\"}");
        Assert.Contains("'name' is missing", refused, StringComparison.Ordinal);
        Assert.Contains("must be number", refused, StringComparison.Ordinal);
        File.WriteAllText(_folder.Of(".temper", "metadata", "models", "bad.json"), "{");
        Assert.Contains("metadata_invalid", await RunAsync(128, "commit", "-m", "no"), StringComparison.Ordinal);
        File.Delete(_folder.Of(".temper", "metadata", "models", "bad.json"));
        await RunAsync(0, "meta", "unset", "models/qwen-ft");
        await RunAsync(0, "commit", "-m", "none");
        Assert.Equal("", await RunAsync(0, "meta", "list"));
        Assert.Equal("models/qwen-ft\n", await RunAsync(0, "meta", "list", "--rev", "HEAD~1"));
    }

    [Fact]
    public async Task Files_that_run_code_are_refused_with_all_their_names_and_secrets_are_warned_of()
    {
        await RunAsync(0, "init", "--name", "Ada", "--email", "ada@example.org");
        await File.WriteAllTextAsync(_folder.Of("notes.txt"), "cos\nsystem\n(S'echo'\ntR.");
        await File.WriteAllBytesAsync(_folder.Of("x.safetensors"), [0x80, 4, 0x95, 0, 0]);
        await File.WriteAllBytesAsync(_folder.Of("blob"), [.. "GGUF"u8, 3, 0, 0, 0]);
        await File.WriteAllTextAsync(_folder.Of("env"), "password=9fK2mQx7Lw4VtZ0bYc8RnE3s\n");
        var refused = await RunAsync(128, "add", "-A");
        Assert.Equal(2, refused.Split("unsafe_format").Length - 1);
        Assert.Contains("format_refused: 'blob'", refused, StringComparison.Ordinal);
        Assert.Equal("", await RunAsync(0, "ls-files"));
        File.Delete(_folder.Of("notes.txt"));
        File.Delete(_folder.Of("x.safetensors"));
        await RunAsync(0, "config", "safety.formats", "gguf");
        Assert.Contains("'env', line 1, looks like it holds a long random value", await RunAsync(0, "add", "-A"), StringComparison.Ordinal);
        Assert.Equal("blob\nenv\n", await RunAsync(0, "ls-files"));
        await RunAsync(0, "commit", "-m", "fine");
        await File.WriteAllTextAsync(_folder.Of("env"), "cos\nsystem\n(S'echo'\ntR.");
        Assert.Contains("unsafe_format", await RunAsync(128, "commit", "-a", "-m", "not fine"), StringComparison.Ordinal);
        Assert.Equal(" M env\n", await RunAsync(0, "status", "--porcelain"));
    }

    [Fact]
    public async Task A_signed_commit_and_tag_are_verified_by_those_who_trust_the_key()
    {
        await RunAsync(0, "init", "--name", "Ada", "--email", "ada@example.org");
        await File.WriteAllTextAsync(_folder.Of("a.txt"), "a");
        await RunAsync(0, "add", "-A");
        await RunAsync(0, "key", "new", "../" + Path.GetFileName(_folder.Path) + "/.temper/key");
        await RunAsync(0, "commit", "-m", "plain");
        Assert.Contains("is not signed", await RunAsync(1, "verify"), StringComparison.Ordinal);
        Assert.Contains("key_invalid", await RunAsync(128, "commit", "-S", "--allow-empty", "-m", "no key"), StringComparison.Ordinal);
        await RunAsync(0, "config", "user.signingKey", ".temper/key");
        await RunAsync(0, "commit", "-S", "--allow-empty", "-m", "signed");
        await RunAsync(0, "tag", "-s", "v1", "-m", "signed");
        Assert.Contains("not trusted", await RunAsync(1, "verify", "HEAD", "v1"), StringComparison.Ordinal);
        Assert.Contains("signed by key.pub, 1 files", await RunAsync(0, "verify", "HEAD", "v1", "--key", ".temper/key.pub"), StringComparison.Ordinal);
        await RunAsync(0, "key", "trust", "ada", ".temper/key.pub");
        var report = JsonDocument.Parse(await RunAsync(0, "verify", "v1", "--json", "--bundle", ".temper/v1.sig")).RootElement;
        Assert.Equal(("valid", "ada", "tag"), (report.GetProperty("state").GetString(), report.GetProperty("signer").GetString(), report.GetProperty("kind").GetString()));
        Assert.Contains("dsseEnvelope", await File.ReadAllTextAsync(_folder.Of(".temper", "v1.sig")), StringComparison.Ordinal);
        Assert.EndsWith(" ada\n", await RunAsync(0, "key", "list"), StringComparison.Ordinal);
        Assert.Contains("never overwritten", await RunAsync(128, "key", "new", ".temper/key"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tensors_are_shown_compared_and_merged()
    {
        await RunAsync(0, "init", "--name", "Ada", "--email", "ada@example.org");
        await CommitAsync("base", 1, 2);
        await RunAsync(0, "branch", "topic");
        await CommitAsync("ours", 5, 2);
        Assert.Contains("w1      F32   [1]", await RunAsync(0, "show", "HEAD:m.safetensors"), StringComparison.Ordinal);
        var table = JsonDocument.Parse(await RunAsync(0, "show", "m.safetensors", "--stats", "--json")).RootElement;
        Assert.Equal(5, table.GetProperty("tensors")[0].GetProperty("statistics").GetProperty("max").GetDouble());
        var changes = JsonDocument.Parse(await RunAsync(0, "diff", "--tensors", "--json", "HEAD~1", "HEAD")).RootElement.GetProperty("changes");
        Assert.Equal(("w1", "modified", 4.0), (changes[0].GetProperty("name").GetString(), changes[0].GetProperty("kind").GetString(), changes[0].GetProperty("moved").GetProperty("max_abs").GetDouble()));
        await RunAsync(0, "switch", "topic");
        Write(1, 7);
        Assert.Contains("m.safetensors: 1 of 2 tensors differ", await RunAsync(0, "diff", "--tensors"), StringComparison.Ordinal);
        await RunAsync(0, "commit", "-am", "theirs");
        await RunAsync(0, "merge", "--tensors", "main");
        Assert.Equal(new float[] { 5, 7 }, await ReadAsync());

        async Task CommitAsync(string message, float first, float second)
        {
            Write(first, second);
            await RunAsync(0, "add", "-A");
            await RunAsync(0, "commit", "-m", message);
        }
        void Write(float first, float second)
        {
            var header = System.Text.Encoding.UTF8.GetBytes("{\"w1\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"w2\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}");
            byte[] content = [.. BitConverter.GetBytes((long)header.Length), .. header, .. BitConverter.GetBytes(first), .. BitConverter.GetBytes(second)];
            File.WriteAllBytes(_folder.Of("m.safetensors"), content);
        }
        async Task<float[]> ReadAsync()
        {
            var bytes = await File.ReadAllBytesAsync(_folder.Of("m.safetensors"));
            return [BitConverter.ToSingle(bytes, bytes.Length - 8), BitConverter.ToSingle(bytes, bytes.Length - 4)];
        }
    }

    private async Task<string> RunAsync(int expected, params string[] arguments)
    {
        await using StringWriter output = new() { NewLine = "\n" }, errors = new() { NewLine = "\n" };
        // The subcommand takes the folder: `meta set -C DIR …`.
        var exit = await CommandLine.Build(arguments).Parse([.. arguments, "--at", _folder.Path]).InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });
        Assert.True(exit == expected, $"{string.Join(' ', arguments)}: exit {exit}\n{output}{errors}");
        return expected == 0 && errors.ToString().Length == 0 ? output.ToString() : output.ToString() + errors;
    }
}
