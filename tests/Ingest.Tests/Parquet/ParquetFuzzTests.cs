using System.Diagnostics;
using System.Globalization;
using Temper.Core.Errors;
using Temper.Tensors;
using static Temper.Ingest.Tests.ParquetReading;

namespace Temper.Ingest.Tests;

/// <summary>Files damaged at places that counters choose: each gives rows or an error of its own kind, soon and in little memory.</summary>
public sealed class ParquetFuzzTests
{
    private static readonly double Seconds = double.TryParse(Environment.GetEnvironmentVariable("TEMPER_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;
    private static readonly ParquetLimits Limits = ParquetLimits.Default with { PageBytes = 16 << 20, HeldBytes = 64 << 20, RatioFrom = 16 << 20, RowBytes = 1 << 20 };

    [Theory]
    [InlineData("chat-duckdb-snappy.parquet")]
    [InlineData("chat-duckdb-gzip.parquet")]
    [InlineData("chat-duckdb-brotli.parquet")]
    [InlineData("chat-duckdb-lz4_raw.parquet")]
    [InlineData("chat-arrow-v2-delta.parquet")]
    [InlineData("chat-arrow-v1-fallback.parquet")]
    [InlineData("chat-duckdb-zstd.parquet")]
    [InlineData("types-duckdb.parquet")]
    [InlineData("types-arrow.parquet")]
    [InlineData("numbers-hyparquet.parquet")]
    public async Task A_damaged_file_gives_rows_or_an_error_of_files(string name)
    {
        var good = BytesOf(name);
        var (clock, refused) = (Stopwatch.StartNew(), 0);
        for (uint i = 0; i < 120 || clock.Elapsed.TotalSeconds < Seconds; i++)
        {
            var bad = Damage(good, new RandomKey(11, 0, i), i % 2 == 0);
            var begun = clock.Elapsed;
            try
            {
                await RowsAsync(bad, name.StartsWith("numbers", StringComparison.Ordinal) ? Where("""[["id", ">", 100], ["name", "!=", "x"]]""") : null, limits: Limits);
            }
            catch (TemperException e) when (e.Code.StartsWith("FILE_", StringComparison.Ordinal) || e.Code.StartsWith("CFG_", StringComparison.Ordinal))
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"{name}, case {i}: {e}");
            }
            Assert.True(clock.Elapsed - begun < TimeSpan.FromSeconds(20), $"{name}, case {i}: {clock.Elapsed - begun}");
        }
        Assert.InRange(refused, 20, int.MaxValue);
        Assert.InRange(Process.GetCurrentProcess().WorkingSet64, 0, 3L << 30);
    }

    [Theory]
    [InlineData("chat-duckdb-zstd.parquet")]
    [InlineData("numbers-duckdb-zstd.parquet")]
    public void A_damaged_zstd_frame_is_refused_or_unpacks_to_its_size(string name)
    {
        var file = BytesOf(name);
        var target = new byte[300_000];
        var (frames, clock) = (0, Stopwatch.StartNew());
        for (var at = file.AsSpan().IndexOf(Magic); at >= 0 && frames < 12; frames++)
        {
            var next = file.AsSpan(at + 4).IndexOf(Magic);
            var frame = file[at..(next < 0 ? file.Length : at + 4 + next)];
            for (uint i = 0; i < 150 || clock.Elapsed.TotalSeconds < Seconds; i++)
            {
                var (bad, key) = (frame.ToArray(), new RandomKey(12, (uint)frames, i));
                for (var n = Philox.Below(key, 0, 3); n >= 0; n--)
                    bad[4 + Philox.Below(key, 10 + n, Math.Min(bad.Length - 4, i % 2 == 0 ? 60 : bad.Length - 4))] = (byte)Philox.Below(key, 20 + n, 256);
                ZstdFrame.TryUnpack(bad, target.AsSpan(0, (int)Philox.Below(key, 40, target.Length)));
            }
            at = next < 0 ? -1 : at + 4 + next;
        }
        Assert.InRange(frames, 3, 12);
    }

    private static ReadOnlySpan<byte> Magic => [0x28, 0xB5, 0x2F, 0xFD];

    /// <summary>A few bytes changed, copied or counted up; in the footer, where every claim stands, or anywhere.</summary>
    private static byte[] Damage(byte[] good, RandomKey key, bool footer)
    {
        var bad = good.ToArray();
        var from = footer ? good.Length - 8 - BitConverter.ToInt32(good, good.Length - 8) : 0;
        for (var n = Philox.Below(key, 0, 4); n >= 0; n--)
        {
            var at = from + (int)Philox.Below(key, 10 + n, good.Length - from);
            bad[at] = Philox.Below(key, 30 + n, 4) switch
            {
                0 => (byte)Philox.Below(key, 60 + n, 256),
                1 => bad[Philox.Below(key, 90 + n, bad.Length)],
                2 => 0xFF,
                _ => unchecked((byte)(bad[at] + 1)),
            };
        }
        return bad;
    }
}
