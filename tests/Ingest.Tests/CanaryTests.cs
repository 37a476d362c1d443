using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests;

/// <summary>Secrets that were uploaded leave no trace: every blob but the upload itself is searched for them, and so is every message.</summary>
public sealed class CanaryTests
{
    private static readonly string[] Canaries =
    [
        "AKIAQ3EXCANARY7MPLEX", "ghp_canary42F292c6912E7710c838347Ae178B", "sk-proj-canary123DEF456ghi789JKL", "hunter22canary!", "canary.person@example.org", "4111 1111 1111 1111",
        "eyJhbGciOiJjYW5hcnkxIn0.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlY2FuYXJ5", "DE89 3704 0044 0532 0130 00",
    ];

    [Theory]
    [InlineData("format: messages\nmax_bad_fraction: 1\npii: {action: quarantine}\n")]
    [InlineData("format: messages\nmax_bad_fraction: 1\npii: {action: redact}\nsecrets_scan: {action: redact}\n")]
    [InlineData("max_bad_fraction: 0\npii: {action: quarantine}\nformat: messages\n")]
    public async Task No_blob_and_no_message_holds_what_was_planted(string config)
    {
        using var uploads = new Uploads();
        var lines = Canaries.SelectMany((canary, i) => (string[])
        [
            Uploads.Chat($"What is number {i}?", $"password: {canary}"), Uploads.Chat($"Said {i} \"password\": \"{canary}\"", "No."), $$"""{"messages":[{"role":"password={{canary}}","content":"{{i}}"}]}""",
            $"{{\"password\": \"{canary}\", \"n\": {i}", $$"""{"password={{canary}}":{{i}},"password={{canary}}":{{i}}}""", $$"""{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"name":"f","arguments":"{\"password\": \"{{canary}}\" {{i}}"}]}]}""",
            $$$"""{"messages":[{"role":"user","content":"{{{i}}}"},{"role":"assistant","content":"","tool_calls":[{"name":"f","arguments":{"password":"{{{canary}}}"}}]}]}""",
        ]).Append(Uploads.Chat("All well?", "Yes.")).ToArray();
        var payload = await uploads.PutAsync("up", ("a.jsonl", Uploads.Lines(lines)), ("dataset.yaml", Encoding.UTF8.GetBytes(config)));
        var text = new StringBuilder();
        try
        {
            var ingested = await uploads.IngestAsync(payload);
            Assert.True(ingested.Ledger.Closes);
            text.Append(string.Join('\n', ingested.Result.Problems.Select(p => $"{p.Message} {p.Value} {p.Hint}")));
        }
        catch (TemperException e)
        {
            text.Append(e);
        }
        var blobs = 0;
        await foreach (var blob in uploads.Blobs.ListAsync("", default))
        {
            if (blob.Key.ToString().StartsWith("uploads/", StringComparison.Ordinal))
                continue;
            blobs++;
            await using var stream = await uploads.Blobs.OpenAsync(blob.Key, 0, null, null, default);
            using var reader = new StreamReader(stream);
            text.Append(await reader.ReadToEndAsync());
        }
        Assert.True(blobs > 3, $"{blobs} blobs");
        var all = text.ToString();
        foreach (var canary in Canaries)
        {
            Assert.DoesNotContain(canary, all);
            Assert.DoesNotContain(canary[4..], all);
        }
    }
}
