using System.IO.Compression;
using System.Text;
using Temper.Versioning.Safety;

namespace Temper.Versioning.Tests;

/// <summary>Files by their content: whatever they are called.</summary>
public sealed class FormatPolicyTests
{
    [Theory]
    [InlineData("", "empty")]
    [InlineData("{\"a\": 1}\n", "text")]
    [InlineData("# Title\n\ncity of glass\n", "text")]
    [InlineData("city\nparis\nlyon\n", "text")]
    [InlineData("city,country\nParis,France\nNaples,Italy\n", "text")]
    [InlineData("cache\nbuild\n.idea\n", "text")]
    [InlineData("(in brackets)\nand more\n", "text")]
    [InlineData("Please\nVerse\nbig\n", "text")]
    [InlineData("go\nVerse\nbad\n", "text")]
    [InlineData("é, 日本語, 😀\n", "text")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "text")]
    public async Task Text_is_taken_whatever_it_says(string text, string format)
    {
        var verdict = await CheckAsync(Encoding.UTF8.GetBytes(text));
        Assert.Equal((FormatFinding.Allowed, format), (verdict.Finding, verdict.Format));
    }

    [Fact]
    public async Task The_formats_of_models_and_datasets_are_taken()
    {
        Assert.Equal("safetensors", (await AllowedAsync(Samples.Safetensors(("w", "F32", [2], new byte[8])))).Format);
        Assert.Equal("parquet", (await AllowedAsync([.. "PAR1"u8, 0, 1, 2, 3, 4, .. "PAR1"u8])).Format);
        Assert.Equal("png", (await AllowedAsync([0x89, .. "PNG\r\n\u001a\n"u8, 0, 0, 0, 13])).Format);
        Assert.Equal("jpeg", (await AllowedAsync([0xFF, 0xD8, 0xFF, 0xE0, 0, 16])).Format);
        Assert.Equal("sentencepiece", (await AllowedAsync([.. Piece("<unk>", 2), .. Piece("<s>", 3), .. Piece("</s>", 3), .. Piece("▁the", 0)])).Format);
        Assert.Equal("text", (await AllowedAsync([0xFF, 0xFE, (byte)'a', 0])).Format);
    }

    [Theory]
    [InlineData("gguf", "GGUF\u0003\0\0\0")]
    [InlineData("hdf5", null)]
    [InlineData("elf", "\u007fELF\u0002\u0001\0")]
    public async Task Other_formats_are_refused_until_the_repository_names_them(string format, string? text)
    {
        byte[] content = text is null ? [0x89, .. "HDF\r\n\u001a\n"u8, 0] : Encoding.Latin1.GetBytes(text);
        var refused = await CheckAsync(content);
        Assert.Equal((FormatFinding.Refused, format, "format_refused"), (refused.Finding, refused.Format, refused.Verdict));
        Assert.Equal("format_refused", refused.ProblemOf("m.bin")!.Code);
        Assert.True((await CheckAsync(content, FormatRules.From(key => key == "safety.formats" ? $"onnx, {format}" : null))).IsAllowed);
    }

    [Fact]
    public async Task Bytes_that_nobody_could_unpickle_and_lists_of_words_are_taken()
    {
        Assert.Equal("unknown", (await AllowedAsync([1, 2, 0, 3])).Format);
        Assert.Equal("text", (await AllowedAsync("cat\ndog\nNail\n"u8.ToArray())).Format);
        Assert.Equal("text", (await AllowedAsync("city\nParis\nNaples\n"u8.ToArray())).Format);
    }

    [Fact]
    public async Task A_safetensors_file_with_a_broken_header_is_refused_by_the_code_of_its_fault()
    {
        var content = Samples.Safetensors(("w", "F32", [2], new byte[8]));
        Assert.Equal("safetensors_truncated", (await CheckAsync(content[..^1])).Verdict);
        Assert.Equal("safetensors_hole", (await CheckAsync([.. content, 0])).Verdict);
        Assert.Equal("safetensors_hole", (await CheckAsync([.. content, 0])).ProblemOf("w.safetensors")!.Code);
    }

    [Fact]
    public async Task What_is_read_is_at_its_start_again()
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 200_000)));
        Assert.True((await new FormatPolicy(new()).CheckAsync("x", content, default)).IsAllowed);
        Assert.Equal(0, content.Position);
        await Assert.ThrowsAsync<ArgumentException>(() => new FormatPolicy(new()).CheckAsync("x", new GZipStream(content, CompressionMode.Decompress), default).AsTask());
    }

    [Fact]
    public async Task A_binary_end_makes_a_large_text_unknown()
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("läng\n", 50_000)));
        Assert.True((await CheckAsync(content)).IsAllowed);
        content[^3] = 0;
        Assert.Equal("unknown", (await CheckAsync(content)).Format);
    }

    [Theory]
    [InlineData("aws = \"AKIAIOSFODNN7EXAMPLE\"", "an AWS access key")]
    [InlineData("hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345", "a Hugging Face token")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----", "a private key")]
    [InlineData("api_key: 9fK2mQx7Lw4VtZ0bYc8RnE3s", "a long random value")]
    [InlineData("\"password\": \"correct horse battery staple\"", null)]
    [InlineData("token: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", null)]
    [InlineData("{\"tokens\": 12345678901234567890}", null)]
    [InlineData("the tokenizer splits 'secretary' into secret and ary", null)]
    public async Task Secrets_are_warned_of_with_their_line_and_not_shown_whole(string line, string? kind)
    {
        var verdict = await CheckAsync(Encoding.UTF8.GetBytes($"first\n{line}\n"));
        Assert.True(verdict.IsAllowed);
        if (kind is null)
        {
            Assert.Empty(verdict.Secrets);
            return;
        }
        var found = Assert.Single(verdict.Secrets);
        Assert.Equal((2, kind), (found.Line, found.Kind));
        Assert.True(found.Masked.Length <= 10);
    }

    private static byte[] Piece(string text, byte kind)
    {
        var name = Encoding.UTF8.GetBytes(text);
        byte[] body = [0x0A, (byte)name.Length, .. name, 0x15, 0, 0, 0, 0, 0x18, kind];
        return [0x0A, (byte)body.Length, .. body];
    }

    private static async Task<FormatVerdict> AllowedAsync(byte[] content)
    {
        var verdict = await CheckAsync(content);
        Assert.True(verdict.IsAllowed, verdict.Reason);
        Assert.Null(verdict.ProblemOf("f"));
        return verdict;
    }

    private static async Task<FormatVerdict> CheckAsync(byte[] content, FormatRules? rules = null) =>
        await new FormatPolicy(rules ?? new()).CheckAsync("f", new MemoryStream(content), default);
}
