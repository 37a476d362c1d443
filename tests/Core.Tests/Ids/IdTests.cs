using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Core.Tests.Ids;

public sealed class IdTests
{
    [Fact]
    public void A_digest_is_the_sha256_that_everybody_else_computes()
    {
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Digest.OfText("abc").Hex);
        Assert.Equal("ba7816bf8f01", Digest.Of("abc"u8).Short);
    }

    [Theory]
    [InlineData("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    [InlineData("ba7816bf")]
    [InlineData("")]
    public void A_digest_has_one_spelling(string text)
    {
        Assert.False(Digest.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Digest.Parse(text));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Digest>($"\"{text}\"", Wire.Json));
    }

    [Fact]
    public void The_default_digest_stands_for_nothing() => Assert.Throws<InvalidOperationException>(() => default(Digest).Hex);

    [Fact]
    public void Ids_sort_by_the_time_they_were_made()
    {
        var early = Ulid.New(new FixedClock(1_000));
        var late = Ulid.New(new FixedClock(2_000));
        Assert.True(string.CompareOrdinal(early, late) < 0);
        Assert.NotEqual(late, Ulid.New(new FixedClock(2_000)));
        Assert.True(Ulid.IsValid(early));
    }

    [Theory]
    [InlineData("01arz3ndektsv4rrffq69g5fa")]
    [InlineData("01arz3ndektsv4rrffq69g5fav0")]
    [InlineData("81arz3ndektsv4rrffq69g5fav")]
    [InlineData("01arz3ndektsv4rrffq69g5fau")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    [InlineData("../arz3ndektsv4rrffq69g5fa")]
    public void What_is_no_ulid_is_told(string text) => Assert.False(Ulid.IsValid(text));

    [Theory]
    [InlineData(WorkKind.Ingest, "ing-")]
    [InlineData(WorkKind.Train, "job-")]
    public void A_work_id_says_its_kind(WorkKind kind, string prefix)
    {
        var id = WorkId.New(kind, TimeProvider.System);
        Assert.StartsWith(prefix, id.ToString(), StringComparison.Ordinal);
        Assert.Equal(kind, WorkId.Parse(id.ToString()).Kind);
        Assert.False(WorkId.TryParse("run-" + id.ToString()[4..], out _));
    }

    [Theory]
    [InlineData("support-bot", true)]
    [InlineData("7b.v2_x", true)]
    [InlineData("latest", false)]
    [InlineData("-x", false)]
    [InlineData("X", false)]
    [InlineData("", false)]
    [InlineData("a/b", false)]
    [InlineData("a\n", false)]
    public void Names_have_one_alphabet(string text, bool valid) => Assert.Equal(valid, ResourceName.TryParse(text, out _));

    [Fact]
    public void A_name_is_at_most_63_long()
    {
        Assert.True(ResourceName.TryParse(new string('a', 63), out _));
        Assert.Equal("name_invalid", Assert.Throws<TemperException>(() => ResourceName.Parse(new string('a', 64))).Code);
    }

    [Fact]
    public void A_models_digest_does_not_depend_on_the_order_of_its_files()
    {
        FileEntry a = new("a", 1, Digest.OfText("a")), b = new("b", 1, Digest.OfText("b"));
        Assert.Equal(ModelDigest.Of([a, b]), ModelDigest.Of([b, a]));
        Assert.NotEqual(ModelDigest.Of([a, b]), ModelDigest.Of([a, b with { Sha256 = a.Sha256 }]));
        Assert.Equal(Digest.OfText($"{a.Sha256} a\n{b.Sha256} b\n"), ModelDigest.Of([a, b]));
    }

    [Fact]
    public void A_ledger_closes_only_when_every_record_has_a_fate()
    {
        Assert.True(new Ledger(10, 6, 2, 1, 1).Closes);
        Assert.False(new Ledger(10, 6, 2, 1, 0).Closes);
        Assert.False(new Ledger(0, 1, -1, 0, 0).Closes);
        Assert.Equal(new Ledger(20, 12, 4, 2, 2), new Ledger(10, 6, 2, 1, 1) + new Ledger(10, 6, 2, 1, 1));
    }

    private sealed class FixedClock(long milliseconds) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }
}
