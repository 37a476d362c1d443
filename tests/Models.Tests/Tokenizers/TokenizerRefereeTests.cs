using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Temper.Testing;

namespace Temper.Models.Tests;

public sealed class TokenizerRefereeTests
{
    private static readonly string[] Texts = [.. RefereeTexts.All(10_000)];

    public static TheoryData<string> Kinds => [.. RefereeTokenizers.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Ids_places_and_decoded_texts_of_ten_thousand_texts_are_those_of_the_reference_library(string kind)
    {
        var golden = RefereeTokenizers.Golden.GetProperty(kind);
        var tokenizer = RefereeTokenizers.Load(kind);
        var options = new EncodeOptions { AddSpecialTokens = golden.TryGetProperty("special", out _) };
        var cases = golden.GetProperty("cases").EnumerateArray().ToArray();
        var digests = golden.GetProperty("digests").EnumerateArray().Select(d => d.GetString()).ToArray();
        var wrong = new List<int>();
        for (var block = 0; block < digests.Length; block++)
        {
            var found = new StringBuilder();
            for (var i = block * 100; i < block * 100 + 100; i++)
            {
                var (ids, places, text) = Encode(tokenizer, Texts[i], options);
                if (i < cases.Length) Assert.Equal($"{kind} {i} {Shown(Texts[i])}: {cases[i][0].GetRawText()} {cases[i][1].GetRawText()} {cases[i][2].GetString()}", $"{kind} {i} {Shown(Texts[i])}: {ids} {places} {text}");
                found.Append(ids).Append('\n').Append(places).Append('\n').Append(text).Append('\n');
            }

            if (Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(found.ToString())))[..16] != digests[block]) wrong.Add(block);
        }

        Assert.True(wrong.Count == 0, $"{kind}: {wrong.Count} blocks of 100 texts differ, the first is {wrong.FirstOrDefault()}");
    }

    [Theory]
    [InlineData("spm_bpe", "spm-bpe.json", "<s> <unk>")]
    [InlineData("unigram", "unigram.json", "<s> <unk> \u30ab\u3099 \u1100\u1161\u11a8 \u2581 \u2028 \u0085 .... \u65e5\u672c\u8a9e\u65e5 \u03c2\u03a3")]
    public void Ids_and_decoded_texts_are_those_of_SentencePiece(string name, string file, string without)
    {
        var golden = JsonDocument.Parse(File.ReadAllBytes(RefereeTokenizers.Path("sentencepiece-golden.json"))).RootElement.GetProperty(name).Deserialize<string[]>()!;
        var tokenizer = Tokenizer.Open(RefereeTokenizers.Path(file));
        for (var block = 0; block < golden.Length; block++)
        {
            var found = new StringBuilder();
            foreach (var text in Texts.Skip(block * 100).Take(100))
            {
                if (without.Split(' ').Any(part => text.Contains(part, StringComparison.Ordinal))) continue;
                var ids = tokenizer.Encode(text);
                found.Append(JsonSerializer.Serialize(ids)).Append('\n').Append(ids.Contains(0) ? "" : tokenizer.Decode(ids)).Append('\n');
            }

            Assert.Equal(golden[block], Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(found.ToString())))[..16]);
        }
    }

    private static string Shown(string text) => JsonSerializer.Serialize(text);

    private static (string Ids, string Places, string Text) Encode(Tokenizer tokenizer, string text, EncodeOptions options)
    {
        var encoding = tokenizer.Encode(text, options);
        // The reference counts code points.
        var characters = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++) characters[i + 1] = characters[i] + (char.IsHighSurrogate(text[i]) ? 0 : 1);
        // Tokens around the text stand at 0 there; here where they are.
        var places = encoding.Starts.Zip(encoding.Ends).SelectMany(place => place.First == place.Second ? [0, 0] : new[] { characters[place.First], characters[place.Second] });
        return (JsonSerializer.Serialize(encoding.Ids), JsonSerializer.Serialize(places), tokenizer.Decode(encoding.Ids, skipSpecial: false));
    }
}
